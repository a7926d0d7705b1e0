/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/ owes to common/time. */
#ifndef HV_ARCH_TIME_H
#define HV_ARCH_TIME_H

#include <hv/time.h>

/* Programs this CPU's timer interrupt; STIME_MAX: none needed. A time in the past: at once.
 * The interrupt raises SOFTIRQ_TIMER. Interrupts off. */
void arch_set_next_timer(s_time_t deadline);

/*
 * The time that guests of this CPU compute at this moment. NOW() where the TSC carries time;
 * otherwise the CPU's base for them may be off by the error of a reading. Any context but NMI.
 */
s_time_t arch_guest_time(void);

#endif
