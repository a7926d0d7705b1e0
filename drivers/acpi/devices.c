/* SPDX-License-Identifier: GPL-2.0-only */
/* HPET (IA-PC HPET 3.2.4) and MCFG (PCI Firmware 4.1.2): where these devices are. */
#include "private.h"

struct hpet {
    struct acpi_header h;
    uint32_t block_id;
    struct acpi_gas address;
    uint8_t number;
    uint16_t min_tick;
    uint8_t attributes;
} __packed;

struct mcfg_entry {
    uint64_t base;
    uint16_t segment;
    uint8_t first_bus, last_bus;
    uint32_t reserved;
} __packed;
#define MCFG_ENTRIES (sizeof(struct acpi_header) + 8)

void __init acpi_read_hpet(const struct acpi_header *h)
{
    const struct hpet *t = (const struct hpet *)h;

    if (h->length < sizeof(*t) || t->address.space != ACPI_SPACE_MEMORY) {
        printk(XENLOG_WARNING "ACPI: HPET table of no use, skipped\n");
        return;
    }
    acpi_info.hpet = _maddr(t->address.address);
    acpi_info.hpet_min_tick = t->min_tick;
}

void __init acpi_read_mcfg(const struct acpi_header *h)
{
    const uint8_t *base = (const uint8_t *)h;

    for (size_t at = MCFG_ENTRIES; at + sizeof(struct mcfg_entry) <= h->length;
         at += sizeof(struct mcfg_entry)) {
        struct mcfg_entry e;

        memcpy(&e, base + at, sizeof(e));
        if (e.last_bus < e.first_bus || acpi_info.nr_ecams == ACPI_MAX_ECAMS) {
            printk(XENLOG_WARNING "ACPI: MCFG entry for segment %u skipped\n", e.segment);
            continue;
        }
        acpi_info.ecams[acpi_info.nr_ecams++] = (struct acpi_ecam){ .base = _maddr(e.base),
                                                                    .segment = e.segment,
                                                                    .first_bus = e.first_bus,
                                                                    .last_bus = e.last_bus };
    }
}
