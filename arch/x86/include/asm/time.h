/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clocks: the TSC carries time, calibrated once against a platform counter. One base and one scale
 * for all CPUs, so that time is the same everywhere and what guests compute from pvclock equals
 * get_s_time().
 */
#ifndef ASM_TIME_H
#define ASM_TIME_H

#include <hv/time.h>

/* ns = ((ticks << shift) * mul) >> 32, shift negative to the right: pvclock's form. */
struct tsc_scale {
    uint32_t mul;
    int8_t shift;
};

/* Scale for a counter of hz ticks a second. */
struct tsc_scale tsc_scale_of(uint64_t hz);
/* What guests are told. */
struct tsc_scale tsc_guest_scale(void);
uint32_t tsc_khz(void);
/* TSC value at which system time s is reached; for the deadline timer. */
uint64_t stime_to_tsc(s_time_t s);

/* A counter that runs at a known rate whatever the CPU does. */
struct platform_timer {
    const char *name;
    uint64_t hz;
    uint64_t mask; /* of its width */
    uint64_t (*read)(void);
    void (*stop)(void); /* after calibration, may be NULL */
};
/* The best one there is (clocksource= may name another); after acpi_init() and ioremap. */
const struct platform_timer *platform_timer_init(void) __init;

/* First CPU, interrupts off: calibrates TSC and local APIC timer, starts system time, reads RTC. */
void time_init(void) __init;
/* Other CPUs: brings the TSC in step with the first CPU's. Both sides, at the same time. */
void tsc_sync_source(unsigned int cpu);
void tsc_sync_target(unsigned int cpu);
/* Seconds since the epoch from the battery clock. */
uint64_t rtc_read(void);

#endif
