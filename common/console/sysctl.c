/* SPDX-License-Identifier: GPL-2.0-only */
/* What the control domain asks of the console by sysctl: the ring's content, and debug keys. */
#include <hv/console.h>
#include <hv/hypercall.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <public/sysctl.h>
#include <gen/sysctl-dispatch.h>

int sysctl_readconsole(struct xen_sysctl *op)
{
    struct xen_sysctl_readconsole *rc = &op->u.readconsole;

    return console_read_ring(guest_handle(rc->buffer), &rc->count, &rc->index, rc->incremental,
                             rc->clear);
}

/* The keys are taken one by one; the call is bounded by what fits one page of keys a time. */
int sysctl_debug_keys(struct xen_sysctl *op)
{
    guest_ptr_t keys = guest_handle(op->u.debug_keys.keys);
    char c;

    for (uint32_t i = 0; i < op->u.debug_keys.nr_keys; i++) {
        if (i >= 256) {
            return -E2BIG;
        }
        if (copy_from_guest_elem(&c, keys, i)) {
            return -EFAULT;
        }
        keyhandler_run(c, false);
    }
    return 0;
}
