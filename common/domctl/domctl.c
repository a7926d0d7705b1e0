/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl: what a control domain does to another. The command is copied once; its version is looked
 * at, its argument brought to our own version's layout, its target found, permission asked, and
 * only then a lock taken, so that a caller who may not do it delays nobody (I4). Targets are held
 * by RCU for the length of the call.
 */
#include <gen/control-rules.h>
#include <gen/domctl-dispatch.h>
#include <gen/hypercall-dispatch.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/lib.h>

static DEFINE_SPINLOCK(global_lock, RANK_CTL_GLOBAL);

/* The domain that the command names, as its row says. */
static int find_target(const struct xen_domctl *op, struct domain **d)
{
    *d = NULL;
    switch (domctl_target_rule(op->cmd)) {
    case CTL_TARGET_NONE:
    case CTL_TARGET_CREATE:
        return 0;
    case CTL_TARGET_NEXT:
        if (op->domain >= DOMID_FIRST_RESERVED) {
            return -ESRCH;
        }
        *d = domain_at_or_after(op->domain);
        return *d ? 0 : -ESRCH;
    case CTL_TARGET_DEVICE:
        if (op->domain == DOMID_IO) {
            *d = dom_io;
            return 0;
        }
        /* fall through */
    default:
        *d = rcu_lock_domain_by_id(op->domain);
        return *d ? 0 : -ESRCH;
    }
}

static int apply_locked(struct domain *d, struct xen_domctl *op, bool *copyback) __no_lock_analysis
{
    spinlock_t *lock = NULL;
    int rc;

    switch (domctl_lock_rule(op->cmd)) {
    case CTL_LOCK_NONE:
        break;
    case CTL_LOCK_CTL:
        lock = &d->ctl_lock;
        break;
    case CTL_LOCK_GLOBAL:
        lock = &global_lock;
        break;
    }
    if (lock) {
        spin_lock(lock);
    }
    rc = domctl_apply(d, op, copyback);
    if (lock) {
        spin_unlock(lock);
    }
    return rc;
}

long do_domctl(guest_ptr_t u_op)
{
    struct xen_domctl op;
    bool copyback = false;
    struct domain *d;
    int layout;
    long rc;

    if (copy_from_guest(&op, u_op, sizeof(op))) {
        return -EFAULT;
    }
    if (!domctl_speaks(op.cmd, op.interface_version)) {
        return -EACCES;
    }
    layout = domctl_import(&op); /* who may not do it is told so first */

    rcu_read_lock();
    rc = find_target(&op, &d);
    if (!rc) {
        rc = domctl_check(d, &op);
    }
    if (!rc) {
        rc = layout;
    }
    if (!rc) {
        rc = apply_locked(d, &op, &copyback);
    }
    rcu_read_unlock();

    if (copyback) {
        domctl_export(&op);
        if (copy_to_guest(u_op, &op, sizeof(op))) {
            rc = -EFAULT;
        }
    }
    return rc;
}
