/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0's first page tables, written as its kernel could have written them: the type machine then
 * validates them like any guest's. Start-up, one CPU.
 */
#include <hv/lib.h>

#include "build.h"

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PAGE_FLAGS  (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static unsigned long __init pool_take(struct dom0 *b, struct page_pool *pool)
{
    unsigned long pfn = pool->first + pool->used++;

    BUG_ON(pool->used > pool->nr);
    memset(pfn_to_virt(b, pfn), 0, PAGE_SIZE);
    return pfn;
}

/* The level-1 table over va, made with those above it as needed. */
static pte_t *__init l1_over(struct dom0 *b, struct page_pool *pool, unsigned long va)
{
    pte_t *table = b->l4;

    for (unsigned int level = 4; level > 1; level--) {
        pte_t *e = &table[PT_INDEX(va, level)];

        if (!pte_present(*e)) {
            *e = pte_make(_mfn(b->mfns[pool_take(b, pool)]), TABLE_FLAGS);
        }
        table = mfn_to_virt(pte_mfn(*e));
    }
    return table;
}

static void __init map_pages(struct dom0 *b, struct page_pool *pool, unsigned long va,
                             unsigned long pfn, unsigned long nr)
{
    pte_t *l1 = NULL;

    for (; nr; nr--, pfn++, va += PAGE_SIZE) {
        if (!l1 || PT_INDEX(va, 1) == 0) {
            l1 = l1_over(b, pool, va);
        }
        l1[PT_INDEX(va, 1)] = pte_make(_mfn(b->mfns[pfn]), PAGE_FLAGS);
    }
}

static void __init make_read_only(struct dom0 *b, const struct page_pool *pool)
{
    for (unsigned long i = 0; i < pool->used; i++) {
        unsigned long va = b->v_start + ((pool->first + i) << PAGE_SHIFT);

        l1_over(b, NULL, va)[PT_INDEX(va, 1)].v &= ~(uint64_t)PTE_RW;
    }
}

void __init dom0_build_tables(struct dom0 *b)
{
    b->l4 = pfn_to_virt(b, pool_take(b, &b->tables));
    map_pages(b, &b->tables, b->v_start, 0, (b->v_end - b->v_start) >> PAGE_SHIFT);
    if (b->k.init_p2m != ELF_NOT_GIVEN) {
        map_pages(b, &b->p2m_tables, b->k.init_p2m, b->p2m_pfn, b->p2m_pages);
    }
    make_read_only(b, &b->tables);
}
