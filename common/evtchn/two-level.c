/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delivery by the 2-level ABI: a pending and a mask bit for each port in shared_info, and for each
 * word of pending bits one selector bit in the notified vCPU's vcpu_info. No lock: each step is one
 * atomic operation on a bit, in the order pending, selector, upcall; the guest reads them the other
 * way round.
 */
#include "private.h"

static always_inline void select_word(struct domain *d, uint32_t port, struct evtchn *e)
{
    struct vcpu *v = evtchn_vcpu_of(d, e);

    if (!test_and_set_bit(port / BITS_PER_LONG, &v->vcpu_info->evtchn_pending_sel)) {
        vcpu_mark_events_pending(v);
    }
}

/* The port has just become pending. */
void evtchn_2l_notify(struct domain *d, uint32_t port, struct evtchn *e)
{
    /* The switch to FIFO looks for pending bits after it: what it may have missed goes there. */
    if (unlikely(evtchn_fifo_of(d, e))) {
        evtchn_fifo_set_pending(d, port, e);
        return;
    }
    if (!test_bit(port, d->shared_info->evtchn_mask)) {
        select_word(d, port, e);
    }
    evtchn_wake_pollers(d, port, e);
}

void evtchn_2l_unmask(struct domain *d, uint32_t port, struct evtchn *e)
{
    struct shared_info *si = d->shared_info;

    if (test_and_clear_bit(port, si->evtchn_mask) && test_bit(port, si->evtchn_pending)) {
        select_word(d, port, e);
    }
}
