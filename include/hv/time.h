/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time: nanoseconds since start-up, monotonic and the same on every CPU. Wall clock: the
 * offset that guests get in shared_info. Per-vCPU pvclock is published by the architecture.
 */
#ifndef HV_TIME_H
#define HV_TIME_H

#include <hv/compiler.h>

typedef int64_t s_time_t;
#define PRI_stime "ld"

#define SECONDS(n)   ((s_time_t)(n)*1000000000LL)
#define MILLISECS(n) ((s_time_t)(n)*1000000LL)
#define MICROSECS(n) ((s_time_t)(n)*1000LL)
#define STIME_MAX    ((s_time_t)(~0ULL >> 1))

struct domain;
struct vcpu;

s_time_t get_s_time(void);
#define NOW() get_s_time()

/* Sets the wall clock as settime64 does: secs/nsecs since the epoch at that system time. */
void time_set_wallclock(uint64_t secs, uint32_t nsecs, uint64_t system_time);
/* Writes d's shared_info wall clock under its version protocol. */
void time_update_wallclock(struct domain *d);
/* Seconds since the epoch, now. */
uint64_t time_wallclock_now(uint32_t *nsecs);
/* Publishes pvclock data of v (current CPU's calibration) when it changed, or always if force. */
void time_update_vcpu(struct vcpu *v, bool force);

#endif
