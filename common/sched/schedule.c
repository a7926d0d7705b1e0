/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing what a CPU runs next: SOFTIRQ_SCHEDULE, and what the architecture calls back around a
 * context switch.
 *
 * Invariant: v->is_running is set under the run-queue lock before v's CPU starts to load its state,
 * and cleared with release once that state is in memory again; a vCPU with is_running set stays
 * with its CPU. So at most one CPU touches a vCPU's registers, and who finds is_running clear sees
 * them. Locks: this CPU's run queue; none while looking for work elsewhere.
 */
#include <hv/arch/domain.h>
#include <hv/lib.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include "private.h"

cpumask_t sched_idle_cpus;
s_time_t sched_ratelimit __read_mostly = MICROSECS(1000);

/* May prev go on running here? Parks it if only its domain's cap keeps it from that. */
static bool may_stay(struct runq *rq, struct vcpu *prev, unsigned int cpu, s_time_t now)
{
    if (prev == rq->idle || !vcpu_runnable(prev) || !sched_allowed(prev, cpu)) {
        return false;
    }
    if (prev->domain->sched.cap && !sched_cap_left(prev->domain, now)) {
        prev->sched.parked = true;
        return false;
    }
    return true;
}

/* The first of the queue that its cap lets run, still queued; others are parked on the way. */
static struct vcpu *first_in_budget(struct runq *rq, s_time_t now)
{
    struct vcpu *v;

    while ((v = sched_node_vcpu(heap_first(&rq->queue))) != NULL) {
        if (likely(!v->domain->sched.cap) || sched_cap_left(v->domain, now)) {
            return v;
        }
        sched_dequeue(rq, v);
        v->sched.parked = true;
    }
    return NULL;
}

/* Who runs next; taken off the queue. prev goes back on it when it is passed over but wants to run.
 */
static struct vcpu *pick(struct runq *rq, struct vcpu *prev, unsigned int cpu, s_time_t now)
{
    bool stay = may_stay(rq, prev, cpu, now);
    struct vcpu *head = first_in_budget(rq, now);

    if (!head) {
        return stay ? prev : rq->idle;
    }
    if (stay) {
        bool fresh = now - prev->sched.run_since < READ_ONCE(sched_ratelimit);

        if (!prev->sched.yielded &&
            (fresh || !key_before(head->sched.node.key, prev->sched.node.key))) {
            return prev;
        }
        prev->sched.yielded = false;
    }
    sched_dequeue(rq, head);
    if (stay) {
        sched_enqueue(rq, prev);
    }
    return head;
}

/* How long next may run before this CPU chooses again; 0: as long as it likes. */
static s_time_t slice_of(const struct runq *rq, struct vcpu *next, s_time_t now)
{
    const struct heap_node *head = heap_first(&rq->queue);
    s_time_t slice = 0;

    if (next == rq->idle) {
        return 0;
    }
    if (head) {
        slice = SCHED_GRANULE + (head->key - next->sched.node.key);
        slice = max(slice, READ_ONCE(sched_ratelimit));
        slice = max(slice, (s_time_t)SCHED_SLICE_MIN);
        slice = min(slice, (s_time_t)SCHED_SLICE_MAX);
    }
    if (next->domain->sched.cap) {
        s_time_t left = sched_cap_left(next->domain, now);

        slice = slice ? min(slice, left) : left;
        slice = max(slice, (s_time_t)SCHED_SLICE_MIN);
    }
    return slice;
}

static void slice_set(struct runq *rq, struct vcpu *next, s_time_t now)
{
    s_time_t slice = slice_of(rq, next, now);

    if (slice) {
        timer_set(&rq->slice, now + slice);
    } else if (timer_active(&rq->slice)) {
        timer_stop(&rq->slice);
    }
}

/* Work for an idle CPU, or a better place for what waits here: both without the lock. */
static void rebalance(struct runq *rq, unsigned int cpu, s_time_t now)
{
    if (READ_ONCE(rq->nr)) {
        if (now >= rq->balance_after) {
            rq->balance_after = now + SCHED_BALANCE_PERIOD;
            sched_push(cpu, now);
        }
    } else if (rq->curr == rq->idle || !vcpu_runnable(rq->curr)) {
        (void)sched_steal(cpu);
    }
}

static void idle_mark(struct runq *rq, const struct vcpu *next, unsigned int cpu)
{
    if (next == rq->idle) {
        cpumask_set(cpu, &sched_idle_cpus);
    } else if (cpumask_test(cpu, &sched_idle_cpus)) {
        cpumask_clear(cpu, &sched_idle_cpus);
    }
}

static void schedule(void) __no_lock_analysis
{
    unsigned int cpu = smp_processor_id();
    struct runq *rq = &this_cpu(runq);
    struct vcpu *prev, *next;
    s_time_t now = NOW();

    rebalance(rq, cpu, now);

    local_irq_disable();
    irq_lock_nested(&rq->lock);
    now = NOW();
    prev = rq->curr;
    sched_charge(rq, now);
    next = pick(rq, prev, cpu, now);
    rq->curr = next;
    idle_mark(rq, next, cpu);
    slice_set(rq, next, now);
    if (prev == next) {
        irq_unlock_nested(&rq->lock);
        continue_running(prev);
    }

    sched_runstate(prev, vcpu_runnable(prev) ? RUNSTATE_runnable : sched_stopped_state(prev), now);
    sched_runstate(next, RUNSTATE_running, now);
    next->sched.last_charge = next->sched.run_since = now;
    WRITE_ONCE(next->is_running, true);
    irq_unlock_nested(&rq->lock);
    context_switch(prev, next);
}

void sched_context_switched(struct vcpu *prev, struct vcpu *next)
{
    ASSERT(next->is_running);
}

void sched_context_saved(struct vcpu *prev)
{
    smp_store_release(&prev->is_running, false);
    if (is_idle_vcpu(prev)) {
        return;
    }
    /*
     * While its state was being saved nobody could move it. A waker that found it so has left it to
     * us (vcpu_wake); one that queued it here may have passed by an idle CPU.
     */
    smp_mb();
    if (!vcpu_runnable(prev) || READ_ONCE(prev->sched.parked)) {
        return;
    }
    if (!heap_queued(&prev->sched.node)) {
        vcpu_wake(prev);
    } else {
        cpumask_t idle;

        if (cpumask_and(&idle, &sched_idle_cpus, &prev->sched.hard)) {
            cpu_raise_softirq(cpumask_first(&idle), SOFTIRQ_SCHEDULE);
        }
    }
}

static void slice_expired(void *data)
{
    raise_softirq(SOFTIRQ_SCHEDULE);
}

int sched_cpu_up(unsigned int cpu)
{
    struct runq *rq = &per_cpu(runq, cpu);

    if (!idle_vcpu[cpu]) {
        return -EINVAL;
    }
    rq->idle = rq->curr = idle_vcpu[cpu];
    rq->idle->is_running = true;
    timer_init(&rq->slice, slice_expired, NULL, cpu);
    cpumask_set(cpu, &sched_idle_cpus);
    return 0;
}

void sched_init(void)
{
    softirq_register(SOFTIRQ_SCHEDULE, schedule);
}
