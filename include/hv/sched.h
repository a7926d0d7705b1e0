/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scheduling as other rooms see it: sleeping, waking, pausing, affinity. The run queues themselves
 * are private to common/sched/.
 */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/cpumask.h>
#include <hv/heap.h>
#include <hv/list.h>
#include <hv/lock.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <public/sched.h>
#include <public/vcpu.h>

struct domain;
struct vcpu;

/* Part of struct vcpu that common/sched/ owns; guarded by the run-queue lock of v->processor. */
struct sched_vcpu {
    struct heap_node node; /* on the run queue while runnable and not running; key: virtual time */
    s_time_t last_charge;  /* running time is accounted up to here */
    s_time_t run_since;    /* on its CPU since */
    s_time_t window_start; /* recent running time, weighted: this window and the last one */
    int64_t window_now, window_last;
    unsigned int queue_cpu; /* the CPU whose queue gave the key its meaning */
    bool yielded;           /* let others of this CPU go first, once */
    bool parked;            /* its domain has used its cap up */
    bool soft_set;          /* soft is not "anywhere" */
    bool pinned_override;   /* SCHEDOP_pin_override holds hard away, in saved_hard */
    cpumask_t hard, soft;   /* affinity asked for */
    cpumask_t saved_hard;
};

struct sched_domain {
    uint16_t weight, cap;    /* as in credit2: weight 1..65535, cap in percent of one CPU, 0 none */
    uint32_t inverse_weight; /* virtual time that passes in one unit of time, 16 bits of fraction */
    int64_t cap_budget;      /* ns left in this period; cap_lock */
    s_time_t cap_period_end;
    struct timer cap_timer; /* gives parked vCPUs their next budget */
    irqlock_t cap_lock;
    unsigned int nr_pollers; /* vCPUs in SCHEDOP_poll */
};

/* pause_flags of struct vcpu: any set means not runnable. */
#define VPF_blocked        0 /* waits for an event */
#define VPF_down           1 /* not brought up */
#define VPF_blocked_in_xen 2
#define VPF_migrating      3
#define VPF_parked         4
#define VPF_poll           5 /* blocked in SCHEDOP_poll */

void sched_init(void) __init;
int sched_init_vcpu(struct vcpu *v) __must_check;
void sched_destroy_vcpu(struct vcpu *v);
int sched_init_domain(struct domain *d) __must_check;
void sched_destroy_domain(struct domain *d);
/* A CPU came up: its idle vCPU exists and its run queue is ready. */
int sched_cpu_up(unsigned int cpu) __must_check;

/* Makes v runnable if nothing keeps it from being so; any context but NMI. */
void vcpu_wake(struct vcpu *v);
/* Takes v off its CPU; _sync waits until it has left (its registers are saved). */
void vcpu_sleep_nosync(struct vcpu *v);
void vcpu_sleep_sync(struct vcpu *v);
/* Counted pauses. _sync forms not from the vCPU itself. */
void vcpu_pause(struct vcpu *v);
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
/* Clears VPF_blocked (and polling) and wakes. */
void vcpu_unblock(struct vcpu *v);
/* v may have got an event: wake it, or make its CPU look at it. */
void vcpu_kick(struct vcpu *v);
/* Blocks the current vCPU unless an event is already pending. Returns; the exit path reschedules.
 */
void vcpu_block(void);
long vcpu_yield(void);
/* Is v running on a CPU now / could it? */
bool vcpu_runnable(const struct vcpu *v);
/* 0 or -EINVAL/-EBUSY; NULL leaves that mask alone. Moves the vCPU when it must. */
int vcpu_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft) __must_check;
/* Current CPU and cumulative running time of v, consistent. */
void vcpu_runstate_get(const struct vcpu *v, struct vcpu_runstate_info *info);
/* SCHEDOP_pin_override: cpu, or negative to undo. 0 or -errno. */
int vcpu_pin_override(struct vcpu *v, int cpu) __must_check;
/* credit2 parameters of a domain. */
void sched_set_weight(struct domain *d, uint16_t weight);
void sched_set_cap(struct domain *d, uint16_t cap);
s_time_t vcpu_cpu_time(const struct vcpu *v);
/* Idle vCPU: created per CPU before it runs. */
struct vcpu *idle_vcpu_create(unsigned int cpu) __must_check;
bool is_idle_vcpu(const struct vcpu *v);

/* Called by the scheduler's SOFTIRQ_SCHEDULE when it has chosen: see hv/arch/domain.h
 * context_switch. The architecture calls back when prev's state is saved and next runs on this CPU.
 */
void sched_context_saved(struct vcpu *prev);
void sched_context_switched(struct vcpu *prev, struct vcpu *next);

/* Guest timers. */
void vcpu_set_singleshot_timer(struct vcpu *v, s_time_t deadline); /* 0 stops */
void vcpu_set_poll_timer(struct vcpu *v, s_time_t deadline);
void vcpu_set_periodic_timer(struct vcpu *v, s_time_t period); /* 0 stops */
/* v, whose period is not 0, is on this CPU again. */
void vcpu_periodic_resume(struct vcpu *v);
/* Is it long enough for the host and short enough to reckon with? */
bool vcpu_period_valid(s_time_t period);
void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_kill(struct vcpu *v);

#endif
