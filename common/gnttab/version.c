/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing a table's version under everybody's feet. While GT_CHANGING is set operations on entries
 * wait for the table's lock, which is held throughout; taking each entry's lock once makes sure
 * that nobody still works by the old version (I8). Entries in use refuse the change, but for the
 * reserved ones, which are carried over with their users; status frames are cleared and kept. How
 * long that takes is bounded by the table's limit.
 *
 * Locks: the table's, below it each entry's. Read without one: the version, to tell it.
 */
#include <hv/mm.h>

#include "private.h"
#include <gen/grant_table_op-dispatch.h>

/* Waits out the users of every entry; is one past the reserved entries in use? */
static bool wait_for_entries(struct grant_table *t) __must_hold(t->lock)
{
    uint32_t pages = entries_of(t->nr_frames, 1) / (uint32_t)ACTIVE_PER_PAGE;
    bool busy = false;

    for (uint32_t i = 0; i < pages && !busy; i++) {
        for (uint32_t j = 0; t->active[i] && j < ACTIVE_PER_PAGE && !busy; j++) {
            struct active_entry *act = &t->active[i][j];

            spin_lock(&act->lock);
            busy = act->pin && (i || j >= GNTTAB_NR_RESERVED_ENTRIES);
            spin_unlock(&act->lock);
        }
    }
    return busy;
}

/* Has somebody a status frame mapped? */
static bool status_mapped(const struct grant_table *t) __must_hold(t->lock)
{
    for (uint32_t i = 0; i < t->nr_status; i++) {
        if ((READ_ONCE(virt_to_page(t->status[i])->count_info) & PGC_count_mask) > 1) {
            return true;
        }
    }
    return false;
}

/* The entries' words are this CPU's alone. */
static int convert(struct grant_table *t, uint32_t to) __must_hold(t->lock)
{
    union grant_entry_v2 keep[GNTTAB_NR_RESERVED_ENTRIES];
    int rc = gnttab_reserved_save(t, to, keep);

    if (rc) {
        return rc;
    }
    if (to == 1 && status_mapped(t)) {
        return -EBUSY;
    }
    gnttab_entries_clear(t);
    gnttab_reserved_restore(t, to, keep);
    return 0;
}

static int set_version(struct domain *d, struct grant_table *t, uint32_t to) __must_hold(t->lock)
{
    uint32_t from = table_version(t);
    int rc;

    if (from == to) {
        return 0;
    }
    if (to == 2) {
        rc = gnttab_grow_status(d, t, status_frames_of(t->nr_frames));
        if (rc) {
            return rc;
        }
    }
    WRITE_ONCE(t->version, from | GT_CHANGING);
    smp_mb(); /* pairs with the locks that wait_for_entries() takes */
    rc = wait_for_entries(t) ? -EBUSY : convert(t, to);
    smp_store_release(&t->version, rc ? from : to);
    return rc;
}

long grant_table_op_set_version(unsigned int count, guest_ptr_t arg)
{
    struct domain *d = current->domain;
    struct grant_table *t = d->gnttab;
    struct gnttab_set_version op;
    int rc;

    if (copy_from_guest(&op, arg, sizeof(op))) {
        return -EFAULT;
    }
    rc = xsm_self(NULL);
    if (rc) {
        return rc;
    }
    if (op.version != 1 && op.version != 2) {
        rc = -EINVAL;
    } else if (op.version > t->max_version) {
        rc = -ENOSYS;
    } else {
        spin_lock(&t->lock);
        rc = set_version(d, t, op.version);
        spin_unlock(&t->lock);
    }
    if (rc == -ERESTART) {
        return rc; /* with the same argument: there are more status frames now */
    }
    op.version = table_version(t);
    return copy_to_guest(arg, &op, sizeof(op)) ? -EFAULT : rc;
}

long grant_table_op_get_version(unsigned int count, guest_ptr_t arg)
{
    struct gnttab_get_version op;
    struct domain *d;
    int rc;

    if (copy_from_guest(&op, arg, sizeof(op))) {
        return -EFAULT;
    }
    d = rcu_lock_domain_by_any_id(op.dom);
    if (!d) {
        return -ESRCH;
    }
    rc = xsm_grant_query_size(d);
    if (!rc) {
        op.version = table_version(d->gnttab);
        rc = copy_to_guest(arg, &op, sizeof(op)) ? -EFAULT : 0;
    }
    rcu_unlock_domain(d);
    return rc;
}
