/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NMI watchdog. On each CPU a timer counts beats, in softirq context; a source of NMIs
 * (watchdog-perf.c, watchdog-pit.c) looks at the beats from outside of all that a CPU may be stuck
 * in. A CPU without a new beat for watchdog_timeout= seconds does not run its softirqs: the machine
 * ends as in a panic, and that CPU is shown first.
 *
 * Invariant: a record's beats are written by its CPU alone, last_seen and silent by the CPU that
 * watches it alone: itself where each CPU has NMIs, otherwise CPU 0. No locks.
 */
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/timer.h>
#include <asm/fatal.h>
#include <asm/watchdog.h>
#include "watchdog-private.h"

static bool opt_watchdog __initdata;
bool_param("watchdog", opt_watchdog);
static unsigned int opt_timeout __ro_after_init = 5;
uint_param("watchdog_timeout", opt_timeout, 1, 3600);

#define BEAT      MILLISECS(250)
#define FIRST_NMI MILLISECS(500) /* what a source that ticks by itself gets for its first */

struct watch {
    struct timer beat;
    unsigned long beats;
    unsigned long last_seen;
    unsigned int silent; /* NMIs since last_seen was new */
};
static DEFINE_PER_CPU(struct watch, watch);
static const struct nmi_source *source __ro_after_init; /* NULL: off */
static unsigned int nmis_seen; /* by CPU 0, from a source that it watches all CPUs by */

static void watchdog_beat(void *data)
{
    struct watch *w = data;

    WRITE_ONCE(w->beats, w->beats + 1);
    timer_set(&w->beat, NOW() + BEAT);
}

static __init void start_beats(void)
{
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        struct watch *w = &per_cpu(watch, cpu);

        timer_init(&w->beat, watchdog_beat, w, cpu);
        timer_set(&w->beat, NOW() + BEAT);
    }
}

static __init void start_source(void *unused)
{
    source->start();
}

/* A line that is not wired as ACPI says, or gated, is found out now and not when it is needed. */
static __init bool first_nmi_arrives(void)
{
    s_time_t end = NOW() + FIRST_NMI;

    while (!READ_ONCE(nmis_seen)) {
        if (NOW() > end) {
            return false;
        }
        cpu_relax();
    }
    return true;
}

static __init bool try_source(const struct nmi_source *s)
{
    unsigned long flags;

    if (!s->find()) {
        return false;
    }
    source = s;
    start_beats();
    if (s->every_cpu) {
        on_selected_cpus(&cpu_online_map, start_source, NULL, true);
        return true;
    }
    flags = local_irq_save();
    s->start();
    local_irq_restore(flags);
    if (first_nmi_arrives()) {
        return true;
    }
    s->stop();
    return false;
}

void __init watchdog_init(void)
{
    if (!opt_watchdog) {
        return;
    }
    if (!try_source(&nmi_source_perf) && !try_source(&nmi_source_pit)) {
        source = NULL;
        printk(XENLOG_WARNING "Watchdog: nothing on this machine raises NMIs, so it stays off\n");
        return;
    }
    printk(XENLOG_INFO "Watchdog: a CPU without progress for %u s is stuck; NMIs by %s\n",
           opt_timeout, source->name);
}

static void look_at(unsigned int cpu, const struct cpu_user_regs *regs)
{
    struct watch *w = &per_cpu(watch, cpu);
    unsigned long beats = READ_ONCE(w->beats);

    if (beats != w->last_seen) {
        w->last_seen = beats;
        w->silent = 0;
    } else if (++w->silent > opt_timeout * source->hz) {
        fatal_stuck_cpu(cpu, opt_timeout, regs);
    }
}

bool watchdog_nmi(const struct cpu_user_regs *regs)
{
    unsigned int cpu, self = smp_processor_id();

    if (!source || (!source->every_cpu && self != 0) || !source->mine()) {
        return false;
    }
    if (source->every_cpu) {
        look_at(self, regs);
        return true;
    }
    WRITE_ONCE(nmis_seen, nmis_seen + 1);
    for_each_online_cpu (cpu) {
        look_at(cpu, regs);
    }
    return true;
}
