/* SPDX-License-Identifier: GPL-2.0-only */
/* Sorted sets of number ranges: what I/O memory, ports and interrupts a domain may use. Own lock.
 */
#ifndef HV_RANGESET_H
#define HV_RANGESET_H

#include <hv/compiler.h>

struct rangeset;

struct rangeset *rangeset_new(const char *name) __must_check;
void rangeset_destroy(struct rangeset *r); /* NULL is fine */
int rangeset_add(struct rangeset *r, unsigned long s, unsigned long e) __must_check; /* inclusive */
int rangeset_remove(struct rangeset *r, unsigned long s, unsigned long e) __must_check;
bool rangeset_contains(struct rangeset *r, unsigned long s, unsigned long e);
bool rangeset_overlaps(struct rangeset *r, unsigned long s, unsigned long e);
bool rangeset_empty(struct rangeset *r);
void rangeset_print(struct rangeset *r);
/* Calls fn for each range within [s, e]; stops at a nonzero return, which it returns. */
int rangeset_for_each (struct rangeset *r, unsigned long s, unsigned long e,
                       int (*fn)(unsigned long s, unsigned long e, void *data), void *data);

#endif
