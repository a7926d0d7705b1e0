/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * acquire_resource: frames of a domain's resource, for another domain to map. Today's resources are
 * the frames of a grant table. Without a list the answer is how many frames there may be.
 * Preempted, the call is made again with the number of frames told in the command's upper bits.
 *
 * Locks: the resource's own.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/xsm.h>
#include <gen/memory_op-dispatch.h>

#include "reservation.h"

static long tell_limit(struct domain *d, struct xen_mem_acquire_resource *x, guest_ptr_t arg)
{
    x->nr_frames = gnttab_resource_frames(d, x->id);
    return copy_to_guest(arg, x, sizeof(*x)) ? -EFAULT : 0;
}

static long tell_frames(struct domain *d, const struct xen_mem_acquire_resource *x,
                        unsigned long done)
{
    for (unsigned long first = done; done < x->nr_frames; done++) {
        xen_pfn_t frame;
        mfn_t mfn;
        int rc;

        if (done != first && hypercall_preempt_check()) {
            rc = -ERESTART;
        } else {
            rc = gnttab_acquire_frame(d, x->id, x->frame + done, &mfn);
        }
        if (rc == -ERESTART) {
            hypercall_set_arg(0, XENMEM_acquire_resource | done << MEMOP_EXTENT_SHIFT);
        }
        if (rc) {
            return rc;
        }
        frame = mfn_x(mfn);
        if (copy_to_guest_elem(guest_handle(x->frame_list), done, &frame)) {
            return -EFAULT;
        }
    }
    return 0;
}

long memory_op_acquire_resource(unsigned long cmd, guest_ptr_t arg)
{
    unsigned long done = cmd >> MEMOP_EXTENT_SHIFT;
    struct xen_mem_acquire_resource x;
    struct domain *d;
    long rc;

    if (copy_from_guest(&x, arg, sizeof(x))) {
        return -EFAULT;
    }
    if (x.pad || (guest_ptr_is_null(guest_handle(x.frame_list)) && (x.nr_frames || done))) {
        return -EINVAL;
    }
    rc = rcu_lock_remote_domain_by_id(x.domid, &d);
    if (rc) {
        return rc;
    }
    rc = xsm_domain_resource_map(d);
    if (rc) {
        goto unlock;
    }
    rc = -EINVAL;
    if (x.type != XENMEM_resource_grant_table || !gnttab_resource_frames(d, x.id)) {
        goto unlock;
    }
    if (guest_ptr_is_null(guest_handle(x.frame_list))) {
        rc = tell_limit(d, &x, arg);
    } else if (x.nr_frames && done < x.nr_frames && x.nr_frames <= MEMOP_MAX_EXTENTS &&
               x.frame + x.nr_frames > x.frame) {
        rc = tell_frames(d, &x, done);
    }
unlock:
    rcu_unlock_domain(d);
    return rc;
}
