/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking addresses up in a guest's own tables. Upper-level entries of a validated table name
 * validated tables; another vCPU may replace one meanwhile, so the frame found at the end is
 * referenced and its type checked before anything relies on it.
 */
#include <hv/domain.h>
#include <hv/nospec.h>
#include <asm/pv-mm.h>

#include "table.h"

/* The frame of the level-1 table over va. */
static bool walk_to_l1(mfn_t root, unsigned long va, mfn_t *l1)
{
    mfn_t mfn = root;

    if (unlikely(va_is_hypervisor(va)) || !mfn_x(root)) {
        return false;
    }
    for (unsigned int level = 4; level > 1; level--) {
        const pte_t *table = mfn_to_virt(mfn);
        pte_t e = { READ_ONCE(table[PT_INDEX(va, level)].v) };

        if (!pte_present(e)) {
            return false;
        }
        mfn = pte_mfn(e);
    }
    *l1 = mfn;
    return true;
}

bool guest_walk(mfn_t root, unsigned long va, pte_t *l1e)
{
    const pte_t *table;
    mfn_t l1;

    if (!walk_to_l1(root, va, &l1)) {
        return false;
    }
    table = mfn_to_virt(l1);
    l1e->v = READ_ONCE(table[PT_INDEX(va, 1)].v);
    return true;
}

pte_t *guest_l1_lock(mfn_t root, unsigned long va, struct domain *owner, struct page_info **table)
{
    struct page_info *pg;
    mfn_t l1;

    if (!walk_to_l1(root, va, &l1)) {
        return NULL;
    }
    pg = mfn_to_page(l1);
    if (!page_ref_get(pg, domain_owner_id(owner))) {
        return NULL;
    }
    if (!page_lock(pg)) {
        goto put;
    }
    if ((READ_ONCE(pg->inuse.type_info) & PGT_type_mask) != PGT_l1_page_table) {
        goto unlock;
    }
    *table = pg;
    return (pte_t *)mfn_to_virt(l1) + PT_INDEX(va, 1);

unlock:
    page_unlock(pg);
put:
    page_ref_put(pg);
    return NULL;
}

void guest_l1_unlock(struct page_info *table)
{
    page_unlock(table);
    page_ref_put(table);
}
