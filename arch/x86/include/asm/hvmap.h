/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own page tables (arch/x86/mm/hvmap.c): what every address space has in common.
 */
#ifndef ASM_HVMAP_H
#define ASM_HVMAP_H

#include <hv/frame.h>
#include <asm/page.h>

/* Start-up, the memory map being known and boot_heap_add() done: direct map, frame table, M2P, and
 * a level-3 table for each shared slot, so that no slot of a level-4 table ever changes again. */
void hvmap_init(void) __init;
/*
 * What is no RAM among frames that have a page_info is dom_io's, and so is low memory, which the
 * heap never has. After system_domains_init().
 */
void hvmap_give_holes(void) __init;

/* nr frames from mfn at va, with these entry flags. 0 or -ENOMEM. Process context, or start-up. */
int map_pages_to_hv(unsigned long va, mfn_t mfn, unsigned long nr, uint64_t flags) __must_check;
/* Takes them away on all CPUs. */
void unmap_hv_pages(unsigned long va, unsigned long nr);

/* What goes into a guest's level-4 table at a hypervisor slot other than the per-domain one. */
pte_t hv_l4e(unsigned int slot);

#endif
