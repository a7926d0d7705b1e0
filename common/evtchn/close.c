/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Closing a port; closing all of them, by EVTCHNOP_reset or at the domain's death.
 *
 * A connected port is closed under both domains' locks, the other end becoming unbound. Both are
 * taken in the order of their addresses; where that means to let the first one go, the connection
 * is looked at again. Reset and teardown keep their progress in the domain (next_to_close), where
 * no guest reaches it, and stop when other work is waiting. The progress belongs to whoever
 * `resetting` names, who alone changes it; teardown takes it from a reset, which then comes to
 * nothing. Both words are under the domain's lock.
 */
#include <gen/event_channel_op-dispatch.h>
#include <hv/arch/pirq.h>
#include <hv/hypercall.h>
#include <hv/interleave.h>
#include <hv/virq.h>
#include <hv/xsm.h>
#include "private.h"

static void clear_pending(struct domain *d, uint32_t port, struct evtchn *e)
{
    if (evtchn_fifo_of(d, NULL)) {
        evtchn_fifo_clear_pending(d, port, e);
    } else {
        clear_bit(port, d->shared_info->evtchn_pending);
    }
}

/* Nothing is sent to the port any more: what had become pending goes, and the number is free. */
static void give_back(struct domain *d, uint32_t port, struct evtchn *e) __must_hold(d->evtchn.lock)
{
    evtchn_set_free(e);
    clear_pending(d, port, e);
    evtchn_unalloc(d, port);
}

/* A global VIRQ is vCPU 0's, whichever vCPU its port notifies. */
static void forget_virq(struct domain *d, const struct evtchn *e)
{
    struct vcpu *v = d->vcpu[virq_is_global(e->u.virq) ? 0 : e->vcpu];

    irq_lock_on(&v->evtchn.virq_lock);
    v->evtchn.virq_to_evtchn[e->u.virq] = 0;
    irq_unlock_on(&v->evtchn.virq_lock);
}

/* The other end of a port that is closed; both domains' locks are held. */
static noinline void disconnect(struct domain *d, struct evtchn *e)
{
    struct evtchn *r = evtchn_record(e->remote_dom, e->u.remote_port);

    irq_lock_on(&r->lock);
    r->u.remote_domid = d->domain_id;
    r->state = ECS_UNBOUND;
    irq_unlock_on(&r->lock);
}

static bool ends_in(const struct evtchn *e, const struct domain *d)
{
    return e->state != ECS_INTERDOMAIN || e->remote_dom == d;
}

/*
 * d's lock is held, and e is connected to another domain's port: takes both locks; whose the other
 * one is, or d. The other domain is kept by the caller's RCU section until its lock is held, and by
 * the connection then. Each further round needs the port to have been closed and connected again
 * meanwhile.
 */
static noinline struct domain *lock_other_end(struct domain *d, struct evtchn *e) __no_lock_analysis
{
    for (;;) {
        struct domain *rd = e->remote_dom;

        spin_unlock(&d->evtchn.lock);
        evtchn_lock_both(d, rd);
        if (ends_in(e, d)) {
            spin_unlock(&rd->evtchn.lock);
            return d;
        }
        if (e->remote_dom == rd) {
            return rd;
        }
        spin_unlock(&rd->evtchn.lock);
    }
}

int evtchn_close(struct domain *d, uint32_t port) __no_lock_analysis
{
    struct domain *rd;
    struct evtchn *e;
    int rc = 0;

    if (!evtchn_find(d, port, &e)) {
        return -EINVAL;
    }
    rcu_read_lock();
    spin_lock(&d->evtchn.lock);
    rd = likely(ends_in(e, d)) ? d : lock_other_end(d, e);
    switch (e->state) {
    case ECS_FREE:
    case ECS_RESERVED:
        rc = -EINVAL;
        break;
    case ECS_VIRQ:
        forget_virq(d, e);
        break;
    case ECS_PIRQ:
        arch_pirq_unbind(d, e->u.pirq);
        break;
    case ECS_INTERDOMAIN:
        disconnect(d, e);
        break;
    default:
        break;
    }
    if (!rc) {
        give_back(d, port, e);
    }
    spin_unlock(&d->evtchn.lock);
    if (unlikely(rd != d)) {
        spin_unlock(&rd->evtchn.lock);
    }
    rcu_read_unlock();
    return rc;
}

long event_channel_op_close(struct evtchn_close *arg)
{
    long rc = xsm_evtchn_close(NULL);

    return rc ? rc : evtchn_close(current->domain, arg->port);
}

#define CLOSE_BATCH 32

#define TEARDOWN (~0U) /* as `resetting`: no vCPU has this name */

/*
 * Closes from next_to_close on for `who`; 0 when there is nothing left, -ERESTART, or -EBUSY when
 * somebody else does now.
 */
static int close_all(struct domain *d, uint32_t who)
{
    unsigned int batch = 0;

    for (;;) {
        bool stop = batch == CLOSE_BATCH && hypercall_preempt_check();
        uint32_t port;
        bool mine;

        if (stop) {
            interleave("evtchn.close_all.stopping");
        }
        spin_lock(&d->evtchn.lock);
        mine = d->evtchn.resetting == who;
        port = evtchn_next_used(d, d->evtchn.next_to_close);
        if (mine) {
            /* Past it, or a port that is opened again and again would hold us here. */
            d->evtchn.next_to_close = stop ? port : port + 1;
        }
        spin_unlock(&d->evtchn.lock);
        if (!mine) {
            return -EBUSY;
        }
        if (port >= d->evtchn.valid) {
            return 0;
        }
        if (stop) {
            return -ERESTART;
        }
        batch = batch == CLOSE_BATCH ? 1 : batch + 1;
        /* Someone else may have closed it first. */
        (void)!evtchn_close(d, port);
    }
}

/*
 * May another domain begin a reset of d? One of d's own may be left half done, by a vCPU that never
 * comes back to it; d is paused, so none goes on now.
 */
static bool left_behind(const struct domain *d) __must_hold(d->evtchn.lock)
{
    return current->domain != d && d->evtchn.resetting >> 16 == d->domain_id;
}

/* Begins a reset, or goes on with the caller's own. */
static int enter_reset(struct domain *d, uint32_t me)
{
    int rc = 0;

    spin_lock(&d->evtchn.lock);
    if (!d->evtchn.next_to_close || left_behind(d)) {
        d->evtchn.next_to_close = 1;
        d->evtchn.resetting = me;
    } else if (d->evtchn.resetting != me) {
        rc = -EBUSY;
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}

static int leave_reset(struct domain *d, uint32_t me)
{
    int rc = 0;

    spin_lock(&d->evtchn.lock);
    if (d->evtchn.resetting != me) {
        rc = -EBUSY;
        goto unlock;
    }
    d->evtchn.next_to_close = 0;
    if (d->evtchn.in_use > 1) { /* port 0 is always taken */
        rc = -EAGAIN;           /* another vCPU opened one behind us */
    } else {
        evtchn_fifo_destroy(d);
    }
unlock:
    spin_unlock(&d->evtchn.lock);
    return rc;
}

long event_channel_op_reset(struct domain *d, struct evtchn_reset *arg)
{
    uint32_t me = (uint32_t)current->domain->domain_id << 16 | current->vcpu_id;
    int rc;

    if (d != current->domain && !d->controller_pauses) {
        return -EINVAL;
    }
    rc = enter_reset(d, me);
    if (!rc) {
        rc = close_all(d, me);
    }
    return rc ? rc : leave_reset(d, me);
}

int evtchn_destroy(struct domain *d)
{
    int rc;

    /* Whoever was binding has finished; later ones see that the domain is dying. */
    spin_lock(&d->evtchn.lock);
    if (!d->evtchn.next_to_close || d->evtchn.resetting != TEARDOWN) {
        d->evtchn.next_to_close = 1;
        d->evtchn.resetting = TEARDOWN;
    }
    spin_unlock(&d->evtchn.lock);

    rc = close_all(d, TEARDOWN);
    if (rc) {
        return rc;
    }
    spin_lock(&d->evtchn.lock);
    evtchn_fifo_destroy(d);
    spin_unlock(&d->evtchn.lock);
    return 0;
}
