/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linear page tables: an entry of level n that names a table of level n, read-only, so that the
 * guest sees its own entries as memory. Depth is held at one: a table that is used linearly by
 * others has no linear entries but to itself, and the other way round; type_state counts both. So
 * references never form a circle, and release never recurses without end.
 *
 * `pv-linear-pt=no` refuses all such entries.
 * No locks: counts change by compare-and-exchange.
 */
#include <hv/domain.h>
#include <hv/param.h>

#include "table.h"

static bool opt_linear __read_mostly = true;
bool_param("pv-linear-pt", opt_linear);

static int linear_count(uint32_t state)
{
    return (int16_t)(state >> 16);
}

/* Adds by (1 or -1) unless the count then has the wrong sign. */
static bool linear_adjust(struct page_info *pg, int by)
{
    uint32_t old = READ_ONCE(pg->inuse.type_state), new;

    do {
        int n = linear_count(old);

        if ((by > 0 && (n < 0 || n == INT16_MAX)) || (by < 0 && (n > 0 || n == INT16_MIN))) {
            return false;
        }
        new = old + (uint32_t)by *PTS_linear_one;
    } while (!__atomic_compare_exchange_n(&pg->inuse.type_state, &old, new, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    return true;
}
static void linear_undo(struct page_info *pg, int by)
{
    (void)__atomic_fetch_sub(&pg->inuse.type_state, (uint32_t)by * PTS_linear_one,
                             __ATOMIC_SEQ_CST);
}

/* A further reference on a table that is validated at this level already. */
static bool type_get_validated(struct page_info *pg, unsigned long type)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    do {
        if ((x & (PGT_type_mask | PGT_validated)) != (type | PGT_validated)) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&pg->inuse.type_info, &x, x + 1, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    return true;
}

int linear_get(pte_t pte, unsigned int level, unsigned int index, struct page_info *table,
               struct domain *d)
{
    mfn_t mfn = pte_mfn(pte);
    struct page_info *target;

    if (!opt_linear || (pte.v & PTE_RW)) {
        return -EINVAL;
    }
    if (mfn_eq(mfn, page_to_mfn(table))) {
        goto mark;
    }
    target = get_page_from_mfn(mfn, d);
    if (!target) {
        return -EINVAL;
    }
    if (!type_get_validated(target, PGT_table(level))) {
        goto put;
    }
    if (!linear_adjust(target, 1)) {
        goto put_type;
    }
    if (!linear_adjust(table, -1)) {
        goto undo_target;
    }
mark:
    /* Before anybody writes the entry to a table that is in use. */
    if (level == 4) {
        linear_slot_mark(d, index);
    }
    return 0;

undo_target:
    linear_undo(target, 1);
put_type:
    if (page_type_put(target)) {
        old_table_remember(current, target);
        return -EINVAL;
    }
put:
    page_ref_put(target);
    return -EINVAL;
}

/* The reference was one of several: pins and base pointers hold the others, but they may have gone.
 */
int linear_put(struct page_info *target, struct page_info *table)
{
    int rc;

    linear_undo(table, -1);
    linear_undo(target, 1);
    rc = page_type_put_later(target);
    if (likely(!rc)) {
        page_ref_put(target);
    }
    return rc;
}
