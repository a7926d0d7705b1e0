/* SPDX-License-Identifier: GPL-2.0-only */
/* Conversions between frames, their page_info and their direct-map address. */
#ifndef ASM_MM_H
#define ASM_MM_H

#include <hv/mm.h>
#include <asm/layout.h>
#include <asm/page.h>

#define frame_table ((struct page_info *)FRAMETABLE_START)
/* The table has each aligned 2 MiB of frames whole, or not at all. */
#define FRAME_CHUNK_ORDER 9

static inline struct page_info *mfn_to_page(mfn_t mfn)
{
    return frame_table + mfn_x(mfn);
}
static inline mfn_t page_to_mfn(const struct page_info *pg)
{
    return _mfn((uint64_t)(pg - frame_table));
}
static inline void *maddr_to_virt(maddr_t ma)
{
    return (void *)(DIRECTMAP_START + ma.maddr);
}
static inline void *mfn_to_virt(mfn_t mfn)
{
    return maddr_to_virt(mfn_to_maddr(mfn));
}
/* Direct-map and image addresses only. */
maddr_t image_to_maddr(const void *va);
static inline maddr_t virt_to_maddr(const void *va)
{
    if ((unsigned long)va < DIRECTMAP_START) {
        return image_to_maddr(va);
    }
    return _maddr((unsigned long)va - DIRECTMAP_START);
}
static inline mfn_t virt_to_mfn(const void *va)
{
    return maddr_to_mfn(virt_to_maddr(va));
}
static inline void *page_to_virt(const struct page_info *pg)
{
    return mfn_to_virt(page_to_mfn(pg));
}
static inline struct page_info *virt_to_page(const void *va)
{
    return mfn_to_page(virt_to_mfn(va));
}

/* The machine-to-physical table: pfn of each frame as its owner numbers it. */
#define machine_to_phys   ((uint64_t *)RW_M2P_START)
#define INVALID_M2P_ENTRY (~0UL)
#define SHARED_M2P_ENTRY  (~0UL - 1)
static inline void set_gpfn_from_mfn(mfn_t mfn, uint64_t pfn)
{
    WRITE_ONCE(machine_to_phys[mfn_x(mfn)], pfn);
}
static inline uint64_t get_gpfn_from_mfn(mfn_t mfn)
{
    return READ_ONCE(machine_to_phys[mfn_x(mfn)]);
}

#endif
