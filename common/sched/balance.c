/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which CPU: placing a vCPU that wakes, an idle CPU that looks for work, and a busy CPU that sends
 * a waiting vCPU to where it gets more. Together they keep no CPU idle while a vCPU that it may run
 * waits, and give vCPUs of equal weight equal time also when their number is no multiple of the
 * CPUs'.
 *
 * A vCPU moves while it is on no queue and not running: its old queue's lock is held when it is
 * taken off and v->processor changes, the new one's when it is put on. In between, anyone's
 * vcpu_wake() may be the one that queues it. So never two run-queue locks at once.
 */
#include <hv/lib.h>
#include "private.h"

/* Looking for a vCPU that may move: how many of a queue are looked at. */
#define CANDIDATES_MAX 16

/* The first CPU of set at or after `from`, going round; nr_cpu_ids: none. */
static unsigned int cpu_near(const cpumask_t *set, unsigned int from)
{
    unsigned int cpu = find_next_bit(set->bits, nr_cpu_ids, from);

    return cpu < nr_cpu_ids ? cpu : cpumask_first(set);
}

static unsigned int least_loaded(const cpumask_t *set, unsigned int otherwise)
{
    unsigned int best = otherwise, cpu, load = ~0U;

    for_each_cpu (cpu, set) {
        const struct runq *rq = &per_cpu(runq, cpu);
        unsigned int n = READ_ONCE(rq->nr) + (READ_ONCE(rq->curr) != rq->idle);

        if (n < load) {
            load = n;
            best = cpu;
        }
    }
    return best;
}

unsigned int sched_place(const struct vcpu *v)
{
    unsigned int cpu = v->processor;
    cpumask_t may, idle, soft;

    if (likely(!v->sched.soft_set) && cpumask_test(cpu, &sched_idle_cpus) &&
        sched_allowed(v, cpu)) {
        return cpu;
    }
    (void)cpumask_and(&may, &v->sched.hard, &cpu_online_map);
    if (cpumask_and(&idle, &may, &sched_idle_cpus)) {
        unsigned int found = cpu_near(cpumask_and(&soft, &idle, &v->sched.soft) ? &soft : &idle,
                                      cpu);

        /* The next one that wakes looks elsewhere. */
        cpumask_clear(found, &sched_idle_cpus);
        return found;
    }
    if (cpumask_test(cpu, &may) && (!v->sched.soft_set || cpumask_test(cpu, &v->sched.soft))) {
        return cpu;
    }
    return least_loaded(cpumask_and(&soft, &may, &v->sched.soft) ? &soft : &may, cpu);
}

/* In order of the tree from n on: the first vCPU that may run on cpu and is not in its CPU's hands.
 */
static struct vcpu *candidate(struct heap_node *n, unsigned int cpu, unsigned int *looks)
{
    while (n && (*looks)++ < CANDIDATES_MAX) {
        struct vcpu *v = sched_node_vcpu(n), *found;

        if (sched_allowed(v, cpu) && !smp_load_acquire(&v->is_running)) {
            return v;
        }
        found = candidate(n->right, cpu, looks);
        if (found) {
            return found;
        }
        n = n->left;
    }
    return NULL;
}

/* Takes v off the locked queue rq and sends it to cpu; unlocks. */
static void move(struct runq *rq, struct vcpu *v, unsigned int cpu, unsigned long flags)
{
    sched_dequeue(rq, v);
    WRITE_ONCE(v->processor, cpu);
    sched_unlock(rq, flags);
    sched_wake_here(v);
}

static bool steal_from(unsigned int victim, unsigned int cpu) __no_lock_analysis
{
    struct runq *rq = &per_cpu(runq, victim);
    unsigned long flags = irq_lock(&rq->lock);
    unsigned int looks = 0;
    struct vcpu *v = candidate(heap_first(&rq->queue), cpu, &looks);

    if (!v) {
        irq_unlock(&rq->lock, flags);
        return false;
    }
    move(rq, v, cpu, flags);
    return true;
}

bool sched_steal(unsigned int cpu)
{
    unsigned int victim = cpu;

    for (unsigned int i = 1; i < nr_cpu_ids; i++) {
        victim = victim + 1 < nr_cpu_ids ? victim + 1 : 0;
        if (cpu_online(victim) && READ_ONCE(per_cpu(runq, victim).nr) && steal_from(victim, cpu)) {
            return true;
        }
    }
    return false;
}

/*
 * The CPU where v would get most: one that is idle, or else one with fewer vCPUs than here whose
 * running vCPU has had clearly more time than v. `cpu` itself when there is none.
 */
static unsigned int better_cpu(const struct vcpu *v, unsigned int cpu, unsigned int here,
                               s_time_t now)
{
    int64_t most = sched_recent(v, now) + SCHED_BALANCE_MARGIN;
    unsigned int best = cpu, other;
    cpumask_t may;

    (void)cpumask_and(&may, &v->sched.hard, &cpu_online_map);
    for_each_cpu (other, &may) {
        const struct runq *rq = &per_cpu(runq, other);
        const struct vcpu *curr = READ_ONCE(rq->curr);
        int64_t recent;

        if (other == cpu || READ_ONCE(rq->nr) + 1 >= here) {
            continue;
        }
        if (curr == rq->idle) {
            return other;
        }
        /* What it has run since it was last charged counts as well; curr stays valid under RCU. */
        recent = sched_recent(curr, now) + max(now - curr->sched.last_charge, (s_time_t)0);
        if (recent > most) {
            most = recent;
            best = other;
        }
    }
    return best;
}

void sched_push(unsigned int cpu, s_time_t now) __no_lock_analysis
{
    struct runq *rq = &per_cpu(runq, cpu);
    unsigned long flags = irq_lock(&rq->lock);
    struct vcpu *v = sched_node_vcpu(heap_first(&rq->queue));
    unsigned int here = rq->nr + (rq->curr != rq->idle);

    if (v && !smp_load_acquire(&v->is_running)) {
        unsigned int to = better_cpu(v, cpu, here, now);

        if (to != cpu) {
            move(rq, v, to, flags);
            return;
        }
    }
    irq_unlock(&rq->lock, flags);
}
