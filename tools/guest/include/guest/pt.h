/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table helpers: walk, map a machine frame at an address, make a page read-only and back.
 *
 * All changes go through hypercalls. Tables taken by pt_map() are never given back.
 */
#ifndef GUEST_PT_H
#define GUEST_PT_H

#include <stdbool.h>
#include <stdint.h>
#include <guest/mm.h>

#define PTE_P    0x001ul
#define PTE_W    0x002ul
#define PTE_U    0x004ul
#define PTE_PWT  0x008ul
#define PTE_PCD  0x010ul
#define PTE_A    0x020ul
#define PTE_D    0x040ul
#define PTE_PAT  0x080ul
#define PTE_PSE  0x080ul
#define PTE_G    0x100ul
#define PTE_AVL0 0x200ul
#define PTE_NX   (1ul << 63)
#define PTE_ADDR 0x000ffffffffff000ul

#define PTE_KERN  (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PTE_RO    (PTE_P | PTE_U | PTE_A)
#define PTE_TABLE (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

/* A private region for mappings that are not of our own memory. */
#define PT_VMAP_BASE 0xffff900000000000ul

typedef uint64_t pte_t;

static inline pte_t pte_make(unsigned long mfn, uint64_t flags)
{
    return ((uint64_t)mfn << PAGE_SHIFT) | flags;
}

static inline unsigned long pte_mfn(pte_t pte)
{
    return (pte & PTE_ADDR) >> PAGE_SHIFT;
}

static inline unsigned int pt_index(unsigned long va, unsigned int level)
{
    return (va >> (PAGE_SHIFT + 9 * (level - 1))) & 511;
}

extern pte_t *pt_root;

/* The entry of va at the given level (1 to 4), or NULL where a higher table is missing. */
pte_t *pt_walk(unsigned long va, unsigned int level);

/* Maps, making tables as needed. 0 or -errno. */
long pt_map(unsigned long va, pte_t pte);
long pt_map_foreign(unsigned long va, pte_t pte, unsigned int domid);
long pt_unmap(unsigned long va);

/* Address space in the private region, never given back. */
unsigned long pt_vmap_reserve(unsigned long nr);

/* One linear-mapping page's permission. */
long pt_set_readonly(const void *va);
long pt_set_writable(const void *va);

/* One entry by hypercall: the entry's address may be a read-only mapping. */
long pt_write_entry(const pte_t *entry, pte_t value);

#endif
