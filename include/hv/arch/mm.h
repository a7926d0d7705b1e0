/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/ owes to common/mm. */
#ifndef HV_ARCH_MM_H
#define HV_ARCH_MM_H

#include <hv/frame.h>

/*
 * A point in time against which TLB flushes are compared, never 0; the later of two, 0 being never;
 * and: every CPU that has not flushed since then does. Stamps go round, and one of long ago may
 * count as later than it is. Interrupts on, no irqlock held, for the last.
 */
uint32_t arch_tlb_stamp(void);
uint32_t arch_tlb_later(uint32_t a, uint32_t b);
void arch_tlb_flush_since(uint32_t stamp);

/* type_info of a hypervisor frame shared with a domain: counted once, writable or not. */
unsigned long arch_shared_page_type(bool writable);

/* The hypervisor's own page tables: nr frames at va. flags: HVMAP_*. 0 or -ENOMEM. Process context.
 */
#define HVMAP_RW 0U
#define HVMAP_UC 1U
int arch_map_frames(unsigned long va, mfn_t mfn, unsigned long nr, unsigned int flags) __must_check;
void arch_unmap_frames(unsigned long va, unsigned long nr);
/* The frame mapped at va, which arch_map_frames() mapped. */
mfn_t arch_mapped_frame(unsigned long va);
/* Is any of it RAM, which has its one mapping already? */
bool arch_is_ram(maddr_t start, size_t len);

extern const unsigned long arch_vmap_start, arch_vmap_end;

#endif
