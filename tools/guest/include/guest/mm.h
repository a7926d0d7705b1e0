/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames, the P2M, the linear mapping of all of the domain's memory, and the page allocator.
 *
 * Invariant: every populated pfn is mapped at pfn_to_virt(pfn), read-write unless it is a page
 * table.
 */
#ifndef GUEST_MM_H
#define GUEST_MM_H

#include <stdint.h>
#include <stddef.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ul
#define PAGE_MASK  (~(PAGE_SIZE - 1))

/* Where the linear mapping starts: the address of pfn 0, as the linker script and notes say. */
extern char guest_virt_base[];
#define VIRT_BASE ((unsigned long)guest_virt_base)

extern unsigned long *mm_p2m;
extern unsigned long mm_nr_pages;

#define INVALID_P2M (~0ul)

static inline void *pfn_to_virt(unsigned long pfn)
{
    return (void *)(VIRT_BASE + (pfn << PAGE_SHIFT));
}

static inline unsigned long virt_to_pfn(const void *va)
{
    return ((unsigned long)va - VIRT_BASE) >> PAGE_SHIFT;
}

static inline unsigned long pfn_to_mfn(unsigned long pfn)
{
    return mm_p2m[pfn];
}

static inline unsigned long virt_to_mfn(const void *va)
{
    return mm_p2m[virt_to_pfn(va)];
}

static inline uint64_t virt_to_maddr(const void *va)
{
    return ((uint64_t)virt_to_mfn(va) << PAGE_SHIFT) | ((unsigned long)va & (PAGE_SIZE - 1));
}

/* The hypervisor's machine-to-physical table, read-only to us. */
unsigned long mfn_to_pfn(unsigned long mfn);

static inline void *mfn_to_virt(unsigned long mfn)
{
    return pfn_to_virt(mfn_to_pfn(mfn));
}

void mm_init(void);

/* nr contiguous (in pfn) zeroed pages, or NULL. */
void *page_alloc(unsigned long nr);
void page_free(void *va, unsigned long nr);
unsigned long page_free_count(void);

#endif
