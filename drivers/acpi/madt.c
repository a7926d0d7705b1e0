/* SPDX-License-Identifier: GPL-2.0-only */
/* MADT (ACPI 5.2.12): local APICs, IO-APICs, interrupt source overrides. */
#include "private.h"

struct madt {
    struct acpi_header h;
    uint32_t lapic_addr, flags;
} __packed;
#define MADT_PCAT_COMPAT 1U

enum { MADT_LAPIC, MADT_IOAPIC, MADT_OVERRIDE, MADT_LAPIC_ADDR = 5, MADT_X2APIC = 9 };
#define LAPIC_ENABLED        1U
#define LAPIC_ONLINE_CAPABLE 2U

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

static void __init add_cpu(uint32_t apic_id, uint32_t acpi_id, uint32_t flags)
{
    if (!(flags & (LAPIC_ENABLED | LAPIC_ONLINE_CAPABLE))) {
        return;
    }
    if (acpi_info.nr_cpus == ACPI_MAX_CPUS) {
        printk(XENLOG_WARNING "ACPI: CPU with APIC id %#x is beyond NR_CPUS, left alone\n",
               apic_id);
        return;
    }
    acpi_info.cpus[acpi_info.nr_cpus++] = (struct acpi_cpu){ .apic_id = apic_id,
                                                             .acpi_id = acpi_id,
                                                             .enabled = flags & LAPIC_ENABLED };
}

static void __init add_ioapic(const struct madt_ioapic *e)
{
    if (acpi_info.nr_ioapics == ACPI_MAX_IOAPICS) {
        printk(XENLOG_WARNING "ACPI: IO-APIC %u is one too many, left alone\n", e->id);
        return;
    }
    acpi_info.ioapics[acpi_info.nr_ioapics++] = (struct acpi_ioapic){ .id = e->id,
                                                                      .addr = _maddr(e->addr),
                                                                      .gsi_base = e->gsi_base };
}

/* Flags: polarity in bits 0-1, trigger mode in 2-3; 0 means as the bus has it, and ISA is edge,
 * high. */
static void __init add_override(const struct madt_override *e)
{
    if (e->bus || acpi_info.nr_overrides == ACPI_MAX_OVERRIDES) {
        return;
    }
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

    if (sub->type == MADT_LAPIC && lapic && lapic->apic_id != 0xff) {
        add_cpu(lapic->apic_id, lapic->acpi_id, lapic->flags);
    } else if (sub->type == MADT_X2APIC && x2apic) {
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
