/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall: a batch of hypercalls. Each element is copied once, dispatched, and its result written
 * back. A batch is continued between elements, and an element that was preempted is written back
 * with the arguments it goes on with, so that the guest's array holds the progress (and each part
 * is checked anew). An element that leaves the guest's kernel is the last one: those after it would
 * be a user's, on a user's page tables.
 */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/lib.h>
#include <gen/hypercall-dispatch.h>

static long continue_at(guest_ptr_t list, unsigned int left)
{
    hypercall_set_arg(0, list.va);
    hypercall_set_arg(1, left);
    return -ERESTART;
}

/* One element; -ERESTART: it was preempted and is to be issued again. *left: the kernel was left.
 */
static long one_call(struct vcpu *v, guest_ptr_t at, bool *left)
{
    struct mc_state *mcs = &v->mc_state;
    struct multicall_entry *c = &mcs->call;
    long rc;

    mcs->active = true;
    if (unlikely(c->op == __HYPERVISOR_multicall)) {
        rc = -EINVAL;
    } else if (unlikely(c->op >> 32)) {
        rc = -ENOSYS; /* cut to 32 bits it would name another call than the checks here see */
    } else {
        rc = hypercall_dispatch((unsigned int)c->op, c->args[0], c->args[1], c->args[2], c->args[3],
                                c->args[4]);
    }
    mcs->active = false;

    if (unlikely(c->op == __HYPERVISOR_iret) && !arch_vcpu_in_kernel(v)) {
        *left = true;
        return rc; /* the user's register, no result */
    }
    if (unlikely(rc == -ERESTART)) {
        return copy_to_guest(at, c, sizeof(*c)) ? -EFAULT : -ERESTART;
    }
    c->result = (xen_ulong_t)rc;
    return copy_to_guest(guest_ptr_add(at, offsetof(struct multicall_entry, result)), &c->result,
                         sizeof(c->result));
}

long do_multicall(guest_ptr_t call_list, unsigned int nr_calls)
{
    struct vcpu *v = current;
    struct mc_state *mcs = &v->mc_state;
    guest_ptr_t at = call_list;
    bool left = false;

    if (unlikely(!guest_access_ok(call_list, (size_t)nr_calls * sizeof(struct multicall_entry)))) {
        return -EFAULT;
    }
    for (unsigned int calls = nr_calls; calls; calls--) {
        long rc;

        if (calls != nr_calls && unlikely(hypercall_preempt_check())) {
            return continue_at(at, calls);
        }
        if (unlikely(copy_from_guest(&mcs->call, at, sizeof(mcs->call)))) {
            return -EFAULT;
        }
        rc = one_call(v, at, &left);
        if (unlikely(left)) {
            return rc;
        }
        if (unlikely(rc)) {
            return rc == -ERESTART ? continue_at(at, calls) : rc;
        }
        at = guest_ptr_add(at, sizeof(struct multicall_entry));
    }
    return 0;
}
