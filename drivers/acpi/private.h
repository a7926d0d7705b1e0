/* SPDX-License-Identifier: GPL-2.0-only */
/* Table layouts (ACPI 6.4 ch. 5.2) and one reader a table. All of it runs at start-up only. */
#ifndef ACPI_PRIVATE_H
#define ACPI_PRIVATE_H

#include <hv/acpi.h>
#include <hv/lib.h>

/* 5.2.6 */
struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem_id[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __packed;
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI 5.2.6");

/* 5.2.3.2 */
struct acpi_gas {
    uint8_t space, bits, offset, access;
    uint64_t address;
} __packed;
_Static_assert(sizeof(struct acpi_gas) == 12, "ACPI 5.2.3.2");

static inline struct acpi_address acpi_from_gas(const struct acpi_gas *g)
{
    return (struct acpi_address){ .space = g->space, .bits = g->bits, .address = g->address };
}

/* One entry of the lists in MADT and SRAT. */
struct acpi_sub {
    uint8_t type, length;
} __packed;

/* Each reads a whole table whose length and checksum are right, into acpi_info. */
void acpi_read_madt(const struct acpi_header *h);
void acpi_read_fadt(const struct acpi_header *h);
void acpi_read_hpet(const struct acpi_header *h);
void acpi_read_mcfg(const struct acpi_header *h);
void acpi_read_srat(const struct acpi_header *h);
void acpi_read_slit(const struct acpi_header *h);
void acpi_keep_iommu(const struct acpi_header *h); /* DMAR and IVRS */
void acpi_read_aml(const struct acpi_header *h);   /* DSDT and SSDT */

/* A table's whole text by its address, or NULL with a message. */
const struct acpi_header *acpi_table(uint64_t addr);

/*
 * Walks the entries from offset `from` to the table's end: fn for each whole one. An entry that is
 * shorter than its head or goes past the end stops the walk, with a message.
 */
void acpi_for_each_sub(const struct acpi_header *h, size_t from,
                       void (*fn)(const struct acpi_sub *sub));
/* The entry as *type, if it is long enough for one. */
#define ACPI_SUB(sub, type) ((sub)->length >= sizeof(type) ? (const type *)(sub) : NULL)

#endif
