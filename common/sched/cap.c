/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Caps: a domain with cap c (percent of one CPU) gets a budget of c percent of each period of 10
 * ms, shared by its vCPUs. Who finds it empty is parked until the next period. What several vCPUs
 * overdraw at once is a debt that the next periods pay, so the average over time is never above the
 * cap.
 *
 * Locks: cap_lock guards budget and period; taken inside a run-queue lock.
 */
#include <hv/lib.h>
#include "private.h"

static int64_t quota(const struct domain *d)
{
    return SCHED_CAP_PERIOD * d->sched.cap / 100;
}

/* Adds what the periods that have begun since give. cap_lock held. */
static void refill(struct domain *d, s_time_t now)
{
    struct sched_domain *s = &d->sched;
    s_time_t late = now - s->cap_period_end;
    int64_t periods;

    if (late < 0) {
        return;
    }
    periods = late / SCHED_CAP_PERIOD + 1;
    s->cap_period_end += periods * SCHED_CAP_PERIOD;
    /* A longer pause pays every debt there can be, and saves nothing up. */
    s->cap_budget = periods > 1000 ? quota(d) : min(s->cap_budget + periods * quota(d), quota(d));
}

void sched_cap_charge(struct domain *d, s_time_t ran)
{
    unsigned long flags = irq_lock(&d->sched.cap_lock);

    d->sched.cap_budget -= ran;
    irq_unlock(&d->sched.cap_lock, flags);
}

s_time_t sched_cap_left(struct domain *d, s_time_t now)
{
    unsigned long flags = irq_lock(&d->sched.cap_lock);
    int64_t left;

    refill(d, now);
    left = max(d->sched.cap_budget, (int64_t)0);
    if (!left && !timer_active(&d->sched.cap_timer)) {
        timer_set(&d->sched.cap_timer, d->sched.cap_period_end);
    }
    irq_unlock(&d->sched.cap_lock, flags);
    return left;
}

/* A new period: everyone who was parked may try again. Timer softirq. */
static void unpark_all(void *data)
{
    struct domain *d = data;
    struct vcpu *v;

    for_each_vcpu (d, v) {
        unsigned long flags;
        struct runq *rq = sched_lock(v, &flags);
        bool parked = v->sched.parked;

        v->sched.parked = false;
        sched_unlock(rq, flags);
        if (parked) {
            vcpu_wake(v);
        }
    }
}

void sched_cap_init(struct domain *d)
{
    irq_lock_init(&d->sched.cap_lock, RANK_SCHED_CAP);
    timer_init(&d->sched.cap_timer, unpark_all, d, smp_processor_id());
}

void sched_set_cap(struct domain *d, uint16_t cap)
{
    unsigned long flags = irq_lock(&d->sched.cap_lock);

    WRITE_ONCE(d->sched.cap, cap);
    d->sched.cap_budget = quota(d);
    d->sched.cap_period_end = NOW() + SCHED_CAP_PERIOD;
    irq_unlock(&d->sched.cap_lock, flags);
    unpark_all(d);
}
