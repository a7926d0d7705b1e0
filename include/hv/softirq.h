/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Soft interrupts: per-CPU pending bits, run with interrupts on at each exit to a guest, in the
 * idle loop, and where long start-up work calls process_pending_softirqs(). Lower numbers run
 * first.
 */
#ifndef HV_SOFTIRQ_H
#define HV_SOFTIRQ_H

#include <hv/bitops.h>
#include <asm/softirq.h> /* softirq_word(cpu), this_softirq_word() */

enum softirq {
    SOFTIRQ_TIMER,
    SOFTIRQ_RCU,
    SOFTIRQ_TASKLET,
    SOFTIRQ_TIME_SYNC, /* periodic clock calibration */
    SOFTIRQ_NMI,       /* telling of an NMI that came at any instruction */
    SOFTIRQ_MCE,       /* errors that a machine check told of */
    SOFTIRQ_SCHEDULE,  /* last: it may not return */
    NR_SOFTIRQS
};

void softirq_register(enum softirq nr, void (*fn)(void));
/* On this CPU; any context. */
void raise_softirq(enum softirq nr);
/* On that CPU; sends an IPI unless it is this CPU or the bit was already set. Any context. */
void cpu_raise_softirq(unsigned int cpu, enum softirq nr);
/* Runs all pending, SCHEDULE included: exit path and idle loop, no lock held. */
void do_softirq(void);
/* Runs all but SCHEDULE: long operations of start-up, no lock held. */
void process_pending_softirqs(void);

/* On this CPU. */
static inline bool softirq_is_pending(void)
{
    return READ_ONCE(*this_softirq_word()) != 0;
}

#endif
