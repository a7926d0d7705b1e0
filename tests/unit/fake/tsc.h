/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Before all else in what is tested with a TSC of the test's own: fake_tsc() is read for the
 * machine's, so that no moment at which the host takes the CPU away is in a result.
 */
#ifndef FAKE_TSC_H
#define FAKE_TSC_H

#include <asm/msr.h>

uint64_t fake_tsc(void);

#define rdtsc_ordered fake_tsc

#endif
