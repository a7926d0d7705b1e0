/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NMI watchdog. On each CPU a timer counts beats, in softirq context; a performance counter of
 * unhalted cycles raises an NMI about once a second of work. A CPU that has several NMIs without a
 * beat does not run its softirqs: it is stuck. An idle CPU has no unhalted cycles, and so no NMIs.
 *
 * Each CPU touches only its own counters and its own record. SDM vol. 3B 20.2 (architectural
 * counters); APM vol. 2 13.2.
 */
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/timer.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/entry.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/time.h>
#include <asm/watchdog.h>

static bool opt_watchdog __initdata;
bool_param("watchdog", opt_watchdog);
static unsigned int opt_timeout __ro_after_init = 5;
uint_param("watchdog_timeout", opt_timeout);

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
    uint32_t select, counter; /* MSRs; 0: the watchdog is off */
    uint64_t control;
    uint64_t period;
    unsigned int width;
    bool global; /* has the registers that enable and acknowledge all counters */
} perf __ro_after_init;

struct watch {
    struct timer beat;
    unsigned long beats;     /* by softirq */
    unsigned long last_seen; /* beats at the last NMI that saw a new one */
    unsigned int silent;     /* NMIs since */
};
static DEFINE_PER_CPU(struct watch, watch);

static __init bool perf_find(void)
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
static __init bool perf_works(void)
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

static void perf_arm(void)
{
    wrmsr(perf.counter, -perf.period);
    if (perf.global) {
        wrmsr(MSR_PERF_GLOBAL_OVF, 1);
    }
    /* Delivery masks the entry on Intel. */
    apic_write(APIC_LVT_PC, APIC_DM_NMI);
}

static void watchdog_beat(void *data)
{
    struct watch *w = data;

    w->beats++;
    timer_set(&w->beat, NOW() + SECONDS(1));
}

static void watchdog_start_cpu(void *unused)
{
    wrmsr(perf.select, 0);
    perf_arm();
    if (perf.global) {
        wrmsr(MSR_PERF_GLOBAL_CTRL, 1);
    }
    wrmsr(perf.select, perf.control | EVENT_ENABLE);
}

void __init watchdog_init(void)
{
    unsigned int cpu;

    if (!opt_watchdog) {
        return;
    }
    if (!opt_timeout || !perf_find() || !perf_works()) {
        perf.counter = 0;
        printk(XENLOG_WARNING "Watchdog: %s, so it stays off\n",
               opt_timeout ? "this machine has no performance counter that counts"
                           : "a timeout of 0 makes no sense");
        return;
    }
    perf.period = min_t(uint64_t, (uint64_t)tsc_khz() * 1000, MAX_PERIOD);
    for_each_online_cpu (cpu) {
        struct watch *w = &per_cpu(watch, cpu);

        timer_init(&w->beat, watchdog_beat, w, cpu);
        timer_set(&w->beat, NOW() + SECONDS(1));
    }
    on_selected_cpus(&cpu_online_map, watchdog_start_cpu, NULL, true);
    printk(XENLOG_INFO "Watchdog: a CPU without progress for %u s is stuck\n", opt_timeout);
}

bool watchdog_nmi(const struct cpu_user_regs *regs)
{
    struct watch *w = &this_cpu(watch);

    /* Still counting up to zero: the NMI has another cause. */
    if (!perf.counter || (rdmsr(perf.counter) >> (perf.width - 1)) & 1) {
        return false;
    }
    if (w->beats != w->last_seen) {
        w->last_seen = w->beats;
        w->silent = 0;
    } else if (++w->silent > opt_timeout) {
        printk(XENLOG_ERR "Watchdog: CPU%u is stuck\n", smp_processor_id());
        fatal_trap(regs);
    }
    perf_arm();
    return true;
}
