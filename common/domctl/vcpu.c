/* SPDX-License-Identifier: GPL-2.0-only */
/* domctls about vCPUs: making them, their registers, state, affinity and scheduling parameters. */
#include <gen/domctl-dispatch.h>
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/lib.h>
#include <hv/sched.h>
#include <hv/control-bitmap.h>

/* -EINVAL: the domain can have no such vCPU; -ESRCH: it has not been made. */
static int find_vcpu(const struct domain *d, unsigned int id, struct vcpu **v)
{
    if (id >= d->max_vcpus) {
        return -EINVAL;
    }
    *v = domain_vcpu(d, id);
    return *v ? 0 : -ESRCH;
}

int domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
    unsigned int max = op->u.max_vcpus.max;

    if (d->dying || max != d->max_vcpus) {
        return -EINVAL;
    }
    for (unsigned int i = 0; i < max; i++) {
        if (!d->vcpu[i] && !vcpu_create(d, i)) {
            return -ENOMEM;
        }
    }
    return 0;
}

int domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
    guest_ptr_t from = guest_handle(op->u.vcpucontext.ctxt);
    struct vcpu_guest_context *c;
    struct vcpu *v;
    int rc = find_vcpu(d, op->u.vcpucontext.vcpu, &v);

    if (rc) {
        return rc;
    }
    if (guest_ptr_is_null(from)) {
        domain_pause(d);
        spin_lock(&d->ctl_lock);
        rc = arch_vcpu_reset(v);
        if (!rc) {
            v->is_initialised = false;
            set_bit(VPF_down, &v->pause_flags);
            vcpu_unblock(v); /* it waits for nothing any more */
        }
        spin_unlock(&d->ctl_lock);
        domain_unpause(d);
        return rc;
    }
    c = xmalloc(struct vcpu_guest_context);
    if (!c) {
        return -ENOMEM;
    }
    rc = copy_from_guest(c, from, sizeof(*c));
    if (!rc) {
        domain_pause(d);
        spin_lock(&d->ctl_lock);
        /* A dying domain has given its vCPUs' tables back, and gains no new reference (I17). */
        rc = d->dying ? -EINVAL : arch_set_info_guest(v, c);
        spin_unlock(&d->ctl_lock);
        domain_unpause(d);
    }
    xfree(c);
    return rc;
}

int domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
    struct vcpu_guest_context *c;
    struct vcpu *v;
    int rc = find_vcpu(d, op->u.vcpucontext.vcpu, &v);

    if (rc) {
        return rc;
    }
    if (!v->is_initialised) {
        return -ENODATA;
    }
    c = xmalloc(struct vcpu_guest_context);
    if (!c) {
        return -ENOMEM;
    }
    vcpu_pause(v);
    spin_lock(&d->ctl_lock);
    arch_get_info_guest(v, c);
    spin_unlock(&d->ctl_lock);
    vcpu_unpause(v);
    rc = copy_to_guest(guest_handle(op->u.vcpucontext.ctxt), c, sizeof(*c));
    xfree(c);
    return rc;
}

int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
    struct vcpu *v;
    int rc = find_vcpu(d, info->vcpu, &v);

    if (rc) {
        return rc;
    }
    info->online = !test_bit(VPF_down, &v->pause_flags);
    info->blocked = (v->pause_flags & (BIT(VPF_blocked) | BIT(VPF_poll))) != 0;
    info->running = v->is_running;
    info->cpu_time = (uint64_t)vcpu_cpu_time(v);
    info->cpu = v->processor;
    return 0;
}

#define ALL_AFFINITY (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_FORCE)

static int check_affinity(struct domain *d, const struct xen_domctl_vcpuaffinity *a,
                          struct vcpu **v)
{
    if ((a->flags & ~ALL_AFFINITY) ||
        !(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))) {
        return -EINVAL;
    }
    return find_vcpu(d, a->vcpu, v);
}

/* Of a mask, the CPUs that the machine may have. */
static int report_mask(const struct xenctl_bitmap *to, const cpumask_t *mask)
{
    cpumask_t known, all;

    cpumask_zero(&all);
    for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
        cpumask_set(cpu, &all);
    }
    (void)cpumask_and(&known, mask, &all);
    return cpumask_to_bitmap(to, &known);
}

/* What the vCPU has got: the hard mask within the CPUs that there are; the soft one within that. */
static int report_affinity(const struct vcpu *v, const struct xen_domctl_vcpuaffinity *a)
{
    cpumask_t effective;
    int rc = 0;

    (void)cpumask_and(&effective, &v->sched.hard, &cpu_online_map);
    if (a->flags & XEN_VCPUAFFINITY_HARD) {
        rc = cpumask_to_bitmap(&a->cpumap_hard, &effective);
    }
    if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT)) {
        (void)cpumask_and(&effective, &effective, &v->sched.soft);
        rc = cpumask_to_bitmap(&a->cpumap_soft, &effective);
    }
    return rc;
}

int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    cpumask_t hard, soft;
    struct vcpu *v;
    int rc = check_affinity(d, a, &v);

    if (!rc && (a->flags & XEN_VCPUAFFINITY_HARD)) {
        rc = cpumask_from_bitmap(&hard, &a->cpumap_hard);
    }
    if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT)) {
        rc = cpumask_from_bitmap(&soft, &a->cpumap_soft);
    }
    if (!rc) {
        rc = vcpu_set_affinity(v, a->flags & XEN_VCPUAFFINITY_HARD ? &hard : NULL,
                               a->flags & XEN_VCPUAFFINITY_SOFT ? &soft : NULL);
    }
    return rc ? rc : report_affinity(v, a);
}

int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *v;
    int rc = check_affinity(d, a, &v);

    if (!rc && (a->flags & XEN_VCPUAFFINITY_HARD)) {
        rc = report_mask(&a->cpumap_hard, &v->sched.hard);
    }
    if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT)) {
        rc = report_mask(&a->cpumap_soft, &v->sched.soft);
    }
    return rc;
}

static unsigned int count_vcpus(const struct domain *d)
{
    unsigned int nr = 0;
    struct vcpu *v;

    for_each_vcpu (d, v) {
        nr++;
    }
    return nr;
}

/* A weight of 0 leaves it as it is. No domain can use more than all of a CPU for each vCPU. */
static int put_sched_params(struct domain *d, const struct xen_domctl_sched_credit2 *p)
{
    if (p->cap > 100 * count_vcpus(d)) {
        return -EINVAL;
    }
    if (p->weight) {
        sched_set_weight(d, p->weight);
    }
    sched_set_cap(d, p->cap);
    return 0;
}

int domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

    if (s->sched_id != XEN_SCHEDULER_CREDIT2) {
        return -EINVAL;
    }
    switch (s->cmd) {
    case XEN_DOMCTL_SCHEDOP_getinfo:
        s->u.credit2.weight = d->sched.weight;
        s->u.credit2.cap = d->sched.cap;
        return 0;
    case XEN_DOMCTL_SCHEDOP_putinfo:
        return put_sched_params(d, &s->u.credit2);
    default:
        return -EINVAL;
    }
}
