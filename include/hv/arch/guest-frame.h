/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames of a guest that the hypervisor keeps writing to: event words, registered vcpu_info. */
#ifndef HV_ARCH_GUEST_FRAME_H
#define HV_ARCH_GUEST_FRAME_H

#include <hv/frame.h>

struct domain;
struct page_info;

/*
 * Takes a general and a writable reference on d's frame gfn and gives its address, which holds
 * until unmap_guest_frame(). 0, or -EINVAL: not d's RAM, or in use as something that is not to be
 * written. Process context, no irqlock held.
 */
int map_guest_frame(struct domain *d, gfn_t gfn, struct page_info **pg, void **va) __must_check;
void unmap_guest_frame(struct page_info *pg);

#endif
