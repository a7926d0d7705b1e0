/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending: by a guest on one of its ports, and by the hypervisor for virtual interrupts; unmasking.
 *
 * A send holds the local port's lock, which keeps the connection and so the remote port and domain;
 * no lock of a domain is taken. A virtual interrupt holds the vCPU's virq_lock, which keeps its
 * port.
 */
#include <gen/event_channel_op-dispatch.h>
#include <hv/xsm.h>
#include "private.h"

long event_channel_op_send(struct evtchn_send *arg)
{
    struct domain *d = current->domain;
    enum evtchn_state state;
    struct evtchn *e;
    long rc;

    if (!evtchn_find(d, arg->port, &e)) {
        return -EINVAL;
    }
    irq_lock_on(&e->lock);
    rc = xsm_evtchn_send(NULL);
    if (unlikely(rc)) {
        goto unlock;
    }
    state = evtchn_state_of(e);
    if (likely(state == ECS_INTERDOMAIN)) {
        struct domain *rd = e->remote_dom;
        uint32_t rport = e->u.remote_port;

        evtchn_set_pending(rd, rport, evtchn_record(rd, rport));
    } else if (state == ECS_IPI) {
        evtchn_set_pending(d, arg->port, e);
    } else if (state != ECS_UNBOUND) { /* nobody hears an unbound one */
        rc = -EINVAL;
    }
unlock:
    irq_unlock_on(&e->lock);
    return rc;
}

long event_channel_op_unmask(struct evtchn_unmask *arg)
{
    struct domain *d = current->domain;
    struct evtchn *e;
    long rc;

    if (!evtchn_find(d, arg->port, &e)) {
        return -EINVAL;
    }
    rc = xsm_evtchn_unmask(NULL);
    if (unlikely(rc)) {
        return rc;
    }
    irq_lock_on(&e->lock);
    if (evtchn_state_of(e) > ECS_RESERVED) {
        if (evtchn_fifo_of(d, e)) {
            evtchn_fifo_unmask(d, arg->port, e);
        } else {
            evtchn_2l_unmask(d, arg->port, e);
        }
    }
    irq_unlock_on(&e->lock);
    return 0;
}

void send_guest_vcpu_virq(struct vcpu *v, unsigned int virq)
{
    unsigned long flags = irq_lock(&v->evtchn.virq_lock);
    uint32_t port = v->evtchn.virq_to_evtchn[virq];

    if (port) {
        evtchn_set_pending(v->domain, port, evtchn_record(v->domain, port));
    }
    irq_unlock(&v->evtchn.virq_lock, flags);
}

bool evtchn_is_pending(const struct domain *d, uint32_t port)
{
    struct evtchn *e = evtchn_lookup(d, port);
    unsigned long flags;
    bool pending = false;

    if (!e) {
        return false;
    }
    flags = irq_lock(&e->lock);
    if (evtchn_state_of(e) > ECS_RESERVED) {
        pending = evtchn_fifo_of(d, e) ? evtchn_fifo_is_pending(d, port, e)
                                       : port < EVTCHN_2L_NR_CHANNELS &&
                                             test_bit(port, d->shared_info->evtchn_pending);
    }
    irq_unlock(&e->lock, flags);
    return pending;
}
