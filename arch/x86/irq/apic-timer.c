/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each CPU's timer interrupt: the local APIC's, in TSC-deadline mode where there is one, else
 * one-shot; where the TSC does not carry time, one-shot. Its handler only raises the timer softirq.
 */
#include <hv/arch/time.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/softirq.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/irq.h>
#include <asm/msr.h>
#include <asm/time.h>

#define MAX_COUNT 0xffffffffU
#define FARTHEST  SECONDS(10)

static uint64_t ticks_per_ms __ro_after_init;
/* The CPU's timer is set for a value of the TSC, not for a number of ticks. */
static DEFINE_PER_CPU(bool, use_deadline);

void apic_timer_count_start(void)
{
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR_TIMER);
    apic_write(APIC_TDCR, APIC_TDCR_DIV1);
    apic_write(APIC_TMICT, MAX_COUNT);
}

uint32_t apic_timer_count(void)
{
    return apic_read(APIC_TMCCT);
}

bool apic_timer_by_tsc(void)
{
    return cpu_has(X86_FEATURE_TSC_DEADLINE) && !time_by_platform;
}

static void start_one_shot(void)
{
    this_cpu(use_deadline) = false;
    apic_write(APIC_TDCR, APIC_TDCR_DIV1);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
}

void apic_timer_init(uint64_t hz)
{
    if (!ticks_per_ms) {
        ticks_per_ms = hz / 1000;
    }
    apic_write(APIC_TMICT, 0);
    if (!apic_timer_by_tsc()) {
        start_one_shot();
        return;
    }
    this_cpu(use_deadline) = true;
    apic_write(APIC_LVT_TIMER, APIC_LVT_DEADLINE | VECTOR_TIMER);
    /* SDM vol. 3A 10.5.4.1: the mode must be set before the first deadline is. */
    __asm__ volatile("mfence" ::: "memory");
}

void apic_timer_leave_tsc(void)
{
    if (this_cpu(use_deadline)) {
        wrmsr(MSR_TSC_DEADLINE, 0);
        start_one_shot();
    }
}

void arch_set_next_timer(s_time_t deadline)
{
    s_time_t now;
    uint64_t ticks;

    if (deadline == STIME_MAX) {
        if (this_cpu(use_deadline)) {
            wrmsr(MSR_TSC_DEADLINE, 0);
        } else {
            apic_write(APIC_TMICT, 0);
        }
        return;
    }
    if (this_cpu(use_deadline)) {
        wrmsr(MSR_TSC_DEADLINE, stime_to_tsc(deadline));
        return;
    }
    now = NOW();
    /* A far deadline is reached in steps: the softirq finds nothing due and sets the next. */
    ticks = deadline <= now
                ? 1
                : 1 + (uint64_t)min_t(s_time_t, deadline - now, FARTHEST) * ticks_per_ms / 1000000;
    apic_write(APIC_TMICT, (uint32_t)min_t(uint64_t, ticks, MAX_COUNT));
}

void irq_timer(void)
{
    raise_softirq(SOFTIRQ_TIMER);
}
