/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler's own parameters, and the one pool of CPUs that there is: number 0, with all of
 * them and all domains. No locks but sysctl's own for those that change something.
 */
#include <gen/sysctl-dispatch.h>
#include <hv/control-bitmap.h>
#include <hv/lib.h>
#include "private.h"

static int put_ratelimit(uint32_t us)
{
    if (us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN || us > XEN_SYSCTL_SCHED_RATELIMIT_MAX)) {
        return -EINVAL;
    }
    WRITE_ONCE(sched_ratelimit, MICROSECS(us));
    return 0;
}

int sysctl_scheduler_op(struct xen_sysctl *op)
{
    struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;

    if (s->cmd != XEN_SYSCTL_SCHEDOP_putinfo && s->cmd != XEN_SYSCTL_SCHEDOP_getinfo) {
        return -EINVAL;
    }
    if (s->cpupool_id) {
        return -ESRCH;
    }
    if (s->sched_id != XEN_SCHEDULER_CREDIT2) {
        return -EINVAL;
    }
    if (s->cmd == XEN_SYSCTL_SCHEDOP_putinfo) {
        return put_ratelimit(s->u.sched_credit2.ratelimit_us);
    }
    s->u.sched_credit2.ratelimit_us = (uint32_t)(READ_ONCE(sched_ratelimit) / MICROSECS(1));
    return 0;
}

static int pool_info(struct xen_sysctl_cpupool_op *p)
{
    struct domain *d;

    if (p->cpupool_id) {
        return -ENOENT;
    }
    p->sched_id = XEN_SCHEDULER_CREDIT2;
    p->n_dom = 0;
    rcu_read_lock();
    for_each_domain (d) {
        p->n_dom++;
    }
    rcu_read_unlock();
    return cpumask_to_bitmap(&p->cpumap, &cpu_online_map);
}

/* Every CPU belongs to the pool. */
static int pool_free_cpus(struct xen_sysctl_cpupool_op *p)
{
    cpumask_t none;

    cpumask_zero(&none);
    return cpumask_to_bitmap(&p->cpumap, &none);
}

static int pool_move(const struct xen_sysctl_cpupool_op *p)
{
    struct domain *d;
    int rc = rcu_lock_remote_domain_by_id((domid_t)p->domid, &d);

    if (rc) {
        return rc;
    }
    rcu_unlock_domain(d);
    return p->cpupool_id ? -ENOENT : 0;
}

int sysctl_cpupool_op(struct xen_sysctl *op)
{
    struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;

    switch (p->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        return pool_info(p);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return pool_free_cpus(p);
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
        return pool_move(p);
    case XEN_SYSCTL_CPUPOOL_OP_CREATE:
        return -EOPNOTSUPP;
    case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
        return p->cpupool_id ? -ENOENT : -EBUSY;
    case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
        return p->cpupool_id ? -ENOENT : -ENODEV; /* there is no free one */
    case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
        return p->cpupool_id ? -ENOENT : -EINVAL;
    default:
        return -ENOSYS;
    }
}
