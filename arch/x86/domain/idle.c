/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The idle loop of a CPU: scrub free memory while there is some to scrub, run softirqs, sleep. Runs
 * on the hypervisor's own page tables as that CPU's idle vCPU.
 */
#include <hv/arch/domain.h>
#include <hv/mm.h>
#include <hv/rcu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <asm/processor.h>

unsigned long idle_cr3 __ro_after_init;

static void sleep_if_idle(unsigned int cpu)
{
    local_irq_disable();
    if (softirq_is_pending() || rcu_needs_cpu(cpu)) {
        local_irq_enable();
        return;
    }
    rcu_idle_enter(cpu);
    safe_halt();
    rcu_idle_exit(cpu);
}

void idle_loop(void)
{
    unsigned int cpu = smp_processor_id();

    for (;;) {
        if (softirq_is_pending()) {
            do_softirq();
        } else if (!heap_scrub_some()) {
            sleep_if_idle(cpu);
        }
        rcu_quiescent();
    }
}
