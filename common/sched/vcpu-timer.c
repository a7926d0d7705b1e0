/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's own timers: one-shot, periodic, and the limit of a poll. They follow the vCPU to the CPU
 * on which they are set. Set by the vCPU itself, or while it is not up.
 */
#include <hv/arch/time.h>
#include <hv/evtchn.h>
#include <hv/lib.h>
#include <hv/smp.h>
#include <gen/hypercall-dispatch.h>
#include "private.h"

/* A shorter period would flood the host. */
#define PERIOD_MIN MILLISECS(1)
/* What a new PV vCPU has until it says otherwise. */
#define PERIOD_DEFAULT MILLISECS(10)

/* A guest is not told of a time that its own clock has yet to reach: the timer is set once more. */
static bool too_early(struct timer *t, s_time_t due)
{
    s_time_t left = due - arch_guest_time();

    if (left > 0) {
        timer_set(t, NOW() + left);
    }
    return left > 0;
}

static void singleshot_fired(void *data)
{
    struct vcpu *v = data;

    if (!too_early(&v->singleshot_timer, READ_ONCE(v->singleshot_due))) {
        send_guest_vcpu_virq(v, VIRQ_TIMER);
    }
}

static void poll_fired(void *data)
{
    struct vcpu *v = data;

    if (!too_early(&v->poll_timer, READ_ONCE(v->poll_due))) {
        vcpu_unblock(v);
    }
}

void vcpu_set_poll_timer(struct vcpu *v, s_time_t deadline)
{
    deadline = max(deadline, (s_time_t)0); /* one that looks negative has passed */
    WRITE_ONCE(v->poll_due, deadline);
    timer_migrate(&v->poll_timer, smp_processor_id());
    timer_set(&v->poll_timer, deadline);
}

/*
 * The periodic timer runs while its vCPU does: it is stopped when the vCPU leaves the CPU, and what
 * became due meanwhile is one tick when it comes back. The next tick is reckoned from the last,
 * without drift.
 */
void vcpu_periodic_resume(struct vcpu *v)
{
    s_time_t period = v->periodic_period, now = NOW();

    if (now - v->periodic_last_event >= period) {
        v->periodic_last_event = now;
        send_guest_vcpu_virq(v, VIRQ_TIMER);
    }
    timer_migrate(&v->periodic_timer, smp_processor_id());
    timer_set(&v->periodic_timer, v->periodic_last_event + period);
}

static void periodic_fired(void *data)
{
    struct vcpu *v = data;

    if (v == current && v->periodic_period) {
        vcpu_periodic_resume(v);
    }
}

void vcpu_timers_init(struct vcpu *v)
{
    timer_init(&v->singleshot_timer, singleshot_fired, v, v->processor);
    timer_init(&v->periodic_timer, periodic_fired, v, v->processor);
    timer_init(&v->poll_timer, poll_fired, v, v->processor);
    v->periodic_period = is_idle_vcpu(v) ? 0 : PERIOD_DEFAULT;
    v->periodic_last_event = NOW();
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
    WRITE_ONCE(v->singleshot_due, deadline);
    timer_set(&v->singleshot_timer, deadline);
}

void vcpu_set_periodic_timer(struct vcpu *v, s_time_t period)
{
    timer_stop(&v->periodic_timer);
    v->periodic_period = period;
    v->periodic_last_event = NOW();
    if (period && v == current) {
        vcpu_periodic_resume(v);
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
