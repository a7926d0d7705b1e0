/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Affinity: where a vCPU must run (hard) and had better run (soft).
 *
 * Invariant: a vCPU is on the queue only of a CPU that its hard affinity allows, and leaves a CPU
 * that is not at the next scheduling of that CPU, which is asked for here. Locks: the vCPU's run
 * queue.
 */
#include <hv/lib.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include "private.h"

/* v's masks have changed: it goes where it may be. rq is locked; unlocks. */
static void settle(struct runq *rq, struct vcpu *v, unsigned long flags)
{
    if (sched_allowed(v, v->processor)) {
        sched_unlock(rq, flags);
        return;
    }
    if (rq->curr == v) {
        cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
        sched_unlock(rq, flags);
        return;
    }
    if (heap_queued(&v->sched.node)) {
        sched_dequeue(rq, v);
    }
    sched_unlock(rq, flags);
    vcpu_wake(v);
}

int vcpu_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft)
{
    cpumask_t usable, all;
    unsigned long flags;
    struct runq *rq;

    if (hard && !cpumask_and(&usable, hard, &cpu_online_map)) {
        return -EINVAL;
    }
    rq = sched_lock(v, &flags);
    if (hard) {
        if (v->sched.pinned_override) {
            sched_unlock(rq, flags);
            return -EBUSY;
        }
        v->sched.hard = *hard;
    }
    if (soft) {
        v->sched.soft = *soft;
        cpumask_setall(&all);
        v->sched.soft_set = memcmp(soft, &all, sizeof(all)) != 0;
    }
    settle(rq, v, flags);
    return 0;
}

int vcpu_pin_override(struct vcpu *v, int cpu)
{
    unsigned long flags;
    struct runq *rq;
    int rc = 0;

    if (cpu >= 0 && ((unsigned int)cpu >= nr_cpu_ids || !cpu_online((unsigned int)cpu))) {
        return -EINVAL;
    }
    rq = sched_lock(v, &flags);
    if (cpu < 0) {
        if (!v->sched.pinned_override) {
            rc = -EINVAL;
        } else {
            v->sched.pinned_override = false;
            v->sched.hard = v->sched.saved_hard;
        }
    } else if (v->sched.pinned_override) {
        rc = -EBUSY;
    } else if (!sched_allowed(v, (unsigned int)cpu)) {
        rc = -EINVAL;
    } else {
        v->sched.pinned_override = true;
        v->sched.saved_hard = v->sched.hard;
        cpumask_zero(&v->sched.hard);
        cpumask_set((unsigned int)cpu, &v->sched.hard);
    }
    settle(rq, v, flags);
    return rc;
}
