/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners of global VIRQs (docs/design/virq-ownership.md).
 *
 * Each record has an owner, a counted reference, or none: then it is the hardware domain's. Writers
 * hold owner_lock, a leaf. Senders take no lock of writers': they read the owner under RCU, and a
 * frame of the old owner is not freed before they are done.
 *
 * Nothing is lost: what is raised while the owner has not bound it is latched, and the owner's
 * bind, or a hand-over, raises it. A sender that still saw the old owner changed its state before
 * the hand-over, so that the event raised at the new owner tells of it. The latch is of the domain
 * at which the VIRQ was raised, so that no other takes it, as one that was the owner a moment ago.
 */
#include <gen/domctl-dispatch.h>
#include <hv/domain.h>
#include <hv/interleave.h>
#include <hv/lib.h>
#include <hv/rcu.h>
#include <hv/virq.h>
#include "private.h"

static struct domain *owners[NR_VIRQS];
static unsigned long early; /* raised before there was a hardware domain */
static DEFINE_IRQLOCK(owner_lock, RANK_VIRQ_OWNER);

static struct domain *owner_of(unsigned int virq)
{
    struct domain *d = rcu_dereference(owners[virq]);

    return d ? d : hardware_domain;
}

bool send_guest_domain_virq(struct domain *d, unsigned int virq)
{
    struct vcpu *v = domain_vcpu(d, 0);
    unsigned long flags;
    uint32_t port;

    if (!v) {
        return false;
    }
    flags = irq_lock(&v->evtchn.virq_lock);
    port = v->evtchn.virq_to_evtchn[virq];
    if (port) {
        evtchn_set_pending(d, port, evtchn_record(d, port));
    }
    irq_unlock(&v->evtchn.virq_lock, flags);
    return port;
}

static bool bound_by(const struct domain *d, unsigned int virq)
{
    const struct vcpu *v = d ? domain_vcpu(d, 0) : NULL;

    return v && READ_ONCE(v->evtchn.virq_to_evtchn[virq]);
}

/* No locked operation where there is nothing, as nearly always. */
static bool take_bit(unsigned int virq, unsigned long *bits)
{
    return unlikely(READ_ONCE(*bits) >> virq & 1) && test_and_clear_bit(virq, bits);
}

static void deliver_latch(struct domain *d, unsigned int virq, bool raised)
{
    if ((take_bit(virq, &d->evtchn.latched) || raised) && !send_guest_domain_virq(d, virq)) {
        set_bit(virq, &d->evtchn.latched); /* closed again: the next bind gets it */
    }
}

/* The bind stores the port, then looks at the latch; we set the latch, then look at the port again.
 */
static void raise_at(struct domain *d, unsigned int virq)
{
    if (send_guest_domain_virq(d, virq)) {
        return;
    }
    interleave("virq.raise.not_bound");
    set_bit(virq, &d->evtchn.latched);
    if (bound_by(d, virq)) {
        deliver_latch(d, virq, false);
    }
}

void send_global_virq(unsigned int virq)
{
    struct domain *d;

    ASSERT(virq_is_global(virq));
    smp_mb(); /* what the event tells of is visible to whoever we find as owner */
    rcu_read_lock();
    d = owner_of(virq);
    if (d) {
        raise_at(d, virq);
    } else {
        set_bit(virq, &early);
    }
    rcu_read_unlock();
}

void virq_bound(struct vcpu *v, unsigned int virq)
{
    struct domain *d = v->domain;
    bool raised = false;

    smp_mb(); /* who makes d the owner from here on sees the port, or we see d as the owner */
    if (owner_of(virq) != d) {
        return;
    }
    interleave("virq.bound.owner");
    if (virq == VIRQ_DOM_EXC) {
        domain_state_mark_all();
        raised = true;
    }
    if (is_hardware_domain(d) && take_bit(virq, &early)) {
        raised = true;
    }
    deliver_latch(d, virq, raised);
}

/* Puts d (counted, or NULL for the hardware domain) in place; the old owner's reference comes back.
 */
static struct domain *replace_owner(unsigned int virq, struct domain *d) __must_hold(owner_lock)
{
    struct domain *old = owners[virq];

    rcu_assign_pointer(owners[virq], d);
    smp_mb();
    return old;
}

int virq_set_handler(struct domain *d, unsigned int virq)
{
    struct domain *fresh, *old;
    unsigned long flags;

    if (!virq_is_global(virq)) {
        return -EINVAL;
    }
    fresh = d == hardware_domain ? NULL : d;
    if (fresh && !get_domain(fresh)) {
        return -EINVAL;
    }
    flags = irq_lock(&owner_lock);
    if (READ_ONCE(d->dying)) {
        irq_unlock(&owner_lock, flags);
        if (fresh) {
            put_domain(fresh);
        }
        return -EINVAL;
    }
    old = replace_owner(virq, fresh);
    /* From when it was the owner before: it is told in any case, below. */
    if (old != fresh) {
        clear_bit(virq, &d->evtchn.latched);
    }
    irq_unlock(&owner_lock, flags);

    if (old != fresh && bound_by(old ? old : hardware_domain, virq)) {
        printk(XENLOG_G_INFO "VIRQ %u goes from d%u, whose port for it is silent now, to d%u\n",
               virq, old ? old->domain_id : hardware_domain->domain_id, d->domain_id);
    }
    if (old != fresh) {
        if (virq == VIRQ_DOM_EXC) {
            domain_state_mark_all();
        }
        raise_at(d, virq);
    }
    if (old) {
        put_domain(old);
    }
    return 0;
}

void virq_release_all(struct domain *d)
{
    for (unsigned int virq = 0; virq < NR_VIRQS; virq++) {
        unsigned long flags = irq_lock(&owner_lock);
        bool owned = owners[virq] == d;

        if (owned) {
            (void)replace_owner(virq, NULL);
        }
        irq_unlock(&owner_lock, flags);
        if (owned) {
            if (virq == VIRQ_DOM_EXC) {
                domain_state_mark_all();
            }
            put_domain(d);
            send_global_virq(virq);
        }
    }
}

domid_t virq_owner_id(unsigned int virq)
{
    domid_t id;
    struct domain *d;

    rcu_read_lock();
    d = owner_of(virq);
    id = d ? d->domain_id : DOMID_INVALID;
    rcu_read_unlock();
    return id;
}

int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
    return virq_set_handler(d, op->u.set_virq_handler.virq);
}
