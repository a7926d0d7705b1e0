/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of physdev_op by which a PV vCPU sets its own I/O privilege. Current vCPU; no locks. */
#include <hv/guest-access.h>
#include <public/physdev.h>
#include <asm/pv.h>
#include <gen/physdev_op-dispatch.h>

long physdev_op_set_iopl(struct physdev_set_iopl *arg)
{
    if (arg->iopl > 3) {
        return -EINVAL;
    }
    current->arch.pv.iopl = arg->iopl;
    return 0;
}

long physdev_op_set_iobitmap(struct physdev_set_iobitmap *arg)
{
    struct pv_vcpu *pv = &current->arch.pv;

    if (arg->nr_ports > 65536 ||
        !guest_access_ok(guest_handle(arg->bitmap), (arg->nr_ports + 7) / 8)) {
        return -EINVAL;
    }
    pv->iobmp = guest_handle(arg->bitmap);
    pv->iobmp_limit = arg->nr_ports;
    return 0;
}
