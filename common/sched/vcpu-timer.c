/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's own timers: one-shot, periodic, and the limit of a poll. They follow the vCPU to the CPU
 * on which they are set. Set by the vCPU itself, or while it is not up.
 */
#include <hv/evtchn.h>
#include <hv/lib.h>
#include <hv/smp.h>
#include <gen/hypercall-dispatch.h>
#include "private.h"

/* A deadline so far ahead, or a period so short, is the guest's mistake (the latter floods the
 * host). */
#define PERIOD_MIN MILLISECS(1)

static void singleshot_fired(void *data)
{
    struct vcpu *v = data;

    send_guest_vcpu_virq(v, VIRQ_TIMER);
}

static void poll_fired(void *data)
{
    vcpu_unblock(data);
}

/* The next tick is reckoned from the last, so the period does not drift; missed ones are one. */
static void periodic_fired(void *data)
{
    struct vcpu *v = data;
    s_time_t period = v->periodic_period, now = NOW();

    if (!period) {
        return;
    }
    v->periodic_last_event += period;
    if (v->periodic_last_event + period < now) {
        v->periodic_last_event = now;
    }
    timer_set(&v->periodic_timer, v->periodic_last_event + period);
    send_guest_vcpu_virq(v, VIRQ_TIMER);
}

void vcpu_timers_init(struct vcpu *v)
{
    timer_init(&v->singleshot_timer, singleshot_fired, v, v->processor);
    timer_init(&v->periodic_timer, periodic_fired, v, v->processor);
    timer_init(&v->poll_timer, poll_fired, v, v->processor);
}

void vcpu_timers_kill(struct vcpu *v)
{
    timer_kill(&v->singleshot_timer);
    timer_kill(&v->periodic_timer);
    timer_kill(&v->poll_timer);
}

void vcpu_set_singleshot_timer(struct vcpu *v, s_time_t deadline)
{
    if (deadline <= 0) {
        timer_stop(&v->singleshot_timer);
        return;
    }
    if (unlikely(v->singleshot_timer.cpu != smp_processor_id())) {
        timer_migrate(&v->singleshot_timer, smp_processor_id());
    }
    timer_set(&v->singleshot_timer, deadline);
}

void vcpu_set_periodic_timer(struct vcpu *v, s_time_t period)
{
    timer_stop(&v->periodic_timer);
    v->periodic_period = period;
    if (period) {
        v->periodic_last_event = NOW();
        timer_set(&v->periodic_timer, v->periodic_last_event + period);
    }
}

long do_set_timer_op(uint64_t timeout)
{
    struct vcpu *v = current;

    if (timeout == 0) {
        timer_stop(&v->singleshot_timer);
        return 0;
    }
    /* A signed time that is negative has passed, so long ago that the guest means "soon". */
    if (unlikely((s_time_t)timeout < 0)) {
        timeout = (uint64_t)(NOW() + MILLISECS(100));
    }
    vcpu_set_singleshot_timer(v, (s_time_t)timeout);
    return 0;
}

bool vcpu_period_valid(s_time_t period)
{
    return period >= PERIOD_MIN && period <= STIME_MAX / 2;
}
