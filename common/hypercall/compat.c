/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls in the form of interfaces long gone, which old kernels still make. They call the new
 * ones. */
#include <gen/hypercall-dispatch.h>
#include <gen/sched_op-dispatch.h>
#include <hv/guest-access.h>
#include <hv/lib.h>
#include <public/event_channel.h>
#include <public/sched.h>

/* Command and argument in one structure. */
long do_event_channel_op_compat(guest_ptr_t uop)
{
    struct evtchn_op op;

    if (copy_from_guest(&op, uop, sizeof(op))) {
        return -EFAULT;
    }
    return do_event_channel_op(op.cmd, guest_ptr_add(uop, offsetof(struct evtchn_op, u)));
}

/* The reason of a shutdown is the argument itself. */
long do_sched_op_compat(int cmd, unsigned long arg)
{
    struct sched_shutdown shutdown = { .reason = (uint32_t)arg };

    switch (cmd) {
    case SCHEDOP_yield:
        return sched_op_yield();
    case SCHEDOP_block:
        return sched_op_block();
    case SCHEDOP_shutdown:
        return sched_op_shutdown(&shutdown);
    default:
        return -ENOSYS;
    }
}
