/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: machine memory is an arena of the host, and its frame table an array. Frame
 * numbers start at FAKE_FIRST_MFN, so that frame 0 and small numbers are not memory.
 */
#ifndef ASM_MM_H
#define ASM_MM_H

#include <asm/layout.h>
#include <asm/page.h>

#define FAKE_FIRST_MFN 0x100UL
#define FAKE_FRAMES    0x4000UL /* 64 MiB */

extern unsigned char *fake_ram;
extern struct page_info fake_frame_table[];
extern uint64_t fake_m2p[];

#define frame_table (fake_frame_table)

/* A host address outside the arena has no frame: static data of a test program, for example. */
static inline bool fake_is_ram(const void *va)
{
    return (const unsigned char *)va >= fake_ram &&
           (const unsigned char *)va < fake_ram + (FAKE_FRAMES << PAGE_SHIFT);
}

#define FRAME_CHUNK_ORDER 1

static inline struct page_info *mfn_to_page(mfn_t mfn)
{
    return frame_table + mfn_x(mfn);
}

static inline mfn_t page_to_mfn(const struct page_info *pg)
{
    return _mfn((uint64_t)(pg - frame_table));
}

static inline void *mfn_to_virt(mfn_t mfn)
{
    return fake_ram + ((mfn_x(mfn) - FAKE_FIRST_MFN) << PAGE_SHIFT);
}

static inline void *maddr_to_virt(maddr_t ma)
{
    return fake_ram + (maddr_x(ma) - (FAKE_FIRST_MFN << PAGE_SHIFT));
}

maddr_t virt_to_maddr(const void *va);

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

#define INVALID_M2P_ENTRY (~0UL)
#define SHARED_M2P_ENTRY  (~0UL - 1)

static inline void set_gpfn_from_mfn(mfn_t mfn, uint64_t pfn)
{
    fake_m2p[mfn_x(mfn)] = pfn;
}

static inline uint64_t get_gpfn_from_mfn(mfn_t mfn)
{
    return fake_m2p[mfn_x(mfn)];
}

#endif
