/* SPDX-License-Identifier: GPL-2.0-only */
/* PV memory (arch/x86/mm) as the rest of the architecture uses it. */
#ifndef ASM_PV_MM_H
#define ASM_PV_MM_H

#include <hv/domain.h>

/*
 * Looks va up in the guest tables under root: the level-1 entry, false when an upper level has
 * none. The tables are validated, so their frames are ours to read. v's own tables, v current or
 * paused.
 */
bool guest_walk(mfn_t root, unsigned long va, pte_t *l1e) __must_check;

/*
 * The current vCPU's kernel page tables become those at mfn, as MMUEXT_NEW_BASEPTR does. 0,
 * -EINVAL, or -ERESTART when preempted.
 */
int pv_new_cr3(mfn_t mfn) __must_check;

/* A dying domain's memory, all vCPUs being off their tables: unpins, releases, frees. -ERESTART. */
int pv_relinquish_memory(struct domain *d) __must_check;

#endif
