/* SPDX-License-Identifier: GPL-2.0-only */
/* Other CPUs: who we are, telling them to look at their softirqs, running functions on them. */
#ifndef HV_SMP_H
#define HV_SMP_H

#include <hv/cpumask.h>
#include <asm/current.h> /* smp_processor_id() */

/* IPI that only makes the CPU pass its exit path. Any context. */
void smp_send_event_check(unsigned int cpu);
/* Runs fn(data) on each CPU of the set with interrupts off, this one included if in it.
 * wait: return only when all are done. Interrupts on, no irqlock held. */
void on_selected_cpus(const cpumask_t *set, void (*fn)(void *), void *data, bool wait);

#endif
