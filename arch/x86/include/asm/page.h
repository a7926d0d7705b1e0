/* SPDX-License-Identifier: GPL-2.0-only */
/* x86-64 page-table entries: their bits (SDM vol. 3A 4.5, APM vol. 2 5.3) and their arithmetic. */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#define PTE_P      0x001
#define PTE_RW     0x002
#define PTE_US     0x004
#define PTE_PWT    0x008
#define PTE_PCD    0x010
#define PTE_A      0x020
#define PTE_D      0x040
#define PTE_PSE    0x080  /* levels 2 and 3 */
#define PTE_PAT    0x080  /* level 1 */
#define PTE_PAT_2M 0x1000 /* level 2 */
#define PTE_G      0x100
#define PTE_AVAIL  0xe00
#define PTE_NX_BIT 63

#ifndef __ASSEMBLER__
#include <hv/frame.h>

#define PTE_NX        (1UL << 63)
#define PTE_ADDR_MASK 0x000ffffffffff000UL

typedef struct {
    uint64_t v;
} pte_t;

static inline pte_t pte_make(mfn_t mfn, uint64_t flags)
{
    return (pte_t){ (mfn_x(mfn) << PAGE_SHIFT) | flags };
}
static inline mfn_t pte_mfn(pte_t p)
{
    return _mfn((p.v & PTE_ADDR_MASK) >> PAGE_SHIFT);
}
static inline uint64_t pte_flags(pte_t p)
{
    return p.v & ~PTE_ADDR_MASK;
}
static inline bool pte_present(pte_t p)
{
    return p.v & PTE_P;
}

#define PT_ENTRIES          512
#define PT_INDEX(va, level) (((unsigned long)(va) >> (12 + 9 * ((level)-1))) & 511)

/* Hypervisor mappings. Global, so that a guest's CR3 write keeps them. */
#define MAP_RO    (PTE_P | PTE_A | PTE_G | PTE_NX)
#define MAP_RW    (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
#define MAP_RX    (PTE_P | PTE_A | PTE_G)
#define MAP_UC    (MAP_RW | PTE_PCD | PTE_PWT)
#define MAP_WC    (MAP_RW | PTE_PAT) /* level 1 */
#define MAP_WC_2M (MAP_RW | PTE_PSE | PTE_PAT_2M)
#define MAP_TABLE (PTE_P | PTE_RW | PTE_A | PTE_D)

/* The host PAT is ABI: WB WT UC- UC WC WP UC UC. */
#define HOST_PAT 0x050100070406UL
#endif

#endif
