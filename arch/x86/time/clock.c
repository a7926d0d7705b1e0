/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which counter carries system time. The TSC does where it can be trusted: its rate does not
 * change, start-up brought all CPUs in step, and since then it kept the platform timer's pace,
 * which CPU 0 looks at every few seconds. Otherwise the platform timer does, from then on: it is
 * one for all CPUs, and slow to read.
 *
 * time_by_platform is set once, by CPU 0. No locks.
 */
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/timer.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/time.h>

#define WATCH_LONGEST SECONDS(4)
#define WATCH_TRIES   5
#define WATCH_WINDOW  MICROSECS(50) /* a reading of both clocks that took longer says nothing */
#define WATCH_PART    100           /* of the time watched that the two may differ by */
#define MAX_STRIKES   3             /* readings in a row that say they do */

bool time_by_platform __read_mostly;

static bool opt_tsc_unstable __initdata;
static struct timer watch_timer;
static bool skewed; /* a CPU's TSC is not in step, after all that could be done */

/* tsc=: what is known of this machine's counters that they do not say themselves. */
static int __init parse_tsc(const char *s, bool *unstable)
{
    if (!strcmp(s, "unstable") || !strcmp(s, "skewed")) {
        *unstable = true;
        return 0;
    }
    /* What is taken for granted anyway, until it shows otherwise. */
    return strcmp(s, "stable:socket") ? -EINVAL : 0;
}
custom_param("tsc", parse_tsc, opt_tsc_unstable);

s_time_t get_s_time(void)
{
    return unlikely(READ_ONCE(time_by_platform)) ? platform_time() : tsc_time();
}

/*
 * Does the TSC run at one rate, as long as the CPU goes no deeper than HLT? CPUID says so; an
 * emulated one does; and Intel's have since the Pentium 4's model 3 and the Core (SDM vol.
 * 3B 17.17).
 */
static bool __init tsc_constant(void)
{
    uint32_t eax = cpuid(1, 0).eax;
    unsigned int family = (eax >> 8) & 15, model = ((eax >> 4) & 15) | ((eax >> 12) & 0xf0);

    if (cpu_has(X86_FEATURE_INVTSC) || cpu_has(X86_FEATURE_HYPERVISOR)) {
        return true;
    }
    return !boot_cpu_is_amd() && ((family == 15 && model >= 3) || (family == 6 && model >= 14));
}

/* On each CPU: its guests get a base of their own, its timer interrupt goes by the APIC's clock. */
static void leave_tsc(void *unused)
{
    pvclock_start_cpu();
    apic_timer_leave_tsc();
    raise_softirq(SOFTIRQ_TIMER);
}

static bool use_platform(const char *why)
{
    /* No guest repeats this: the TSC is left once. */
    if (!platform_time_round()) {
        printk(XENLOG_WARNING "Time: %s, and there is no timer to replace the TSC\n", why);
        return false;
    }
    printk(XENLOG_WARNING "Time: %s, the platform timer replaces the TSC\n", why);
    platform_time_set(tsc_time());
    smp_wmb();
    WRITE_ONCE(time_by_platform, true);
    return true;
}

void time_leave_tsc(const char *why)
{
    if (!time_by_platform && use_platform(why)) {
        on_selected_cpus(&cpu_online_map, leave_tsc, NULL, true);
    }
}

/* Both clocks at one moment: false when that was none. */
static bool read_both(s_time_t *tsc, s_time_t *platform)
{
    for (unsigned int i = 0; i < WATCH_TRIES; i++) {
        s_time_t before = tsc_time(), after;

        *platform = platform_time();
        after = tsc_time();
        if (after - before < WATCH_WINDOW) {
            *tsc = before + (after - before) / 2;
            return true;
        }
    }
    return false;
}

static s_time_t watch_interval(void)
{
    return min_t(s_time_t, WATCH_LONGEST, platform_time_round() / 4);
}

/* CPU 0: has the TSC gone as far as the platform timer since the last look? */
static void watch_tsc(void *unused)
{
    static s_time_t last_tsc, last_platform;
    static unsigned int strikes;
    s_time_t tsc, platform, differ, watched;

    if (read_both(&tsc, &platform)) {
        watched = platform - last_platform;
        differ = (tsc - last_tsc) - watched;
        differ = differ < 0 ? -differ : differ;
        strikes = last_platform && differ > watched / WATCH_PART ? strikes + 1 : 0;
        last_tsc = tsc;
        last_platform = platform;
    }
    if (strikes == MAX_STRIKES) {
        time_leave_tsc("the TSC does not keep its rate");
    }
    /* The platform timer must be read now and then in either case. */
    timer_set(&watch_timer, NOW() + watch_interval());
}

void __init time_init(void)
{
    const struct platform_timer *pt = platform_timer_init();
    uint64_t apic_hz = tsc_calibrate(pt);

    if (pt->stop) {
        pt->stop();
    }
    if (platform_time_round()) {
        platform_time_set(tsc_time());
    }
    if (opt_tsc_unstable) {
        (void)use_platform("tsc= says that the TSC is of no use");
    } else if (!tsc_constant()) {
        (void)use_platform("the TSC's rate changes");
    }
    apic_timer_init(apic_hz);
    time_set_wallclock(rtc_read(), 0, (uint64_t)NOW());
    printk(XENLOG_INFO "Time: %s%s, TSC %u.%03u MHz, APIC timer %lu kHz%s\n", pt->name,
           time_by_platform ? " carries it" : "", tsc_khz() / 1000, tsc_khz() % 1000,
           apic_hz / 1000, apic_timer_by_tsc() ? ", deadline mode" : "");
}

void time_init_cpu(unsigned int cpu)
{
    int64_t offset = tsc_sync_target(cpu);

    if (offset) {
        printk(XENLOG_WARNING "CPU%u: TSC is off by %ld ticks\n", cpu, offset);
        skewed = true;
    }
    apic_timer_init(0);
    if (READ_ONCE(time_by_platform)) {
        pvclock_start_cpu();
    }
}

void __init time_all_cpus(void)
{
    if (skewed) {
        time_leave_tsc("the CPUs' TSCs are not in step");
    } else if (time_by_platform) {
        unsigned long flags = local_irq_save();

        pvclock_start_cpu();
        local_irq_restore(flags);
    }
    if (platform_time_round()) {
        timer_init(&watch_timer, watch_tsc, NULL, 0);
        timer_set(&watch_timer, NOW() + watch_interval());
    }
}
