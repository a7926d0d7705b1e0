/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking addresses up in a guest's own tables. Upper-level entries of a validated table name
 * validated tables; another vCPU may replace one meanwhile, and write what it likes to its frame.
 * So a walk may end anywhere, and fault without harm; the frame found at the end is referenced and
 * its type checked before anything relies on it.
 */
#include <hv/domain.h>
#include <hv/nospec.h>
#include <asm/pv-mm.h>

#include "table.h"

bool guest_walk(mfn_t root, unsigned long va, pte_t *l1e)
{
    return l1_lookup(root, va, l1e);
}

pte_t *guest_l1_lock(mfn_t root, unsigned long va, struct domain *owner, struct page_info **table)
{
    return l1_slot_lock(root, va, owner, table);
}
