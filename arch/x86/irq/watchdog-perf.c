/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdog's NMIs from a performance counter of unhalted cycles: about one for each second of
 * work. An idle CPU has no unhalted cycles, and so no NMIs. Each CPU touches only its own counter.
 * SDM vol. 3B 20.2 (architectural counters); APM vol. 2 13.2.
 */
#include <hv/lib.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/time.h>
#include "watchdog-private.h"

#define EVENT_USR    (1U << 16)
#define EVENT_OS     (1U << 17)
#define EVENT_INT    (1U << 20)
#define EVENT_ENABLE (1U << 22)
#define EVENT_FLAGS  (EVENT_USR | EVENT_OS | EVENT_INT)
#define CYCLES_INTEL 0x3c
#define CYCLES_AMD   0x76
#define MAX_PERIOD   0x7fffffffUL /* counters are written as 32 bits, sign-extended */
#define PROBE_SPINS  100000

static struct {
    uint32_t select, counter; /* MSRs */
    uint64_t control;
    uint64_t period;
    unsigned int width;
    bool global; /* has the registers that enable and acknowledge all counters */
} perf __ro_after_init;

static __init bool perf_present(void)
{
    struct cpuid_regs r;

    perf.width = 48;
    if (boot_cpu_is_amd()) {
        perf.select = MSR_K8_EVNTSEL0;
        perf.counter = MSR_K8_PERFCTR0;
        perf.control = EVENT_FLAGS | CYCLES_AMD;
        return true;
    }
    if (cpuid(0, 0).eax < 0xa) {
        return false;
    }
    r = cpuid(0xa, 0);
    /* Version, number of counters; bit 0 of EBX: unhalted cycles cannot be counted. */
    if (!(r.eax & 0xff) || !((r.eax >> 8) & 0xff) || (r.ebx & 1)) {
        return false;
    }
    perf.select = MSR_PERFEVTSEL0;
    perf.counter = MSR_PERFCTR0;
    perf.control = EVENT_FLAGS | CYCLES_INTEL;
    perf.width = (r.eax >> 16) & 0xff;
    perf.global = (r.eax & 0xff) >= 2;
    return true;
}

/* Does the counter count? An emulator may have the registers and nothing behind them. */
static __init bool perf_counts(void)
{
    uint64_t before, after = 0;

    if (wrmsr_safe(perf.select, 0) || wrmsr_safe(perf.counter, 0) ||
        wrmsr_safe(perf.select, (perf.control & ~(uint64_t)EVENT_INT) | EVENT_ENABLE)) {
        return false;
    }
    if (perf.global && wrmsr_safe(MSR_PERF_GLOBAL_CTRL, 1)) {
        return false;
    }
    if (rdmsr_safe(perf.counter, &before)) {
        return false;
    }
    for (unsigned int i = 0; i < PROBE_SPINS && after <= before; i++) {
        if (rdmsr_safe(perf.counter, &after)) {
            return false;
        }
    }
    wrmsr(perf.select, 0);
    return after > before;
}

static __init bool perf_find(void)
{
    perf.period = min_t(uint64_t, (uint64_t)tsc_khz() * 1000, MAX_PERIOD);
    return perf_present() && perf_counts();
}

static void perf_arm(void)
{
    wrmsr(perf.counter, -perf.period);
    if (perf.global) {
        wrmsr(MSR_PERF_GLOBAL_OVF, 1);
    }
    /* Delivery masks the entry on Intel. */
    apic_write(APIC_LVT_PC, APIC_DM_NMI);
}

static __init void perf_start(void)
{
    wrmsr(perf.select, 0);
    perf_arm();
    if (perf.global) {
        wrmsr(MSR_PERF_GLOBAL_CTRL, 1);
    }
    wrmsr(perf.select, perf.control | EVENT_ENABLE);
}

static bool perf_mine(void)
{
    /* Still counting up to zero: the NMI has another cause. */
    if ((rdmsr(perf.counter) >> (perf.width - 1)) & 1) {
        return false;
    }
    perf_arm();
    return true;
}

const struct nmi_source nmi_source_perf = {
    .name = "performance counters",
    .hz = 1,
    .every_cpu = true,
    .find = perf_find,
    .start = perf_start,
    .mine = perf_mine,
};
