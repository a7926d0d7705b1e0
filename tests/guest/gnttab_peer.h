/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A peer (peer.h) that grants pages of its own and maps those of others. Each function below is for
 * peer_call(); the comment names its arguments.
 */
#ifndef GNTTAB_PEER_H
#define GNTTAB_PEER_H

#include "gnttab_test.h"
#include "peer.h"

#define PG_PAGES 8

/* A peer whose table has this version, with its pages and slots ready. 0 or -errno. */
long pg_start(struct peer *p, unsigned int version, const struct child_options *o);

long pg_begin(const unsigned long *arg);    /* version, slots */
long pg_grant(const unsigned long *arg);    /* page, domain, flags: reference */
long pg_regrant(const unsigned long *arg);  /* reference, page, domain, flags */
long pg_sub_page(const unsigned long *arg); /* page, domain, flags, offset, length: reference */
long pg_accept(const unsigned long *arg);   /* domain, pfn: reference that accepts a transfer */
long pg_accepted(const unsigned long *arg); /* reference: the frame that came, mapped at slot 0 */
long pg_end(const unsigned long *arg);      /* reference: 1 when it is closed */
long pg_query(const unsigned long *arg);    /* reference: GTF_reading and GTF_writing */
long pg_mfn(const unsigned long *arg);      /* page */
long pg_fill(const unsigned long *arg);     /* page, byte */
long pg_get(const unsigned long *arg);      /* page, offset */
long pg_map(const unsigned long *arg); /* reference, domain, GNTMAP flags, slot: handle or status */
long pg_unmap(const unsigned long *arg);    /* handle, slot, bus address */
long pg_read(const unsigned long *arg);     /* slot, offset */
long pg_write(const unsigned long *arg);    /* slot, offset, byte */
long pg_is_still(const unsigned long *arg); /* slot: 1 when its first word does not change */
long pg_pte(const unsigned long *arg);      /* slot: its entry */
long pg_set_pte(const unsigned long *arg);  /* slot, entry */
/* source domain (or DOMID_SELF: a page), reference or page, destination the same: status.
 * Copies the page's first 64 bytes to offset 128. */
long pg_copy(const unsigned long *arg);

#endif
