/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot timers, in a heap a CPU: O(log n) to set and to stop. The function runs in softirq
 * context on the timer's CPU with interrupts on and no lock held.
 */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/heap.h>
#include <hv/time.h>

struct timer {
    struct heap_node node; /* key: the expiry, system time */
    void (*fn)(void *data);
    void *data;
    uint16_t cpu; /* whose heap: changed with both heaps' locks held */
    bool dead;    /* timer_kill() was here: never set again */
};

void timer_subsys_init(void);
void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu);
/* (Re)arms; an expiry in the past fires at once. Any context but NMI. */
void timer_set(struct timer *t, s_time_t expires);
void timer_stop(struct timer *t);
/* Moves it, armed or not, to another CPU's heap. */
void timer_migrate(struct timer *t, unsigned int cpu);
/* Stops for good and waits until its function is not running on any other CPU. */
void timer_kill(struct timer *t);

static inline bool timer_active(const struct timer *t)
{
    return heap_queued(&t->node);
}

static inline s_time_t timer_expires(const struct timer *t)
{
    return t->node.key;
}

#endif
