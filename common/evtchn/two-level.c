/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delivery by the 2-level ABI: a pending and a mask bit for each port in shared_info, and for each
 * word of pending bits one selector bit in the notified vCPU's vcpu_info. No lock: each step is one
 * atomic operation on a bit, in the order pending, selector, upcall; the guest reads them the other
 * way round.
 *
 * A domain that is being made has ports, which others may send to, before it has vCPUs. Then the
 * pending bit alone is set, and the vCPU finds it when it is made: whoever sends sets the bit, then
 * looks for the vCPU; whoever makes the vCPU publishes it, then looks at the bits.
 */
#include "private.h"

static always_inline void select_word(struct domain *d, uint32_t port, struct evtchn *e)
{
    struct vcpu *v = evtchn_vcpu_of(d, e);

    if (unlikely(!v)) {
        return; /* evtchn_vcpu_created() selects it */
    }
    if (!test_and_set_bit(port / BITS_PER_LONG, &v->vcpu_info->evtchn_pending_sel)) {
        vcpu_mark_events_pending(v);
    }
}

static always_inline void select_unmasked(struct domain *d, uint32_t port, struct evtchn *e)
{
    if (!test_bit(port, d->shared_info->evtchn_mask)) {
        select_word(d, port, e);
    }
}

static noinline void notify_and_wake(struct domain *d, uint32_t port, struct evtchn *e)
{
    select_unmasked(d, port, e);
    evtchn_wake_pollers(d, port, e);
}

/* The port has just become pending. */
void evtchn_2l_notify(struct domain *d, uint32_t port, struct evtchn *e)
{
    /* The switch to FIFO looks for pending bits after it: what it may have missed goes there. */
    if (unlikely(evtchn_fifo_of(d, e))) {
        evtchn_fifo_set_pending(d, port, e);
    } else if (unlikely(evtchn_has_pollers(d))) {
        notify_and_wake(d, port, e);
    } else {
        select_unmasked(d, port, e);
    }
}

void evtchn_2l_unmask(struct domain *d, uint32_t port, struct evtchn *e)
{
    struct shared_info *si = d->shared_info;

    if (test_and_clear_bit(port, si->evtchn_mask) && test_bit(port, si->evtchn_pending)) {
        select_word(d, port, e);
    }
}

/* Ports notify vCPU 0 until the domain itself says otherwise. */
void evtchn_vcpu_created(struct vcpu *v)
{
    const struct shared_info *si = v->domain->shared_info;
    unsigned long words = 0;

    if (v->vcpu_id || !si) {
        return;
    }
    smp_mb();
    for (unsigned int i = 0; i < ARRAY_SIZE(si->evtchn_pending); i++) {
        if (READ_ONCE(si->evtchn_pending[i]) & ~READ_ONCE(si->evtchn_mask[i])) {
            words |= BIT(i);
        }
    }
    if (words) {
        (void)__atomic_fetch_or(&v->vcpu_info->evtchn_pending_sel, words, __ATOMIC_SEQ_CST);
        vcpu_mark_events_pending(v);
    }
}
