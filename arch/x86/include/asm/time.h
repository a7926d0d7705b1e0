/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clocks. The TSC carries time, calibrated once against a platform timer: one base and one scale
 * for all CPUs, so that time is the same everywhere and what guests compute from pvclock equals
 * get_s_time(). Where the TSC cannot be trusted, the platform timer carries time, and guests get a
 * base and a scale of the CPU that they run on, renewed all the time.
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

/* Time by the platform timer, from platform_time_set() on. Any context. */
s_time_t platform_time(void);
/* The platform timer's time is this from now on; before anybody goes by it. */
void platform_time_set(s_time_t now);
/* Nanoseconds in which the timer's counter goes round; 0: it cannot carry time. platform_time()
 * must be asked several times in each. */
s_time_t platform_time_round(void);

/* Is it the platform timer that carries time? Never goes back to false. */
extern bool time_by_platform;
/* Time by the TSC, whatever carries it. */
s_time_t tsc_time(void);

/* First CPU, interrupts off: the TSC's rate, by the timer, and time 0 for tsc_time(). Returns the
 * rate of the local APIC's timer in Hz. */
uint64_t tsc_calibrate(const struct platform_timer *pt) __init;
/* First CPU, interrupts off: calibrates TSC and local APIC timer, starts system time, reads RTC. */
void time_init(void) __init;
/* All CPUs run, interrupts on: the TSC is given up if they are not in step, and watched if not. */
void time_all_cpus(void) __init;
/* CPU 0, interrupts on, no locks: the TSC carries time no longer, if there is a timer to replace
 * it. */
void time_leave_tsc(const char *why);
/* Other CPUs, while the first one is in tsc_sync_source(): TSC in step, timer. Interrupts off. */
void time_init_cpu(unsigned int cpu);
/* Both sides, at the same time. The target says by how much it is still wrong when done
 * what can be: 0 when that is not more than can be measured. */
void tsc_sync_source(unsigned int cpu);
int64_t tsc_sync_target(unsigned int cpu);

/* What a guest computes time from: time `stime` at `tsc`, and how fast it goes on. */
struct pvclock_base {
    uint64_t tsc;
    s_time_t stime;
    s_time_t real; /* what stime would be had guests not been told a later time already */
    uint64_t hz;   /* of the TSC, as last measured */
    struct tsc_scale scale;
    uint64_t seq; /* of the base; 0: none yet */
};
/* pvclock: what guests compute time from. Of the TSC's one base: set once. */
void pvclock_set_base(uint64_t tsc, struct tsc_scale scale) __init;
/* This CPU gets a base of its own, renewed from now on: time_by_platform is set. Interrupts off. */
void pvclock_start_cpu(void);
/* Seconds since the epoch from the battery clock. */
uint64_t rtc_read(void);

#endif
