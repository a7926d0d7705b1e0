/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Granting: references to our own pages for other domains, over version 1 or version 2 entries.
 *
 * A reference is owned by who took it with gnttab_take() until gnttab_give(). Giving back a
 * reference whose entry is not ended is the caller's bug. Any vCPU may call, also from an event
 * handler.
 */
#ifndef GUEST_GNTTAB_H
#define GUEST_GNTTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <public/grant_table.h>

#define GNTTAB_NO_REF (~0u)

/* One version of the entries. Functions of a feature that a version lacks are NULL. */
struct gnttab_abi {
    unsigned int version;
    unsigned int per_frame; /* entries in a frame */

    /* Maps frames [0, nr) of the table, and what goes with them. 0 or -errno. */
    long (*map_frames)(unsigned int nr);
    void (*unmap_frames)(void);

    /* Fills a free entry: everything else first, the flags last. */
    void (*update_entry)(grant_ref_t ref, domid_t domid, unsigned long frame, unsigned int flags);
    void (*update_sub_page)(grant_ref_t ref, domid_t domid, unsigned long frame, unsigned int flags,
                            unsigned int offset, unsigned int length);
    void (*update_transitive)(grant_ref_t ref, domid_t domid, unsigned int flags, domid_t from,
                              grant_ref_t from_ref);

    /* False while another domain uses it. Version 1 then leaves the entry alone; version 2 has
     * closed it to new users. */
    bool (*end_foreign_access)(grant_ref_t ref);
    /* The frame that came, or 0 when none did; the entry is free either way. */
    unsigned long (*end_foreign_transfer)(grant_ref_t ref);
    /* GTF_reading and GTF_writing as they are now. */
    unsigned int (*query_foreign_access)(grant_ref_t ref);
};

extern const struct gnttab_abi gnttab_abi_v1;
extern const struct gnttab_abi gnttab_abi_v2;
extern const struct gnttab_abi *gnttab_abi; /* set by gnttab_init() */

/* Asks for at most this version from now on: 1, or 2 (the default). */
void gnttab_limit_version(unsigned int version);

/* Chooses the version, maps one frame, fills the free list. Once; later calls answer 0. */
long gnttab_init(void);

/* At least nr frames of table. 0 or -errno; -ENOSPC past the domain's limit. */
long gnttab_grow(unsigned int nr);
unsigned int gnttab_frames(void);
unsigned int gnttab_max_frames(void);

/* A free reference, growing the table when there is none; GNTTAB_NO_REF past the limit. */
grant_ref_t gnttab_take(void);
void gnttab_give(grant_ref_t ref);
unsigned int gnttab_free_refs(void);

/* Called back, without locks, once `count` references are free. One entry in the list at a time. */
struct gnttab_callback {
    struct gnttab_callback *next;
    void (*fn)(void *arg);
    void *arg;
    unsigned int count;
    bool queued;
};

void gnttab_request_callback(struct gnttab_callback *cb, void (*fn)(void *arg), void *arg,
                             unsigned int count);
void gnttab_cancel_callback(struct gnttab_callback *cb);

static inline bool gnttab_sub_page_available(void)
{
    return gnttab_abi->update_sub_page != NULL;
}

static inline bool gnttab_transitive_available(void)
{
    return gnttab_abi->update_transitive != NULL;
}

/* Take a reference and fill it. GNTTAB_NO_REF when there is none, or not of this kind. */
grant_ref_t gnttab_grant(domid_t domid, unsigned long frame, unsigned int flags);
grant_ref_t gnttab_grant_sub_page(domid_t domid, unsigned long frame, unsigned int flags,
                                  unsigned int offset, unsigned int length);
grant_ref_t gnttab_grant_transitive(domid_t domid, unsigned int flags, domid_t from,
                                    grant_ref_t from_ref);
grant_ref_t gnttab_grant_transfer(domid_t domid, unsigned long pfn);

/* Ends access and gives the reference back; false, and it stays taken, while it is in use. */
bool gnttab_end(grant_ref_t ref);

/* Around SCHEDOP_shutdown(suspend). Resume asks for the version again and maps the frames again;
 * entries are the caller's to fill again. A domain that used sub-page or transitive entries and
 * finds only version 1 panics. */
void gnttab_suspend(void);
void gnttab_resume(void);

/* The other version, for a domain whose entries have all ended: nothing that was used before counts
 * any more. 0 or -EOPNOTSUPP. */
long gnttab_switch_version(unsigned int version);

/* For the two versions: the table's frames mapped at va, asked of the hypervisor with setup_table
 * or get_status_frames. 0 or -errno. */
long gnttab_map_shared(unsigned long *va, unsigned int nr);
long gnttab_map_status(unsigned long *va, unsigned int nr);

/* A status as -errno. */
long gnttab_errno(int16_t status);

#endif
