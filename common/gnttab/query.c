/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * setup_table, query_size, get_status_frames: one element each. An answer about the element is in
 * its status; the call itself fails only when the element cannot be read or written. A table that
 * grew before its frames could not be told stays grown, which is harmless.
 *
 * Locks: the table's. Read without it: nr_frames and the pages below it, which only become more.
 */
#include "private.h"
#include <gen/grant_table_op-dispatch.h>

/* Frame numbers to the guest; they only ever become more, so no lock is needed for it. */
static int16_t tell_frames(guest_ptr_t list, void *const *pages, uint32_t nr)
{
    for (uint32_t i = 0; i < nr; i++) {
        uint64_t frame = mfn_x(virt_to_mfn(pages[i]));

        if (copy_to_guest_elem(list, i, &frame)) {
            return GNTST_bad_virt_addr;
        }
    }
    return GNTST_okay;
}

/* 0 and a status, or -ERESTART. */
static int setup_table(struct domain *d, const struct gnttab_setup_table *op, int16_t *status)
{
    struct grant_table *t = d->gnttab;
    int rc = 0;

    if (xsm_grant_setup(d)) {
        *status = GNTST_permission_denied;
        return 0;
    }
    spin_lock(&t->lock);
    if (op->nr_frames > t->nr_frames) {
        rc = gnttab_grow(d, t, op->nr_frames);
    }
    spin_unlock(&t->lock);
    if (unlikely(rc == -ERESTART)) {
        return rc;
    }
    *status = rc ? GNTST_general_error
                 : tell_frames(guest_handle(op->frame_list), t->shared, op->nr_frames);
    return 0;
}

long grant_table_op_setup_table(unsigned int count, guest_ptr_t arg)
{
    struct gnttab_setup_table op;
    struct domain *d;
    int rc = 0;

    if (count != 1) {
        return -EINVAL;
    }
    if (copy_from_guest(&op, arg, sizeof(op))) {
        return -EFAULT;
    }
    /* Only where the list starts: a count past the limit is the element's error, not a fault. */
    if (!guest_access_ok(guest_handle(op.frame_list), 0)) {
        return -EFAULT;
    }
    d = rcu_lock_domain_by_any_id(op.dom);
    op.status = GNTST_bad_domain;
    if (d) {
        rc = setup_table(d, &op, &op.status);
        rcu_unlock_domain(d);
    }
    if (unlikely(rc)) {
        return rc; /* with the same arguments: the table has grown */
    }
    return copy_to_guest(guest_ptr_add(arg, offsetof(struct gnttab_setup_table, status)),
                         &op.status, sizeof(op.status));
}

long grant_table_op_query_size(unsigned int count, guest_ptr_t arg)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (count != 1) {
        return -EINVAL;
    }
    if (copy_from_guest(&op, arg, sizeof(op))) {
        return -EFAULT;
    }
    d = rcu_lock_domain_by_any_id(op.dom);
    op.status = GNTST_bad_domain;
    if (d) {
        op.status = GNTST_permission_denied;
        if (!xsm_grant_query_size(d)) {
            op.nr_frames = READ_ONCE(d->gnttab->nr_frames);
            op.max_nr_frames = d->gnttab->max_frames;
            op.status = GNTST_okay;
        }
        rcu_unlock_domain(d);
    }
    return copy_to_guest(arg, &op, sizeof(op)) ? -EFAULT : 0;
}

static int16_t status_frames(struct domain *d, const struct gnttab_get_status_frames *op)
{
    struct grant_table *t = d->gnttab;
    uint32_t nr;

    if (xsm_grant_setup(d)) {
        return GNTST_permission_denied;
    }
    spin_lock(&t->lock);
    nr = table_version(t) == 2 ? t->nr_status : 0;
    spin_unlock(&t->lock);
    if (op->nr_frames > nr) {
        return GNTST_general_error;
    }
    /* Status frames are kept for life, so this holds whatever becomes of the version. */
    return tell_frames(guest_handle(op->frame_list), (void *const *)t->status, op->nr_frames);
}

long grant_table_op_get_status_frames(unsigned int count, guest_ptr_t arg)
{
    struct gnttab_get_status_frames op;
    struct domain *d;

    if (count != 1) {
        return -EINVAL;
    }
    if (copy_from_guest(&op, arg, sizeof(op))) {
        return -EFAULT;
    }
    d = rcu_lock_domain_by_any_id(op.dom);
    op.status = GNTST_bad_domain;
    if (d) {
        op.status = status_frames(d, &op);
        rcu_unlock_domain(d);
    }
    return copy_to_guest(arg, &op, sizeof(op)) ? -EFAULT : 0;
}
