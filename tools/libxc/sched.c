/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The scheduler: its kind and parameters, and a domain's weight and cap.
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

static int pool_params(xc_interface *xch, uint32_t cpupool_id, uint32_t cmd,
                       struct xen_sysctl_credit2_schedule *schedule)
{
    struct xen_sysctl_scheduler_op arg = {
        .cpupool_id = cpupool_id,
        .sched_id = XEN_SCHEDULER_CREDIT2,
        .cmd = cmd,
        .u.sched_credit2 = *schedule,
    };
    int rc = xc_op_sysctl_scheduler_op(xch, &arg);

    if (!rc) {
        *schedule = arg.u.sched_credit2;
    }
    return rc;
}

int xc_sched_credit2_params_set(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule)
{
    return pool_params(xch, cpupool_id, XEN_SYSCTL_SCHEDOP_putinfo, schedule);
}

int xc_sched_credit2_params_get(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule)
{
    return pool_params(xch, cpupool_id, XEN_SYSCTL_SCHEDOP_getinfo, schedule);
}
