/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the scheduler does at a vCPU's and a domain's birth and death, and the CPUs' idle vCPUs.
 * Process context; a vCPU that is destroyed is not runnable and has left its CPU.
 */
#include <hv/lib.h>
#include <hv/smp.h>
#include "private.h"

struct vcpu *idle_vcpu[NR_CPUS];

void sched_set_weight(struct domain *d, uint16_t weight)
{
    d->sched.weight = weight;
    WRITE_ONCE(d->sched.inverse_weight,
               ((uint32_t)SCHED_WEIGHT_DEFAULT << SCHED_WEIGHT_ONE) / weight);
}

int sched_init_domain(struct domain *d)
{
    sched_set_weight(d, SCHED_WEIGHT_DEFAULT);
    sched_cap_init(d);
    return 0;
}

void sched_destroy_domain(struct domain *d)
{
    timer_kill(&d->sched.cap_timer);
}

/* The n-th online CPU, going round: vCPUs of a new domain start spread out. */
static unsigned int nth_online_cpu(unsigned int n)
{
    unsigned int cpu = cpumask_first(&cpu_online_map);

    for (n %= cpumask_weight(&cpu_online_map); n; n--) {
        cpu = cpumask_next(cpu, &cpu_online_map);
    }
    return cpu;
}

int sched_init_vcpu(struct vcpu *v)
{
    cpumask_setall(&v->sched.hard);
    cpumask_setall(&v->sched.soft);
    v->processor = nth_online_cpu(v->domain->domain_id + v->vcpu_id);
    v->sched.queue_cpu = v->processor;
    v->sched.node.key = READ_ONCE(per_cpu(runq, v->processor).min_vtime);
    v->runstate.state = sched_stopped_state(v);
    v->runstate.state_entry_time = (uint64_t)NOW();
    return 0;
}

void sched_destroy_vcpu(struct vcpu *v)
{
    unsigned long flags;
    struct runq *rq = sched_lock(v, &flags);

    ASSERT(rq->curr != v && !v->is_running);
    if (heap_queued(&v->sched.node)) {
        sched_dequeue(rq, v);
    }
    sched_unlock(rq, flags);
}

struct vcpu *idle_vcpu_create(unsigned int cpu)
{
    struct vcpu *v = vcpu_create(dom_idle, cpu);

    if (v) {
        v->processor = cpu;
        v->sched.queue_cpu = cpu;
        cpumask_zero(&v->sched.hard);
        cpumask_set(cpu, &v->sched.hard);
        v->runstate.state = RUNSTATE_running;
        v->pause_flags = 0;
        idle_vcpu[cpu] = v;
    }
    return v;
}
