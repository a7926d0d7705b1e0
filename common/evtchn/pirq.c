/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports for physical interrupts. Which interrupt a pirq is, and its masking, are the architecture's
 * (hv/arch/pirq.h); it sends by the port's number, which stays bound while the interrupt does.
 */
#include <gen/event_channel_op-dispatch.h>
#include <hv/arch/pirq.h>
#include "private.h"

long event_channel_op_bind_pirq(struct evtchn_bind_pirq *arg)
{
    struct domain *d = current->domain;
    struct evtchn *e;
    long rc;
    int port;

    spin_lock(&d->evtchn.lock);
    rc = arch_pirq_check(d, arg->pirq);
    if (rc) {
        goto unlock;
    }
    port = evtchn_alloc(d);
    if (port < 0) {
        rc = port;
        goto unlock;
    }
    e = evtchn_record(d, (uint32_t)port);
    e->u.pirq = arg->pirq;
    evtchn_open(e, ECS_PIRQ);
    rc = arch_pirq_bind(d, arg->pirq, (uint32_t)port, arg->flags & BIND_PIRQ__WILL_SHARE);
    if (rc) {
        evtchn_set_free(e);
        evtchn_unalloc(d, (uint32_t)port);
        goto unlock;
    }
    arg->port = (uint32_t)port;
unlock:
    spin_unlock(&d->evtchn.lock);
    return rc;
}

void evtchn_send_pirq(struct domain *d, uint32_t port)
{
    struct evtchn *e = evtchn_record(d, port);

    irq_lock_nested(&e->lock);
    evtchn_set_pending(d, port, e);
    irq_unlock_nested(&e->lock);
}

void evtchn_unmask_pirq(struct domain *d, uint32_t port)
{
    struct evtchn_unmask arg = { .port = port };

    if (d == current->domain) {
        (void)event_channel_op_unmask(&arg);
    }
}
