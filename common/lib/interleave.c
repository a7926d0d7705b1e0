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

static struct armed {
    char point[48];
    s_time_t wait;
    unsigned int cpu;
} armed __ro_after_init = { .cpu = ~0U };

static int __init parse_interleave(const char *val, struct armed *to)
{
    const char *colon = strchr(val, ':'), *end;
    uint64_t us, cpu = ~0U;

    if (!colon || colon == val || (size_t)(colon - val) >= sizeof(to->point) ||
        parse_number(colon + 1, &end, 10, LONGEST_US, &us) || !us) {
        return -EINVAL;
    }
    if (*end == '@' && parse_number(end + 1, &end, 10, NR_CPUS - 1, &cpu)) {
        return -EINVAL;
    }
    *to = (struct armed){ .wait = (s_time_t)us * MICROSECS(1), .cpu = (unsigned int)cpu };
    memcpy(to->point, val, (size_t)(colon - val));
    return *end ? -EINVAL : 0;
}
custom_param("interleave", parse_interleave, armed);

void interleave(const char *point)
{
    s_time_t until;

    if (likely(!armed.wait) || strcmp(point, armed.point) ||
        (armed.cpu != ~0U && armed.cpu != smp_processor_id())) {
        return;
    }
    for (until = NOW() + armed.wait; NOW() < until;) {
        cpu_relax();
    }
}
