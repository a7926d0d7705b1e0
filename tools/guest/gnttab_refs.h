/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between gnttab.c and its free list.
 */
#ifndef GNTTAB_REFS_H
#define GNTTAB_REFS_H

#include <guest/gnttab.h>

/* Room for references below max. 0 or -ENOMEM. */
long gnttab_refs_init(unsigned long max);
/* References [from, to) become free; lowest first out. */
void gnttab_refs_add(grant_ref_t from, grant_ref_t to);
grant_ref_t gnttab_refs_pop(void);
/* Calls whoever waits and can be served, without locks. */
void gnttab_refs_call_back(void);

#endif
