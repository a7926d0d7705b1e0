/* SPDX-License-Identifier: GPL-2.0-only */
/* The DMAR table as acpi.c reads it; apart for its unit test. */
#ifndef VTD_ACPI_H
#define VTD_ACPI_H

#include "hw.h"

struct vtd_scope {
    struct list link;
    struct iommu_unit *unit;
    struct pci_address device;
    bool below; /* a bridge, and all that is behind it */
    bool all;   /* whatever no other scope of the segment names */
};

/* Whatever no scope names is behind u: 0, -ENOMEM. */
int vtd_scope_all(struct iommu_unit *u) __init __must_check;

/* The copied table, len bytes. 0, -ENODEV it names no unit, or an error that was told. */
int vtd_read_dmar(void *table, size_t len) __init __must_check;

#endif
