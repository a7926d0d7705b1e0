/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IO-APICs (82093AA): one redirection entry a GSI. Entries are written under one lock, since a
 * register is chosen by an index written before.
 */
#include <hv/acpi.h>
#include <hv/arch/mm.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <asm/apic.h>
#include <asm/io.h>
#include <asm/irq.h>

#define IOAPIC_INDEX 0x00
#define IOAPIC_DATA  0x10
#define IOAPIC_LEN   0x1000
#define REG_VERSION  0x01
#define REG_ENTRY(n) (0x10 + 2 * (n))

#define RTE_MASKED (1U << 16)
#define RTE_LEVEL  (1U << 15)
#define RTE_LOW    (1U << 13)

static struct {
    char *regs;
    maddr_t addr;
    unsigned int base, pins;
} ioapics[ACPI_MAX_IOAPICS] __ro_after_init;
static unsigned int nr_ioapics __ro_after_init;
unsigned int nr_irqs_gsi __ro_after_init;

static DEFINE_IRQLOCK(ioapic_lock, RANK_IRQ_CHIP);

static uint32_t reg_read(unsigned int i, unsigned int reg)
{
    mmio_write32(ioapics[i].regs + IOAPIC_INDEX, reg);
    return mmio_read32(ioapics[i].regs + IOAPIC_DATA);
}

static void reg_write(unsigned int i, unsigned int reg, uint32_t value)
{
    mmio_write32(ioapics[i].regs + IOAPIC_INDEX, reg);
    mmio_write32(ioapics[i].regs + IOAPIC_DATA, value);
}

/* Why this one is not used; NULL: it is ioapics[nr_ioapics] now. */
static const char *__init take_ioapic(const struct acpi_ioapic *a)
{
    uint32_t version;

    if (a->gsi_base >= MAX_LINES) {
        return "has lines beyond all that are told apart";
    }
    if (arch_is_ram(a->addr, IOAPIC_LEN)) {
        return "lies in RAM";
    }
    ioapics[nr_ioapics].regs = ioremap(a->addr, IOAPIC_LEN);
    if (!ioapics[nr_ioapics].regs) {
        return "cannot be mapped";
    }
    version = reg_read(nr_ioapics, REG_VERSION);
    if (version == ~0U || !version) {
        iounmap(ioapics[nr_ioapics].regs);
        return "does not answer";
    }
    ioapics[nr_ioapics].addr = a->addr;
    ioapics[nr_ioapics].base = a->gsi_base;
    /* Those from MAX_LINES on have numbers that messages need. */
    ioapics[nr_ioapics].pins = min(((version >> 16) & 0xff) + 1, MAX_LINES - a->gsi_base);
    return NULL;
}

void __init ioapic_init(void)
{
    for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
        const struct acpi_ioapic *a = &acpi_info.ioapics[i];
        const char *wrong = take_ioapic(a);

        if (wrong) {
            printk(XENLOG_ERR "IO-APIC %u at %#lx %s, skipped\n", a->id, maddr_x(a->addr), wrong);
            continue;
        }
        for (unsigned int pin = 0; pin < ioapics[nr_ioapics].pins; pin++) {
            reg_write(nr_ioapics, REG_ENTRY(pin), RTE_MASKED);
        }
        nr_irqs_gsi = max(nr_irqs_gsi, a->gsi_base + ioapics[nr_ioapics].pins);
        nr_ioapics++;
    }
    printk(XENLOG_INFO "Interrupts: %s, %u IO-APICs, %u lines\n", x2apic_mode ? "x2APIC" : "xAPIC",
           nr_ioapics, nr_irqs_gsi);
}

/* The IO-APIC of a GSI and its pin; false when no one has it. */
static bool find_pin(unsigned int gsi, unsigned int *which, unsigned int *pin)
{
    for (unsigned int i = 0; i < nr_ioapics; i++) {
        if (gsi >= ioapics[i].base && gsi - ioapics[i].base < ioapics[i].pins) {
            *which = i;
            *pin = gsi - ioapics[i].base;
            return true;
        }
    }
    return false;
}

int ioapic_route(unsigned int gsi, uint8_t vector, uint32_t dest_apic, bool level, bool low)
{
    unsigned int i, pin;
    unsigned long flags;

    if (!find_pin(gsi, &i, &pin)) {
        return -EINVAL;
    }
    if (dest_apic > 0xff) {
        return -ENOSPC; /* beyond physical destination mode without interrupt remapping */
    }
    flags = irq_lock(&ioapic_lock);
    /* Masked while the halves differ. */
    reg_write(i, REG_ENTRY(pin), RTE_MASKED);
    reg_write(i, REG_ENTRY(pin) + 1, dest_apic << 24);
    reg_write(i, REG_ENTRY(pin),
              RTE_MASKED | (level ? RTE_LEVEL : 0) | (low ? RTE_LOW : 0) | vector);
    irq_unlock(&ioapic_lock, flags);
    return 0;
}

int ioapic_route_nmi(unsigned int gsi, uint32_t dest_apic, bool low)
{
    unsigned int i, pin;
    unsigned long flags;

    if (!find_pin(gsi, &i, &pin)) {
        return -EINVAL;
    }
    if (dest_apic > 0xff) {
        return -ENOSPC;
    }
    flags = irq_lock(&ioapic_lock);
    reg_write(i, REG_ENTRY(pin), RTE_MASKED);
    reg_write(i, REG_ENTRY(pin) + 1, dest_apic << 24);
    reg_write(i, REG_ENTRY(pin), APIC_DM_NMI | (low ? RTE_LOW : 0)); /* always edge */
    irq_unlock(&ioapic_lock, flags);
    return 0;
}

void ioapic_set_dest(unsigned int gsi, uint32_t dest_apic)
{
    unsigned int i, pin;
    unsigned long flags;
    uint32_t low;

    if (!find_pin(gsi, &i, &pin) || dest_apic > 0xff) {
        return;
    }
    flags = irq_lock(&ioapic_lock);
    low = reg_read(i, REG_ENTRY(pin));
    /* Masked while the halves differ. */
    reg_write(i, REG_ENTRY(pin), low | RTE_MASKED);
    reg_write(i, REG_ENTRY(pin) + 1, dest_apic << 24);
    reg_write(i, REG_ENTRY(pin), low);
    irq_unlock(&ioapic_lock, flags);
}

int ioapic_read_register(maddr_t regs, uint32_t reg, uint32_t *value)
{
    for (unsigned int i = 0; i < nr_ioapics; i++) {
        unsigned long flags;

        if (maddr_x(ioapics[i].addr) != maddr_x(regs)) {
            continue;
        }
        if (reg > REG_ENTRY(ioapics[i].pins - 1) + 1) {
            return -EINVAL;
        }
        flags = irq_lock(&ioapic_lock);
        *value = reg_read(i, reg);
        irq_unlock(&ioapic_lock, flags);
        return 0;
    }
    return -EINVAL;
}

void ioapic_mask(unsigned int gsi, bool masked)
{
    unsigned int i, pin;
    unsigned long flags;
    uint32_t low;

    if (!find_pin(gsi, &i, &pin)) {
        return;
    }
    flags = irq_lock(&ioapic_lock);
    low = reg_read(i, REG_ENTRY(pin));
    reg_write(i, REG_ENTRY(pin), masked ? low | RTE_MASKED : low & ~RTE_MASKED);
    irq_unlock(&ioapic_lock, flags);
}

unsigned int isa_irq_to_gsi(unsigned int irq, bool *level, bool *low)
{
    *level = *low = false;
    for (unsigned int i = 0; i < acpi_info.nr_overrides; i++) {
        const struct acpi_override *o = &acpi_info.overrides[i];

        if (o->irq == irq) {
            *level = o->level;
            *low = o->active_low;
            return o->gsi;
        }
    }
    return irq;
}
