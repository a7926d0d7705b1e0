/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt dispatch: fixed vectors of the hypervisor, then device lines by their vector.
 *
 * A device whose messages are not remapped may send any of them (I29). The hypervisor's own vectors
 * are handled whoever sent them: each handler looks for its work first. What nobody uses is ended,
 * so that it holds back nothing.
 *
 * irq_lock_ guards requests and vectors. The dispatcher takes no lock: a descriptor is published
 * with release after it is complete, and a released one's handler is waited for.
 */
#include <hv/arch/iommu.h>
#include <hv/arch/pirq.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/rcu.h>
#include <hv/smp.h>
#include <asm/apic.h>
#include <asm/entry.h>
#include <asm/irq.h>
#include <asm/msi.h>
#include "vector.h"

#define NR_ISA_IRQS 16

struct irq_place {
    unsigned int cpu;
    uint8_t vector; /* 0: none */
};

/*
 * An irq that moves keeps the vector it had on the CPU before until it moves again: what is pending
 * there still finds it.
 */
struct irq_desc {
    irq_handler_t *fn;
    void *data;
    const char *name;
    struct irq_place place, before;
    bool level, low;
    bool configured;  /* trigger and polarity were given */
    uint32_t running; /* CPUs that are in fn */
};

static struct irq_desc descs[NR_IRQS];
static DEFINE_IRQLOCK(irq_table_lock, RANK_IRQ);

DEFINE_PER_CPU(unsigned long, apic_errors);

bool irq_messages_untrusted;

void arch_iommu_device_given(void)
{
    WRITE_ONCE(irq_messages_untrusted, true);
}

/* A place for irq's messages: CPU 0's unless that has no vector left. */
static int take_place(struct irq_desc *desc, unsigned int irq)
{
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        int vector = vector_take(irq, cpu, VECTOR_FIRST_DEVICE, false);

        if (vector >= 0) {
            desc->place = (struct irq_place){ cpu, (uint8_t)vector };
            return 0;
        }
    }
    return -ENOSPC;
}

static void give_places(struct irq_desc *desc)
{
    if (desc->before.vector) {
        vector_give(desc->before.cpu, desc->before.vector);
    }
    vector_give(desc->place.cpu, desc->place.vector);
    desc->before.vector = desc->place.vector = 0;
}

static bool is_line(unsigned int irq)
{
    return irq < nr_irqs_gsi;
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

int arch_gsi_irq(uint32_t gsi)
{
    if (gsi >= nr_irqs_gsi) {
        return -EINVAL;
    }
    for (unsigned int irq = 0; irq < NR_ISA_IRQS; irq++) {
        if (gsi_of(irq) == gsi) {
            return (int)irq;
        }
    }
    return gsi < NR_ISA_IRQS ? -EINVAL : (int)gsi;
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
    if (is_line(irq)) {
        ioapic_mask(gsi_of(irq), masked);
    } else {
        msi_mask(irq, masked);
    }
}

bool irq_is_level(unsigned int irq)
{
    return descs[irq].level;
}

/* A line keeps its vector: the IO-APIC knows by it which level interrupt has ended. */
static void move(struct irq_desc *desc, unsigned int irq, unsigned int cpu)
{
    struct irq_place old = desc->place, *before = &desc->before;
    int vector = vector_take(irq, cpu, old.vector, is_line(irq));

    if (vector < 0) {
        return;
    }
    if (before->vector && (before->cpu != cpu || before->vector != vector)) {
        vector_give(before->cpu, before->vector);
    }
    *before = old;
    desc->place = (struct irq_place){ cpu, (uint8_t)vector };
    if (is_line(irq)) {
        ioapic_set_dest(gsi_of(irq), cpu_apic_id[cpu]);
    } else {
        msi_route(irq, desc->place.vector, cpu_apic_id[cpu]);
    }
}

void irq_set_cpu(unsigned int irq, unsigned int cpu)
{
    struct irq_desc *desc = &descs[irq];
    unsigned long flags = irq_lock(&irq_table_lock);

    /* The IO-APIC's and the messages' ids have eight bits. */
    if (desc->place.vector && desc->place.cpu != cpu && cpu_apic_id[cpu] <= 0xff) {
        move(desc, irq, cpu);
    }
    irq_unlock(&irq_table_lock, flags);
}

int irq_prepare(unsigned int irq)
{
    struct irq_desc *desc = &descs[irq];
    unsigned long flags = irq_lock(&irq_table_lock);
    int rc = take_place(desc, irq);

    if (!rc) {
        desc->level = false;
        msi_route(irq, desc->place.vector, cpu_apic_id[desc->place.cpu]);
    }
    irq_unlock(&irq_table_lock, flags);
    return rc;
}

void irq_unprepare(unsigned int irq)
{
    unsigned long flags = irq_lock(&irq_table_lock);

    give_places(&descs[irq]);
    irq_unlock(&irq_table_lock, flags);
}

int request_irq(unsigned int irq, irq_handler_t *fn, void *data, const char *name)
{
    struct irq_desc *desc = &descs[irq % NR_IRQS];
    bool level = false, low = false;
    unsigned int gsi = irq;
    unsigned long flags;
    int rc;

    if (irq >= NR_IRQS || (!is_line(irq) && !desc->place.vector)) {
        return -EINVAL;
    }
    if (is_line(irq)) {
        trigger_of(irq, &gsi, &level, &low);
    }
    flags = irq_lock(&irq_table_lock);
    rc = -EBUSY;
    if (desc->fn) {
        goto out;
    }
    rc = is_line(irq) ? take_place(desc, irq) : 0;
    if (rc) {
        goto out;
    }
    desc->data = data;
    desc->name = name;
    desc->level = level;
    desc->low = low;
    smp_store_release(&desc->fn, fn);
    if (is_line(irq)) {
        rc = ioapic_route(gsi, desc->place.vector, cpu_apic_id[desc->place.cpu], level, low);
    }
    if (rc) {
        desc->fn = NULL;
        give_places(desc);
    }
out:
    irq_unlock(&irq_table_lock, flags);
    if (!rc) {
        irq_mask(irq, false);
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
    if (is_line(irq)) {
        give_places(desc);
    }
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
            printk(XENLOG_ERR "irq %3u CPU%u vector %#x %s %s\n", irq, desc->place.cpu,
                   desc->place.vector,
                   !is_line(irq) ? "message"
                   : desc->level ? "level"
                                 : "edge",
                   desc->name);
        }
    }
}

/* An interrupt that comes from the 8259s must not end another that the APIC has in service. */
static void stray_irq(unsigned int vector)
{
    bool message = apic_in_service(vector);

    if (message) {
        apic_eoi();
    }
    printk(XENLOG_G_WARNING "CPU%u: %s vector %#x, which nobody uses\n", smp_processor_id(),
           message ? "an interrupt message of" : "a spurious interrupt on", vector);
}

static void device_irq(unsigned int vector)
{
    int irq = vector_irq(vector);
    struct irq_desc *desc;
    irq_handler_t *fn;

    if (irq < 0) {
        stray_irq(vector);
        return;
    }
    desc = &descs[irq];
    /* Who releases it waits for those that run: none comes in once it has no handler (I6). */
    if (READ_ONCE(desc->fn)) {
        (void)__atomic_add_fetch(&desc->running, 1, __ATOMIC_SEQ_CST);
        fn = smp_load_acquire(&desc->fn);
        if (fn) {
            fn((unsigned int)irq, desc->data);
        }
        (void)__atomic_sub_fetch(&desc->running, 1, __ATOMIC_RELEASE);
    }
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
        /* The APIC's own is not in service; a message of that vector is. */
        if (apic_in_service(vector)) {
            stray_irq(vector);
        }
        return;
    default:
        device_irq(vector);
    }
}
