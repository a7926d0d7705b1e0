/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asking other CPUs: to look at their softirqs, or to run a function.
 *
 * One call at a time goes round (call_lock, held with interrupts on so that its holder answers
 * others); each CPU of the set clears its bit when it has taken the call, or, when waited for, has
 * run it.
 */
#include <hv/interleave.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <asm/apic.h>
#include <asm/irq.h>

static DEFINE_SPINLOCK(call_lock, RANK_IPI);

static struct {
    void (*fn)(void *data);
    void *data;
    bool wait;
    cpumask_t pending;
} call;

void smp_send_event_check(unsigned int cpu)
{
    send_ipi(cpu, VECTOR_EVENT_CHECK);
}

void on_selected_cpus(const cpumask_t *set, void (*fn)(void *), void *data, bool wait)
{
    cpumask_t others;
    unsigned int cpu, self;
    unsigned long flags;

    ASSERT(local_irq_is_enabled());
    spin_lock(&call_lock);
    self = smp_processor_id();
    (void)cpumask_and(&others, set, &cpu_online_map);
    cpumask_clear(self, &others);

    call.fn = fn;
    call.data = data;
    call.wait = wait;
    smp_wmb();
    call.pending = others;
    smp_mb();
    for_each_cpu (cpu, &others) {
        send_ipi(cpu, VECTOR_CALL_FUNCTION);
    }
    if (cpumask_test(self, set)) {
        flags = local_irq_save();
        fn(data);
        local_irq_restore(flags);
    }
    /* Also without wait: the record is free again only when everyone has read it. */
    while (!cpumask_empty(&call.pending)) {
        cpu_relax();
    }
    spin_unlock(&call_lock);
}

/*
 * What is to be called is read only once this CPU's bit is seen set: it stays as it is until that
 * is cleared. A message of this vector that a device made up finds no bit, or takes the place of
 * the sender's.
 */
void irq_call_function(void)
{
    unsigned int cpu = smp_processor_id();
    void (*fn)(void *);
    void *data;

    interleave("ipi.call_function.look");
    if (!cpumask_test(cpu, &call.pending)) {
        return;
    }
    smp_rmb();
    fn = call.fn;
    data = call.data;
    if (call.wait) {
        fn(data);
        cpumask_clear(cpu, &call.pending);
    } else {
        cpumask_clear(cpu, &call.pending);
        fn(data);
    }
}
