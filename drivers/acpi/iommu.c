/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMAR and IVRS, the tables of IOMMUs: kept whole for drivers/passthrough, which reads them when
 * there is memory; and renamed where they lie, since a dom0 that finds one would take the units for
 * its own. Start-up, one CPU.
 */
#include "private.h"

#define ROOM (32U << 10)

static uint8_t kept[ROOM] __initdata __aligned(16);
static size_t kept_len __initdata;

/* The sum stays right: what the signature gains the checksum loses. */
static void __init rename(const struct acpi_header *h)
{
    struct acpi_header *w = (struct acpi_header *)(uintptr_t)h;

    w->checksum = (uint8_t)(w->checksum + w->signature[0] - 'X');
    w->signature[0] = 'X';
}

/* VT-d 3.3, 8.1: the flags of DMAR. The second counts beside the first alone. */
#define DMAR_FLAGS          37
#define DMAR_INTR_REMAP     1U
#define DMAR_X2APIC_OPT_OUT 2U

static void __init read_flags(const struct acpi_header *h)
{
    uint8_t wanted = DMAR_INTR_REMAP | DMAR_X2APIC_OPT_OUT;

    if (!memcmp(h->signature, "DMAR", 4) && h->length > DMAR_FLAGS) {
        acpi_info.x2apic_opt_out = (((const uint8_t *)h)[DMAR_FLAGS] & wanted) == wanted;
    }
}

void __init acpi_keep_iommu(const struct acpi_header *h)
{
    read_flags(h);
    if (kept_len || h->length > ROOM) {
        printk(XENLOG_WARNING "ACPI: %.4s of %u bytes skipped\n", h->signature, h->length);
    } else {
        memcpy(kept, h, h->length);
        kept_len = h->length;
    }
    rename(h);
}

void *__init acpi_iommu_table(const char *signature, size_t *len)
{
    *len = kept_len;
    return kept_len && !memcmp(kept, signature, 4) ? kept : NULL;
}
