/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/ owes to common/time. */
#ifndef HV_ARCH_TIME_H
#define HV_ARCH_TIME_H

#include <hv/time.h>

/* Programs this CPU's timer interrupt; STIME_MAX: none needed. A time in the past: at once.
 * The interrupt raises SOFTIRQ_TIMER. Interrupts off. */
void arch_set_next_timer(s_time_t deadline);

#endif
