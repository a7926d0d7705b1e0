/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt dispatch: fixed vectors of the hypervisor, then device lines by their vector.
 *
 * irq_lock_ guards requests and vectors. The dispatcher takes no lock: a descriptor is published
 * with release after it is complete, and a released one's handler is waited for.
 */
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/rcu.h>
#include <hv/smp.h>
#include <asm/apic.h>
#include <asm/entry.h>
#include <asm/irq.h>

#define NR_ISA_IRQS 16

struct irq_desc {
    irq_handler_t *fn;
    void *data;
    const char *name;
    uint8_t vector;
    bool level, low;
    bool configured;  /* trigger and polarity were given */
    uint32_t running; /* CPUs that are in fn */
};

static struct irq_desc descs[NR_IRQS];
static int16_t vector_irq[256] = { [0 ... 255] = -1 };
static DEFINE_IRQLOCK(irq_table_lock, RANK_IRQ);

DEFINE_PER_CPU(unsigned long, apic_errors);

static int vector_alloc(unsigned int irq)
{
    for (unsigned int v = VECTOR_FIRST_DEVICE; v <= VECTOR_LAST_DEVICE; v++) {
        if (v != LEGACY_SYSCALL_VECTOR && vector_irq[v] < 0) {
            vector_irq[v] = (int16_t)irq;
            return (int)v;
        }
    }
    return -ENOSPC;
}

/* What was given for it, or ACPI's word for ISA interrupts, or what PCI has. */
static void trigger_of(unsigned int irq, unsigned int *gsi, bool *level, bool *low)
{
    *gsi = irq;
    if (irq < NR_ISA_IRQS) {
        *gsi = isa_irq_to_gsi(irq, level, low);
    } else {
        *level = *low = true;
    }
    if (descs[irq].configured) {
        *level = descs[irq].level;
        *low = descs[irq].low;
    }
}

static unsigned int gsi_of(unsigned int irq)
{
    bool level, low;

    return irq < NR_ISA_IRQS ? isa_irq_to_gsi(irq, &level, &low) : irq;
}

int irq_set_trigger(unsigned int gsi, bool level, bool low)
{
    struct irq_desc *desc = &descs[gsi % NR_IRQS];
    unsigned long flags;
    int rc = -EEXIST;

    if (gsi >= nr_irqs_gsi) {
        return -EINVAL;
    }
    flags = irq_lock(&irq_table_lock);
    if (!desc->fn && !desc->configured) {
        desc->level = level;
        desc->low = low;
        desc->configured = true;
        rc = 0;
    }
    irq_unlock(&irq_table_lock, flags);
    return rc;
}

void irq_mask(unsigned int irq, bool masked)
{
    ioapic_mask(gsi_of(irq), masked);
}

bool irq_is_level(unsigned int irq)
{
    return descs[irq].level;
}

void irq_set_cpu(unsigned int irq, unsigned int cpu)
{
    ioapic_set_dest(gsi_of(irq), cpu_apic_id[cpu]);
}

int request_irq(unsigned int irq, irq_handler_t *fn, void *data, const char *name)
{
    struct irq_desc *desc = &descs[irq % NR_IRQS];
    bool level = false, low = false;
    unsigned int gsi = irq;
    unsigned long flags;
    int rc;

    if (irq >= nr_irqs_gsi) {
        return -EINVAL;
    }
    trigger_of(irq, &gsi, &level, &low);
    flags = irq_lock(&irq_table_lock);
    rc = -EBUSY;
    if (desc->fn) {
        goto out;
    }
    rc = vector_alloc(irq);
    if (rc < 0) {
        goto out;
    }
    desc->vector = (uint8_t)rc;
    desc->data = data;
    desc->name = name;
    desc->level = level;
    desc->low = low;
    smp_store_release(&desc->fn, fn);
    rc = ioapic_route(gsi, desc->vector, cpu_apic_id[0], level, low);
    if (rc) {
        desc->fn = NULL;
        vector_irq[desc->vector] = -1;
    }
out:
    irq_unlock(&irq_table_lock, flags);
    if (!rc) {
        ioapic_mask(gsi, false);
    }
    return rc;
}

static void nmi_line_taken(unsigned int irq, void *data)
{
}

int irq_route_nmi(unsigned int irq, unsigned int cpu, const char *name)
{
    struct irq_desc *desc = &descs[irq % NR_IRQS];
    bool level = false, low = false;
    unsigned int gsi = irq;
    unsigned long flags;
    int rc = -EBUSY;

    if (irq >= nr_irqs_gsi) {
        return -EINVAL;
    }
    trigger_of(irq, &gsi, &level, &low);
    flags = irq_lock(&irq_table_lock);
    if (!desc->fn) {
        rc = ioapic_route_nmi(gsi, cpu_apic_id[cpu], low);
    }
    if (!rc) {
        desc->name = name;
        smp_store_release(&desc->fn, nmi_line_taken);
    }
    irq_unlock(&irq_table_lock, flags);
    return rc;
}

void release_irq(unsigned int irq)
{
    struct irq_desc *desc = &descs[irq];
    unsigned long flags;

    irq_mask(irq, true);
    flags = irq_lock(&irq_table_lock);
    vector_irq[desc->vector] = -1;
    WRITE_ONCE(desc->fn, NULL);
    irq_unlock(&irq_table_lock, flags);
    while (READ_ONCE(desc->running)) {
        cpu_relax();
    }
}

bool irq_is_used(unsigned int irq)
{
    return irq < NR_IRQS && READ_ONCE(descs[irq].fn);
}

void irq_show(void)
{
    for (unsigned int irq = 0; irq < NR_IRQS; irq++) {
        const struct irq_desc *desc = &descs[irq];

        if (READ_ONCE(desc->fn)) {
            printk(XENLOG_ERR "irq %3u vector %#x %s %s\n", irq, desc->vector,
                   desc->level ? "level" : "edge", desc->name);
        }
    }
}

static void device_irq(unsigned int vector)
{
    int irq = READ_ONCE(vector_irq[vector]);
    struct irq_desc *desc;
    irq_handler_t *fn;

    if (irq < 0) {
        printk(XENLOG_G_WARNING "CPU%u: interrupt on vector %#x, which nobody uses\n",
               smp_processor_id(), vector);
        apic_eoi();
        return;
    }
    desc = &descs[irq];
    (void)__atomic_add_fetch(&desc->running, 1, __ATOMIC_SEQ_CST);
    fn = smp_load_acquire(&desc->fn);
    if (fn) {
        fn((unsigned int)irq, desc->data);
    }
    (void)__atomic_sub_fetch(&desc->running, 1, __ATOMIC_RELEASE);
    apic_eoi();
}

void do_irq(struct cpu_user_regs *regs)
{
    unsigned int vector = (uint8_t)regs->entry_vector;

    switch (vector) {
    case VECTOR_TIMER:
        apic_eoi();
        irq_timer();
        return;
    case VECTOR_EVENT_CHECK:
        apic_eoi(); /* the exit path looks at what is pending */
        return;
    case VECTOR_CALL_FUNCTION:
        apic_eoi();
        irq_call_function();
        return;
    case VECTOR_APIC_ERROR:
        apic_write(APIC_ESR, 0);
        this_cpu(apic_errors)++;
        printk(XENLOG_G_WARNING "CPU%u: APIC error %#x\n", smp_processor_id(), apic_read(APIC_ESR));
        apic_eoi();
        return;
    case VECTOR_SPURIOUS:
        return;
    default:
        device_irq(vector);
    }
}
