/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler's own: run queues and how its files call each other (docs/design/scheduling.md).
 *
 * One run queue a CPU: the vCPUs that want to run there and do not, ordered by virtual time
 * (running time divided by weight). Its lock guards the queue and the scheduling state of every
 * vCPU whose `processor` is that CPU. No CPU ever holds two of these locks.
 */
#ifndef SCHED_PRIVATE_H
#define SCHED_PRIVATE_H

#include <hv/domain.h>
#include <hv/heap.h>
#include <hv/percpu.h>
#include <hv/sched.h>

struct runq {
    irqlock_t lock;
    struct heap queue;
    unsigned int nr;   /* length of queue; read without the lock as a hint */
    struct vcpu *curr; /* what the CPU runs, or is switching to */
    struct vcpu *idle;
    int64_t min_vtime;      /* no vCPU of this queue was ever further behind; only grows */
    s_time_t balance_after; /* when this CPU may look again for a better place for a waiting vCPU */
    struct timer slice;
} __cacheline_aligned;

DECLARE_PER_CPU(struct runq, runq);

/* CPUs that run their idle vCPU, and that nobody has sent a vCPU to yet. */
extern cpumask_t sched_idle_cpus;
/* A vCPU runs at least so long before another takes its CPU away; XEN_SYSCTL_scheduler_op. */
extern s_time_t sched_ratelimit;

#define SCHED_WEIGHT_DEFAULT 256
#define SCHED_WEIGHT_ONE     16           /* fraction bits of inverse_weight */
#define SCHED_GRANULE        MILLISECS(5) /* by so much the running vCPU may get ahead */
#define SCHED_SLICE_MAX      MILLISECS(10)
#define SCHED_SLICE_MIN      MICROSECS(100)
#define SCHED_SLEEPER_BONUS  MILLISECS(10) /* a waking vCPU starts at most so much behind */
#define SCHED_WAKE_MARGIN    MILLISECS(1)  /* and preempts when ahead by this */
#define SCHED_CAP_PERIOD     MILLISECS(10)
#define SCHED_WINDOW_SHIFT   26 /* recent running time: windows of 67 ms */
#define SCHED_BALANCE_PERIOD MILLISECS(10)
#define SCHED_BALANCE_MARGIN MILLISECS(6)

/* The run queue of v->processor, locked; v stays there while it is held. */
struct runq *sched_lock(const struct vcpu *v, unsigned long *flags) __must_check;
void sched_unlock(struct runq *rq, unsigned long flags);

static inline struct vcpu *sched_node_vcpu(struct heap_node *n)
{
    return n ? container_of(n, struct vcpu, sched.node) : NULL;
}

/* May v run on cpu at all? */
static inline bool sched_allowed(const struct vcpu *v, unsigned int cpu)
{
    return cpumask_test(cpu, &v->sched.hard);
}

/* Below: the lock of rq is held. */
/* Accounts rq->curr's time up to now. */
void sched_charge(struct runq *rq, s_time_t now);
/* rq->curr was charged at most SCHED_SLICE_MAX ago: by so much, and the bonus, v may lead. */
void sched_enqueue(struct runq *rq, struct vcpu *v);
void sched_dequeue(struct runq *rq, struct vcpu *v);
/* Makes rq's CPU look at its queue again if v, just put on it, should run now. */
void sched_tickle(struct runq *rq, struct vcpu *v, s_time_t now);
void sched_runstate(struct vcpu *v, int state, s_time_t now);
/* What a vCPU that is not runnable is: blocked or offline. */
int sched_stopped_state(const struct vcpu *v);

/* Weighted running time of about the last 67 ms. */
int64_t sched_recent(const struct vcpu *v, s_time_t now);

/* vcpu_wake() of a vCPU whose processor has just been chosen: it goes there. */
void sched_wake_here(struct vcpu *v);

/* Placement: no lock needed, the answer is a hint that honours v's affinity. */
unsigned int sched_place(const struct vcpu *v);
/* This CPU has nothing to do: brings a waiting vCPU of another CPU here. No lock held. */
bool sched_steal(unsigned int cpu);
/* Sends a waiting vCPU of this CPU to one where it gets more. No lock held. */
void sched_push(unsigned int cpu, s_time_t now);

/* Caps. */
void sched_cap_init(struct domain *d);
void sched_cap_charge(struct domain *d, s_time_t ran);
/* Nanoseconds that a vCPU of d may run from now on; 0: none in this period (the timer is set). */
s_time_t sched_cap_left(struct domain *d, s_time_t now);

#endif
