/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * vCPUs of other domains: registers, state, affinity.
 */
#include "private.h"

int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu, vcpu_guest_context_t *ctxt)
{
    struct xen_domctl_vcpucontext arg = { .vcpu = vcpu };
    struct xc_bounce b;
    int rc;

    if (xc_bounce_open(xch, &b, ctxt, sizeof(*ctxt), XC_IN)) {
        return -1;
    }
    set_xen_guest_handle(arg.ctxt, b.hv);
    rc = xc_op_domctl_setvcpucontext(xch, &domid, &arg);
    xc_bounce_close(xch, &b);
    return rc;
}

int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu, vcpu_guest_context_t *ctxt)
{
    struct xen_domctl_vcpucontext arg = { .vcpu = vcpu };
    struct xc_bounce b;
    int rc;

    if (xc_bounce_open(xch, &b, ctxt, sizeof(*ctxt), XC_INOUT)) {
        return -1;
    }
    set_xen_guest_handle(arg.ctxt, b.hv);
    rc = xc_op_domctl_getvcpucontext(xch, &domid, &arg);
    xc_bounce_close(xch, &b);
    return rc;
}

int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
    memset(info, 0, sizeof(*info));
    info->vcpu = vcpu;
    return xc_op_domctl_getvcpuinfo(xch, &domid, info);
}

typedef int affinity_op(xc_interface *xch, uint32_t *domid, struct xen_domctl_vcpuaffinity *arg);

static int affinity(xc_interface *xch, affinity_op *op, uint32_t domid, int vcpu, xc_cpumap_t hard,
                    xc_cpumap_t soft, uint32_t flags)
{
    struct xen_domctl_vcpuaffinity arg = { .vcpu = (uint32_t)vcpu, .flags = flags };
    struct xc_bounce bounce_hard, bounce_soft;
    int size = xc_get_cpumap_size(xch), rc = -1;

    if (size <= 0) {
        return -1;
    }
    if (xc_bounce_open(xch, &bounce_hard, hard, (size_t)size, XC_INOUT)) {
        return -1;
    }
    if (xc_bounce_open(xch, &bounce_soft, soft, (size_t)size, XC_INOUT)) {
        goto close_hard;
    }
    set_xen_guest_handle(arg.cpumap_hard.bitmap, bounce_hard.hv);
    arg.cpumap_hard.nr_bits = hard ? (uint32_t)size * 8 : 0;
    set_xen_guest_handle(arg.cpumap_soft.bitmap, bounce_soft.hv);
    arg.cpumap_soft.nr_bits = soft ? (uint32_t)size * 8 : 0;
    rc = op(xch, &domid, &arg);
    xc_bounce_close(xch, &bounce_soft);
close_hard:
    xc_bounce_close(xch, &bounce_hard);
    return rc;
}

int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
                        xc_cpumap_t soft, uint32_t flags)
{
    return affinity(xch, xc_op_domctl_setvcpuaffinity, domid, vcpu, hard, soft, flags);
}

int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
                        xc_cpumap_t soft, uint32_t flags)
{
    return affinity(xch, xc_op_domctl_getvcpuaffinity, domid, vcpu, hard, soft, flags);
}
