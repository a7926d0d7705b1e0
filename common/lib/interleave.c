/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CONFIG_DEBUG_INTERLEAVE: interleave=POINT:MICROSECONDS[@CPU] has each CPU, or the one named, wait
 * that long at that interleaving point (hv/interleave.h), so that another CPU can act meanwhile.
 * Set once at boot, then only read; no locks.
 */
#include <hv/init.h>
#include <hv/interleave.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/smp.h>
#include <hv/time.h>

#define LONGEST_US 1000000UL

static char armed_point[48] __ro_after_init;
static s_time_t armed_wait __ro_after_init;
static unsigned int armed_cpu __ro_after_init = ~0U;

static int __init parse_interleave(const char *val)
{
    const char *colon = strchr(val, ':'), *end;
    unsigned long us, cpu = ~0U;

    if (!colon || colon == val || (size_t)(colon - val) >= sizeof(armed_point)) {
        return -EINVAL;
    }
    us = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || !us || us > LONGEST_US) {
        return -EINVAL;
    }
    if (*end == '@') {
        const char *number = end + 1;

        cpu = strtoul(number, &end, 10);
        if (end == number || cpu >= NR_CPUS) {
            return -EINVAL;
        }
    }
    if (*end) {
        return -EINVAL;
    }
    memcpy(armed_point, val, (size_t)(colon - val));
    armed_wait = (s_time_t)us * MICROSECS(1);
    armed_cpu = (unsigned int)cpu;
    return 0;
}
custom_param("interleave", parse_interleave);

void interleave(const char *point)
{
    s_time_t until;

    if (likely(!armed_wait) || strcmp(point, armed_point) ||
        (armed_cpu != ~0U && armed_cpu != smp_processor_id())) {
        return;
    }
    for (until = NOW() + armed_wait; NOW() < until;) {
        cpu_relax();
    }
}
