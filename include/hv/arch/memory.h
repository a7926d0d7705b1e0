/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/ owes to common/memory: a guest's frame numbers, and taking frames out of its hands. */
#ifndef HV_ARCH_MEMORY_H
#define HV_ARCH_MEMORY_H

#include <hv/frame.h>

struct domain;
struct page_info;

/* A reference on the frame behind gfn, NULL when d has none there. The number is the guest's. */
struct page_info *arch_get_gfn(struct domain *d, gfn_t gfn) __must_check;
/* d now finds the block of frames at gfn and up. */
void arch_gfn_assign(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order);
/* Highest frame number of d, by what it says itself. */
unsigned long arch_max_gfn(const struct domain *d);
/* Has d devices, so that it may need contiguous memory? */
bool arch_has_devices(const struct domain *d);
/*
 * Takes a frame from d for good: nobody has a reference besides the caller's and the owner's own.
 * The frame then belongs to nobody (anonymous, not on a list, references gone) but is still charged
 * to d. 0, or -EBUSY: in use.
 */
int arch_steal_page(struct domain *d, struct page_info *pg) __must_check;

#endif
