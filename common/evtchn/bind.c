/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making ports: unbound, connected to another domain, for a virtual interrupt, between vCPUs; and
 * which vCPU a port notifies. Everything is decided under the domain's lock before anything
 * changes.
 */
#include <gen/event_channel_op-dispatch.h>
#include <hv/arch/pirq.h>
#include <hv/virq.h>
#include <hv/xsm.h>
#include "private.h"

long event_channel_op_alloc_unbound(struct domain *d, struct evtchn_alloc_unbound *arg)
{
    domid_t remote = arg->remote_dom == DOMID_SELF ? current->domain->domain_id : arg->remote_dom;
    struct evtchn *e;
    int port;

    spin_lock(&d->evtchn.lock);
    port = evtchn_alloc(d);
    if (port >= 0) {
        e = evtchn_record(d, (uint32_t)port);
        e->u.remote_domid = remote;
        evtchn_open(e, ECS_UNBOUND);
        arg->port = (uint32_t)port;
    }
    spin_unlock(&d->evtchn.lock);
    return port < 0 ? port : 0;
}

/* Joins two ports, of which the local one is free; both domains' locks are held. */
static void connect(struct domain *ld, struct evtchn *l, uint32_t lport, struct domain *rd,
                    uint32_t rport)
{
    struct evtchn *r = evtchn_record(rd, rport);

    l->remote_dom = rd;
    l->u.remote_port = rport;
    evtchn_open(l, ECS_INTERDOMAIN);

    irq_lock_on(&r->lock);
    r->remote_dom = ld;
    r->u.remote_port = lport;
    r->state = ECS_INTERDOMAIN;
    irq_unlock_on(&r->lock);
}

static bool waits_for(const struct domain *rd, uint32_t rport, const struct domain *ld)
{
    const struct evtchn *r = evtchn_lookup(rd, rport);

    return r && r->state == ECS_UNBOUND && r->u.remote_domid == ld->domain_id;
}

static long bind_interdomain(struct domain *ld, struct domain *rd,
                             struct evtchn_bind_interdomain *arg) __no_lock_analysis
{
    struct evtchn *e;
    long rc;
    int lport;

    evtchn_lock_both(ld, rd);
    lport = evtchn_alloc(ld);
    if (lport < 0) {
        rc = lport;
        goto unlock;
    }
    rc = waits_for(rd, arg->remote_port, ld) ? xsm_evtchn_interdomain(rd) : -EINVAL;
    if (rc) {
        evtchn_unalloc(ld, (uint32_t)lport);
        goto unlock;
    }
    e = evtchn_record(ld, (uint32_t)lport);
    connect(ld, e, (uint32_t)lport, rd, arg->remote_port);
    arg->local_port = (uint32_t)lport;

    /* What was sent on the unbound port was lost: one event makes up for it. */
    irq_lock_on(&e->lock);
    evtchn_set_pending(ld, (uint32_t)lport, e);
    irq_unlock_on(&e->lock);
unlock:
    evtchn_unlock_both(ld, rd);
    return rc;
}

long event_channel_op_bind_interdomain(struct evtchn_bind_interdomain *arg)
{
    struct domain *rd = rcu_lock_domain_by_any_id(arg->remote_dom);
    long rc;

    if (!rd) {
        return -ESRCH;
    }
    rc = bind_interdomain(current->domain, rd, arg);
    rcu_unlock_domain(rd);
    return rc;
}

/* The port becomes v's for virq; the caller holds d's lock. */
static void set_virq_port(struct vcpu *v, unsigned int virq, uint32_t port)
{
    irq_lock_on(&v->evtchn.virq_lock);
    v->evtchn.virq_to_evtchn[virq] = port;
    irq_unlock_on(&v->evtchn.virq_lock);
}

long event_channel_op_bind_virq(struct evtchn_bind_virq *arg)
{
    struct domain *d = current->domain;
    unsigned int virq;
    struct vcpu *v;
    struct evtchn *e;
    long rc;
    int port;

    if (arg->virq >= NR_VIRQS) {
        return -EINVAL;
    }
    virq = (unsigned int)array_index_nospec(arg->virq, NR_VIRQS);
    if (virq_is_global(virq) && arg->vcpu) {
        return -EINVAL;
    }
    v = domain_vcpu(d, arg->vcpu);
    if (!v) {
        return -ENOENT;
    }

    spin_lock(&d->evtchn.lock);
    rc = xsm_evtchn_virq(NULL);
    if (!rc && v->evtchn.virq_to_evtchn[virq]) {
        rc = -EEXIST;
    }
    if (rc) {
        goto unlock;
    }
    port = evtchn_alloc(d);
    if (port < 0) {
        rc = port;
        goto unlock;
    }
    e = evtchn_record(d, (uint32_t)port);
    e->u.virq = virq;
    WRITE_ONCE(e->vcpu, (uint16_t)v->vcpu_id);
    evtchn_open(e, ECS_VIRQ);
    set_virq_port(v, virq, (uint32_t)port);
    arg->port = (uint32_t)port;
unlock:
    spin_unlock(&d->evtchn.lock);

    if (!rc && virq_is_global(virq)) {
        virq_bound(v, virq);
    }
    return rc;
}

long event_channel_op_bind_ipi(struct evtchn_bind_ipi *arg)
{
    struct domain *d = current->domain;
    struct vcpu *v = domain_vcpu(d, arg->vcpu);
    struct evtchn *e;
    long rc;
    int port;

    if (!v) {
        return -ENOENT;
    }
    spin_lock(&d->evtchn.lock);
    rc = xsm_evtchn_ipi(NULL);
    if (rc) {
        goto unlock;
    }
    port = evtchn_alloc(d);
    if (port < 0) {
        rc = port;
        goto unlock;
    }
    e = evtchn_record(d, (uint32_t)port);
    WRITE_ONCE(e->vcpu, (uint16_t)v->vcpu_id);
    evtchn_open(e, ECS_IPI);
    arg->port = (uint32_t)port;
unlock:
    spin_unlock(&d->evtchn.lock);
    return rc;
}

/* IPIs and virtual interrupts of a vCPU stay with it. */
static bool may_change_vcpu(const struct evtchn *e)
{
    switch (e->state) {
    case ECS_UNBOUND:
    case ECS_INTERDOMAIN:
    case ECS_PIRQ:
        return true;
    case ECS_VIRQ:
        return virq_is_global(e->u.virq);
    default:
        return false;
    }
}

long event_channel_op_bind_vcpu(struct evtchn_bind_vcpu *arg)
{
    struct domain *d = current->domain;
    struct vcpu *v = domain_vcpu(d, arg->vcpu);
    struct evtchn *e;
    long rc;

    if (!v) {
        return -ENOENT;
    }
    e = evtchn_lookup(d, arg->port);
    if (!e) {
        return -EINVAL;
    }
    spin_lock(&d->evtchn.lock);
    rc = xsm_evtchn_bind_vcpu(NULL);
    if (!rc && !may_change_vcpu(e)) {
        rc = -EINVAL;
    }
    if (!rc) {
        WRITE_ONCE(e->vcpu, (uint16_t)v->vcpu_id);
        if (e->state == ECS_PIRQ) {
            arch_pirq_follow(d, e->u.pirq, v);
        }
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}
