/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug keys of the architecture: what runs where, and a crash on demand. */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/smp.h>
#include <asm/irq.h>

static void show_one(void *unused)
{
    struct vcpu *v = current;

    if (is_idle_vcpu(v)) {
        printk(XENLOG_ERR "CPU%u: idle\n", smp_processor_id());
    } else {
        printk(XENLOG_ERR "CPU%u: %pv\n", smp_processor_id(), v);
        vcpu_show_registers(v);
    }
}

/* One CPU after the other, so that their lines do not mix. */
static void show_cpus(unsigned char key)
{
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        cpumask_t one = { { 0 } };

        cpumask_set(cpu, &one);
        on_selected_cpus(&one, show_one, NULL, true);
    }
}
KEYHANDLER('d', false, "show what runs on each CPU, with its registers", show_cpus);

static void crash(unsigned char key)
{
    panic("Asked for by debug key\n");
}
KEYHANDLER('C', true, "crash the hypervisor", crash);

static void show_irqs(unsigned char key)
{
    irq_show();
}
KEYHANDLER('i', false, "show interrupts in use", show_irqs);
