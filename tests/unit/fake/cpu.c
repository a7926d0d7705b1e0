/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: CPUs, interrupts between them, time.
 *
 * Owns who runs where and what time it is. An IPI that runs a function runs it at once, as that
 * CPU. Threads that each play a CPU set fake_cpu themselves; the rest is then per CPU.
 */
#include <sched.h>
#include <hv/arch/time.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <asm/current.h>
#include <asm/softirq.h>
#include "internal.h"

_Thread_local unsigned int fake_cpu;
_Thread_local bool fake_irqs_off;
struct vcpu *fake_current[NR_CPUS];
struct cpu_user_regs fake_guest_regs[NR_CPUS];
unsigned long per_cpu_offset[NR_CPUS];
unsigned int fake_event_checks[NR_CPUS];
uint32_t fake_softirqs[NR_CPUS];

/* Found at start-up on the machine. */
cpumask_t __weak_default cpu_present_map, cpu_online_map;
unsigned int __weak_default nr_cpu_ids;

static s_time_t fake_now;
s_time_t fake_guest_lag;
static s_time_t fake_deadlines[NR_CPUS];
static char *fake_copies[NR_CPUS];

/* The template section: the first CPU's own copy, and what the others start from. */
extern char __start_percpu_data[], __stop_percpu_data[];
PER_CPU_SECTION __used static char percpu_anchor[16];
static char *fake_template;

void fake_cpus_reset(unsigned int nr_cpus)
{
    size_t size = (size_t)(__stop_percpu_data - __start_percpu_data);

    if (!fake_template) {
        fake_template = malloc(size);
        __builtin_memcpy(fake_template, __start_percpu_data, size);
    }
    __builtin_memcpy(__start_percpu_data, fake_template, size);
    nr_cpu_ids = nr_cpus;
    cpumask_zero(&cpu_present_map);
    cpumask_zero(&cpu_online_map);
    for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
        free(fake_copies[cpu]);
        fake_copies[cpu] = NULL;
        per_cpu_offset[cpu] = 0;
        fake_current[cpu] = NULL;
        fake_event_checks[cpu] = 0;
        fake_softirqs[cpu] = 0;
        fake_deadlines[cpu] = STIME_MAX;
        if (cpu >= nr_cpus) {
            continue;
        }
        cpumask_set(cpu, &cpu_present_map);
        cpumask_set(cpu, &cpu_online_map);
        if (cpu > 0) {
            fake_copies[cpu] = aligned_alloc(64, ROUNDUP(size + 64, 64UL));
            __builtin_memcpy(fake_copies[cpu], fake_template, size);
            per_cpu_offset[cpu] = (unsigned long)fake_copies[cpu] -
                                  (unsigned long)__start_percpu_data;
        }
    }
    fake_now = 0;
    fake_guest_lag = 0;
    fake_cpu = 0;
    fake_irqs_off = false;
}

void fake_run_on(unsigned int cpu)
{
    fake_cpu = cpu;
}

void fake_set_current(struct vcpu *v)
{
    fake_current[fake_cpu] = v;
}

/* Threads that play CPUs may be more than the host has: who waits gives way. */
void cpu_relax(void)
{
    sched_yield();
}

void smp_send_event_check(unsigned int cpu)
{
    fake_event_checks[cpu]++;
}

void on_selected_cpus(const cpumask_t *set, void (*fn)(void *), void *data, bool wait)
{
    unsigned int self = fake_cpu;
    bool irqs_off = fake_irqs_off;
    unsigned int cpu;

    fake_irqs_off = true;
    for_each_cpu (cpu, set) {
        fake_cpu = cpu;
        fn(data);
    }
    fake_cpu = self;
    fake_irqs_off = irqs_off;
}

void fake_advance(s_time_t ns)
{
    __atomic_fetch_add(&fake_now, ns, __ATOMIC_SEQ_CST);
}

s_time_t get_s_time(void)
{
    return __atomic_load_n(&fake_now, __ATOMIC_SEQ_CST);
}

s_time_t arch_guest_time(void)
{
    return get_s_time() - fake_guest_lag;
}

s_time_t fake_deadline(unsigned int cpu)
{
    return fake_deadlines[cpu];
}

void arch_set_next_timer(s_time_t deadline)
{
    fake_deadlines[fake_cpu] = deadline;
}
