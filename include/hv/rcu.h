/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read-copy-update by quiescent states. A CPU is quiescent each time it passes the exit to a guest
 * or the idle loop with no read section open; as the hypervisor is not preemptible, opening one
 * costs nothing in a release build. call_rcu() runs its function in softirq context after a grace
 * period.
 */
#ifndef HV_RCU_H
#define HV_RCU_H

#include <hv/compiler.h>

struct rcu_head {
    struct rcu_head *next;
    void (*fn)(struct rcu_head *);
};

void rcu_init(void) __init;
void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *)); /* any context but NMI */
/* Waits until every call_rcu() made before it has run. Process context, no lock, no read section.
 */
void rcu_barrier(void);
/* This CPU holds no RCU reference: called by the exit path (before softirqs) and the idle loop. */
extern bool rcu_running; /* a grace period is under way; private to rcu.c and rcu_quiescent() */
void rcu_report(void);
static always_inline void rcu_quiescent(void)
{
    if (unlikely(READ_ONCE(rcu_running))) {
        rcu_report();
    }
}
/* Around sleeping in the idle loop, interrupts off before. A grace period wakes each sleeping CPU.
 */
void rcu_idle_enter(unsigned int cpu);
void rcu_idle_exit(unsigned int cpu);
/* Work of this CPU is pending, so it may not sleep for long. */
bool rcu_needs_cpu(unsigned int cpu);

static inline void rcu_read_lock(void)
{
    barrier();
}

static inline void rcu_read_unlock(void)
{
    barrier();
}

#define rcu_dereference(p)       __atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

#endif
