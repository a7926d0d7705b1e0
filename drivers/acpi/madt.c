/* SPDX-License-Identifier: GPL-2.0-only */
/* MADT (ACPI 5.2.12): local APICs, IO-APICs, interrupt source overrides. */
#include "private.h"

struct madt {
    struct acpi_header h;
    uint32_t lapic_addr, flags;
} __packed;
#define MADT_PCAT_COMPAT 1U

enum { MADT_LAPIC, MADT_IOAPIC, MADT_OVERRIDE, MADT_LAPIC_ADDR = 5, MADT_X2APIC = 9 };
#define LAPIC_ENABLED 1U
#define LAPIC_NONE    0xffU /* no id: all CPUs are meant */
#define X2APIC_NONE   0xffffffffU
#define ISA_IRQS      16

struct madt_lapic {
    struct acpi_sub sub;
    uint8_t acpi_id, apic_id;
    uint32_t flags;
} __packed;
struct madt_x2apic {
    struct acpi_sub sub;
    uint16_t reserved;
    uint32_t apic_id, flags, acpi_id;
} __packed;
struct madt_ioapic {
    struct acpi_sub sub;
    uint8_t id, reserved;
    uint32_t addr, gsi_base;
} __packed;
struct madt_override {
    struct acpi_sub sub;
    uint8_t bus, irq;
    uint32_t gsi;
    uint16_t flags;
} __packed;
struct madt_lapic_addr {
    struct acpi_sub sub;
    uint16_t reserved;
    uint64_t addr;
} __packed;

static struct acpi_cpu *__init find_cpu(uint32_t apic_id)
{
    for (unsigned int i = 0; i < acpi_info.nr_cpus; i++) {
        if (acpi_info.cpus[i].apic_id == apic_id) {
            return &acpi_info.cpus[i];
        }
    }
    return NULL;
}

/*
 * CPUs that firmware has enabled; those that could be put in later have no place. The CPU that runs
 * this always has one (I31). The same CPU may be listed in both formats.
 */
static void __init add_cpu(uint32_t apic_id, uint32_t acpi_id, uint32_t flags)
{
    const struct acpi_cpu cpu = { .apic_id = apic_id, .acpi_id = acpi_id, .enabled = true };

    if (!(flags & LAPIC_ENABLED) || find_cpu(apic_id)) {
        return;
    }
    if (acpi_info.nr_cpus < ACPI_MAX_CPUS) {
        acpi_info.cpus[acpi_info.nr_cpus++] = cpu;
        return;
    }
    if (apic_id == arch_boot_apic_id()) {
        struct acpi_cpu *last = &acpi_info.cpus[ACPI_MAX_CPUS - 1];

        apic_id = last->apic_id;
        *last = cpu;
    }
    printk(XENLOG_WARNING "ACPI: CPU with APIC id %#x is beyond NR_CPUS, left alone\n", apic_id);
}

/* Of too many, those with the lowest lines are kept: the legacy devices' are 0 to 15. */
static void __init add_ioapic(const struct madt_ioapic *e)
{
    struct acpi_ioapic fresh = { .id = e->id, .addr = _maddr(e->addr), .gsi_base = e->gsi_base };
    struct acpi_ioapic *highest = acpi_info.ioapics;

    if (acpi_info.nr_ioapics < ACPI_MAX_IOAPICS) {
        acpi_info.ioapics[acpi_info.nr_ioapics++] = fresh;
        return;
    }
    for (unsigned int i = 1; i < ACPI_MAX_IOAPICS; i++) {
        if (acpi_info.ioapics[i].gsi_base > highest->gsi_base) {
            highest = &acpi_info.ioapics[i];
        }
    }
    if (fresh.gsi_base < highest->gsi_base) {
        struct acpi_ioapic out = *highest;

        *highest = fresh;
        fresh = out;
    }
    printk(XENLOG_WARNING "ACPI: IO-APIC %u is one too many, left alone\n", fresh.id);
}

/* Flags: polarity in bits 0-1, trigger mode in 2-3; 0 means as the bus has it, and ISA is edge,
 * high. The first word on an interrupt counts. */
static void __init add_override(const struct madt_override *e)
{
    if (e->bus || e->irq >= ISA_IRQS) {
        return;
    }
    for (unsigned int i = 0; i < acpi_info.nr_overrides; i++) {
        if (acpi_info.overrides[i].irq == e->irq) {
            return;
        }
    }
    _Static_assert(ISA_IRQS <= ACPI_MAX_OVERRIDES, "one for each has room");
    acpi_info.overrides[acpi_info.nr_overrides++] = (struct acpi_override){
        .irq = e->irq,
        .gsi = e->gsi,
        .active_low = (e->flags & 3) == 3,
        .level = (e->flags & 12) == 12
    };
}

static void __init madt_entry(const struct acpi_sub *sub)
{
    const struct madt_lapic *lapic = ACPI_SUB(sub, struct madt_lapic);
    const struct madt_x2apic *x2apic = ACPI_SUB(sub, struct madt_x2apic);
    const struct madt_ioapic *ioapic = ACPI_SUB(sub, struct madt_ioapic);
    const struct madt_override *override = ACPI_SUB(sub, struct madt_override);
    const struct madt_lapic_addr *addr = ACPI_SUB(sub, struct madt_lapic_addr);

    if (sub->type == MADT_LAPIC && lapic && lapic->apic_id != LAPIC_NONE) {
        add_cpu(lapic->apic_id, lapic->acpi_id, lapic->flags);
    } else if (sub->type == MADT_X2APIC && x2apic && x2apic->apic_id != X2APIC_NONE) {
        add_cpu(x2apic->apic_id, x2apic->acpi_id, x2apic->flags);
    } else if (sub->type == MADT_IOAPIC && ioapic) {
        add_ioapic(ioapic);
    } else if (sub->type == MADT_OVERRIDE && override) {
        add_override(override);
    } else if (sub->type == MADT_LAPIC_ADDR && addr) {
        acpi_info.lapic_addr = _maddr(addr->addr);
    }
}

void __init acpi_read_madt(const struct acpi_header *h)
{
    const struct madt *m = (const struct madt *)h;

    if (h->length < sizeof(*m) || acpi_info.nr_cpus) {
        printk(XENLOG_WARNING "ACPI: a short or second APIC table, skipped\n");
        return;
    }
    acpi_info.lapic_addr = _maddr(m->lapic_addr);
    acpi_info.has_pic = m->flags & MADT_PCAT_COMPAT;
    acpi_for_each_sub(h, sizeof(*m), madt_entry);
}
