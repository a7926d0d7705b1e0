/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot timers in a binary heap a CPU, O(log n) to set and stop. The function runs in softirq
 * context on the timer's CPU with interrupts on and no lock held.
 */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/time.h>

struct timer {
    s_time_t expires;
    void (*fn)(void *data);
    void *data;
    uint16_t cpu;
    uint8_t status; /* idle, queued, dead: owned by common/time/timer.c */
    uint32_t slot;  /* place in the heap */
};

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu);
/* (Re)arms; an expiry in the past fires at once. Any context but NMI. */
void timer_set(struct timer *t, s_time_t expires);
void timer_stop(struct timer *t);
bool timer_active(const struct timer *t);
/* Moves it, armed or not, to another CPU's heap. */
void timer_migrate(struct timer *t, unsigned int cpu);
/* Stops for good and waits until its function is not running on any other CPU. */
void timer_kill(struct timer *t);

#endif
