/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arch/ owes to common/gnttab: a granted frame in the current guest's address space, and its
 * references. The current vCPU's domain is the one that maps; process context; the lock of one
 * grant entry may be held.
 */
#ifndef HV_ARCH_GRANT_H
#define HV_ARCH_GRANT_H

#include <hv/frame.h>
/*
 * grant_frame_get, grant_frame_put: as get_page_from_mfn() and put_page().
 * arch_grant_type_get, _put: a writable reference on a frame that the caller has a general one on;
 * 0 or -EBUSY.
 */
#include <asm/grant.h>

struct domain;
struct page_info;

/*
 * arch_grant_map: maps pg where host_addr and flags (GNTMAP_*) say. The mapping takes the caller's
 * general reference over, and unless it is read-only the writable one. 0, or -EINVAL: no such
 * address, and nothing has changed.
 * arch_grant_unmap: takes the mapping of pg with those flags away; what is mapped at new_addr moves
 * there, nothing when new_addr is 0. The mapping's references become the caller's, who drops them
 * once the TLBs are flushed. 0 or -EINVAL as above.
 */
int arch_grant_map(struct page_info *pg, uint64_t host_addr, uint32_t flags) __must_check;
int arch_grant_unmap(struct page_info *pg, uint64_t host_addr, uint64_t new_addr, uint32_t flags)
    __must_check;
/* All CPUs where d's vCPUs may have mappings forget them. */
void arch_grant_flush(struct domain *d);

#endif
