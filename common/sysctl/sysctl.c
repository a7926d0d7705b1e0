/* SPDX-License-Identifier: GPL-2.0-only */
/* sysctl: what a control domain asks of the host. Permission before any lock (I4). */
#include <gen/control-rules.h>
#include <gen/hypercall-dispatch.h>
#include <gen/sysctl-dispatch.h>
#include <hv/guest-access.h>
#include <hv/interleave.h>
#include <hv/lib.h>
#include <hv/lock.h>

static DEFINE_SPINLOCK(global_lock, RANK_CTL_GLOBAL);

static int apply_locked(struct xen_sysctl *op, bool *copyback) __no_lock_analysis
{
    bool lock = sysctl_lock_rule(op->cmd) != CTL_LOCK_NONE;
    int rc;

    if (lock) {
        spin_lock(&global_lock);
        interleave("sysctl.apply.locked");
    }
    rc = sysctl_apply(op, copyback);
    if (lock) {
        spin_unlock(&global_lock);
    }
    return rc;
}

long do_sysctl(guest_ptr_t u_op)
{
    struct xen_sysctl op;
    bool copyback = false;
    long rc;

    if (copy_from_guest(&op, u_op, sizeof(op))) {
        return -EFAULT;
    }
    if (!sysctl_speaks(op.cmd, op.interface_version)) {
        return -EACCES;
    }
    rc = sysctl_check(&op);
    if (!rc) {
        rc = apply_locked(&op, &copyback);
    }
    if (copyback && copy_to_guest(u_op, &op, sizeof(op))) {
        rc = -EFAULT;
    }
    return rc;
}
