/* SPDX-License-Identifier: GPL-2.0-only */
/* Building dom0: what its steps share. Lives on the builder's stack. */
#ifndef PV_DOM0_BUILD_H
#define PV_DOM0_BUILD_H

#include <hv/domain.h>
#include <hv/init.h>
#include <asm/page.h>

#include "elf.h"

/* A table of pages [first, first + nr), handed out one after the other. */
struct page_pool {
    unsigned long first, nr, used;
};

struct dom0 {
    struct domain *d;
    struct elf_kernel k;
    const struct boot_module *kernel, *initrd; /* initrd: NULL without */
    void *unpacked;                            /* the kernel, when it came packed */

    unsigned long nr_pages;
    unsigned long initrd_pages; /* of the module, which become dom0's; 0: it is copied */
    uint64_t *mfns;             /* of each pfn; only while building */

    /* Initial mapping: pfn 0 at v_start, all of it up to v_end. Addresses 0: not in it. */
    unsigned long v_start, v_initrd, v_p2m, v_info, v_tables, v_stack, v_end;
    struct page_pool tables;

    /* Behind it: the p2m with the tables that map it (INIT_P2M), the initrd (MOD_START_PFN). */
    struct page_pool p2m_tables;
    unsigned long p2m_pfn, p2m_pages, initrd_pfn;

    pte_t *l4;
};

static inline void *pfn_to_virt(const struct dom0 *b, unsigned long pfn)
{
    return mfn_to_virt(_mfn(b->mfns[pfn]));
}

/* How many pages it shall have; sets the domain's limit. memory.c */
int dom0_size(struct dom0 *b) __init __must_check;
/* Takes them from the heap: fills mfns and the M2P. */
int dom0_take_memory(struct dom0 *b) __init __must_check;
/* Decides where everything goes; checks that it fits. layout.c */
int dom0_layout(struct dom0 *b) __init __must_check;
/* Builds the tables over the initial mapping and the p2m. tables.c */
void dom0_build_tables(struct dom0 *b) __init;
/* Copies kernel, initrd, p2m and start_info to their places. load.c */
void dom0_load(struct dom0 *b) __init;
/* What hardware it may touch. permissions.c */
int dom0_permissions(struct domain *d) __init __must_check;

#endif
