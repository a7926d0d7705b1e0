/* SPDX-License-Identifier: GPL-2.0-only */
/* Where memory and CPUs are near each other: SRAT (ACPI 5.2.16) and SLIT (5.2.17). */
#include "private.h"

enum { SRAT_LAPIC, SRAT_MEMORY, SRAT_X2APIC };
#define SRAT_ENABLED 1U
#define SRAT_HOTPLUG 2U

struct srat_lapic {
    struct acpi_sub sub;
    uint8_t domain_lo, apic_id;
    uint32_t flags;
    uint8_t sapic, domain_hi[3];
    uint32_t clock;
} __packed;
struct srat_memory {
    struct acpi_sub sub;
    uint32_t domain;
    uint16_t reserved0;
    uint64_t base, length;
    uint32_t reserved1, flags;
    uint64_t reserved2;
} __packed;
_Static_assert(sizeof(struct srat_memory) == 40, "ACPI 5.2.16.2");
struct srat_x2apic {
    struct acpi_sub sub;
    uint16_t reserved;
    uint32_t domain, apic_id, flags, clock;
    uint32_t reserved1;
} __packed;

#define SRAT_ENTRIES (sizeof(struct acpi_header) + 12)

static void __init cpu_domain(uint32_t apic_id, uint32_t domain, uint32_t flags)
{
    for (unsigned int i = 0; (flags & SRAT_ENABLED) && i < acpi_info.nr_cpus; i++) {
        if (acpi_info.cpus[i].apic_id == apic_id) {
            acpi_info.cpus[i].domain = domain;
        }
    }
}

static void __init add_memory(const struct srat_memory *m)
{
    if (!(m->flags & SRAT_ENABLED) || !m->length || m->base + m->length < m->base) {
        return;
    }
    if (acpi_info.nr_memory == ACPI_MAX_MEMORY) {
        printk(XENLOG_WARNING "ACPI: SRAT has more memory ranges than %u\n", ACPI_MAX_MEMORY);
        return;
    }
    acpi_info.memory[acpi_info.nr_memory++] = (struct acpi_memory){ .start = m->base,
                                                                    .end = m->base + m->length,
                                                                    .domain = m->domain,
                                                                    .hotplug = m->flags &
                                                                               SRAT_HOTPLUG };
}

static void __init srat_entry(const struct acpi_sub *sub)
{
    const struct srat_lapic *lapic = ACPI_SUB(sub, struct srat_lapic);
    const struct srat_memory *memory = ACPI_SUB(sub, struct srat_memory);
    const struct srat_x2apic *x2apic = ACPI_SUB(sub, struct srat_x2apic);

    if (sub->type == SRAT_LAPIC && lapic) {
        cpu_domain(lapic->apic_id,
                   lapic->domain_lo | (uint32_t)lapic->domain_hi[0] << 8 |
                       (uint32_t)lapic->domain_hi[1] << 16 | (uint32_t)lapic->domain_hi[2] << 24,
                   lapic->flags);
    } else if (sub->type == SRAT_MEMORY && memory) {
        add_memory(memory);
    } else if (sub->type == SRAT_X2APIC && x2apic) {
        cpu_domain(x2apic->apic_id, x2apic->domain, x2apic->flags);
    }
}

void __init acpi_read_srat(const struct acpi_header *h)
{
    acpi_for_each_sub(h, SRAT_ENTRIES, srat_entry);
}

void __init acpi_read_slit(const struct acpi_header *h)
{
    const uint8_t *matrix = (const uint8_t *)(h + 1) + 8;
    uint64_t nr;

    if (h->length < sizeof(*h) + sizeof(nr)) {
        return;
    }
    memcpy(&nr, h + 1, sizeof(nr));
    if (nr > 256 || nr * nr > h->length - sizeof(*h) - sizeof(nr)) {
        printk(XENLOG_WARNING "ACPI: SLIT is shorter than its matrix, skipped\n");
        return;
    }
    acpi_info.nr_slit = (unsigned int)min_t(uint64_t, nr, ARRAY_SIZE(acpi_info.slit));
    for (unsigned int i = 0; i < acpi_info.nr_slit; i++) {
        memcpy(acpi_info.slit[i], matrix + i * nr, acpi_info.nr_slit);
    }
}
