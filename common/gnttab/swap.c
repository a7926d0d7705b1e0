/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_grant_ref: exchanges two of the caller's entries that nobody uses. Two records are never
 * locked together; so a pair is taken out of use by the same means as a change of version: nobody
 * gets into the table meanwhile. Locks: the table's, below it each entry's; nothing is read
 * without.
 */
#include "private.h"
#include <gen/grant_table_op-dispatch.h>

/* Waits out its users; true: it has one that stays. */
static bool entry_busy(struct grant_table *t, grant_ref_t ref) __must_hold(t->lock)
{
    struct active_entry *page = t->active[ref / ACTIVE_PER_PAGE], *act;
    bool busy;

    if (!page) {
        return false;
    }
    act = &page[ref % ACTIVE_PER_PAGE];
    spin_lock(&act->lock);
    busy = act->pin != 0;
    spin_unlock(&act->lock);
    return busy;
}

static int16_t swap_one(struct grant_table *t, grant_ref_t a, grant_ref_t b) __must_hold(t->lock)
{
    uint32_t version = table_version(t), nr = entries_of(t->nr_frames, version);
    int16_t st = GNTST_okay;

    if (a >= nr || b >= nr) {
        return GNTST_bad_gntref;
    }
    if (a == b) {
        return GNTST_okay;
    }
    a = (grant_ref_t)array_index_nospec(a, nr);
    b = (grant_ref_t)array_index_nospec(b, nr);
    WRITE_ONCE(t->version, version | GT_CHANGING);
    smp_mb(); /* pairs with the locks that entry_busy() takes */
    if (entry_busy(t, a) || entry_busy(t, b)) {
        st = GNTST_eagain;
    } else {
        gnttab_entries_exchange(t, a, b);
    }
    smp_store_release(&t->version, version);
    return st;
}

long grant_table_op_swap_grant_ref(unsigned int count, guest_ptr_t arg)
{
    struct grant_table *t = current->domain->gnttab;
    struct gnttab_swap_grant_ref op;
    long rc = gnttab_array_check(arg, sizeof(op), count);

    if (!rc) {
        rc = xsm_self(NULL);
    }
    for (unsigned int i = 0; !rc && i < count; i++) {
        if (gnttab_preempt(i)) {
            return gnttab_continue(arg, sizeof(op), i, count);
        }
        if (copy_from_guest_elem(&op, arg, i)) {
            return -EFAULT;
        }
        spin_lock(&t->lock);
        op.status = swap_one(t, op.ref_a, op.ref_b);
        spin_unlock(&t->lock);
        rc = copy_to_guest_elem(arg, i, &op);
    }
    return rc;
}
