/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The scheduler: its kind, and a domain's weight and cap.
 */
#include "private.h"

int xc_sched_id(xc_interface *xch, int *sched_id)
{
    struct xen_sysctl_sched_id arg = { 0 };
    int rc = xc_op_sysctl_sched_id(xch, &arg);

    *sched_id = (int)arg.sched_id;
    return rc;
}

static int domain_params(xc_interface *xch, uint32_t domid, uint32_t scheduler, uint32_t cmd,
                         void *params, size_t size)
{
    struct xen_domctl_scheduler_op arg = { .sched_id = scheduler, .cmd = cmd };
    int rc;

    memcpy(&arg.u, params, size);
    rc = xc_op_domctl_scheduler_op(xch, &domid, &arg);
    if (!rc && cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        memcpy(params, &arg.u, size);
    }
    return rc;
}

int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom)
{
    return domain_params(xch, domid, XEN_SCHEDULER_CREDIT, XEN_DOMCTL_SCHEDOP_putinfo, sdom,
                         sizeof(*sdom));
}

int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom)
{
    return domain_params(xch, domid, XEN_SCHEDULER_CREDIT, XEN_DOMCTL_SCHEDOP_getinfo, sdom,
                         sizeof(*sdom));
}

int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom)
{
    return domain_params(xch, domid, XEN_SCHEDULER_CREDIT2, XEN_DOMCTL_SCHEDOP_putinfo, sdom,
                         sizeof(*sdom));
}

int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom)
{
    return domain_params(xch, domid, XEN_SCHEDULER_CREDIT2, XEN_DOMCTL_SCHEDOP_getinfo, sdom,
                         sizeof(*sdom));
}
