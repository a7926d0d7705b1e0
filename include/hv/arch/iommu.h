/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/ owes to drivers/passthrough: registers, caches, an interrupt by message. */
#ifndef HV_ARCH_IOMMU_H
#define HV_ARCH_IOMMU_H

#include <hv/frame.h>
#include <hv/pci.h>

/* A unit's registers: one access of just that width. */
uint32_t arch_mmio_read32(const volatile void *reg);
uint64_t arch_mmio_read64(const volatile void *reg);
void arch_mmio_write32(volatile void *reg, uint32_t val);
void arch_mmio_write64(volatile void *reg, uint64_t val);

/* What was written there is in memory, for a unit that does not look into caches. */
void arch_cache_write_back(const void *va, size_t bytes);

/* An entry or a command of 128 bits. */
struct iommu_pair {
    uint64_t lo, hi;
} __aligned(16);
_Static_assert(sizeof(struct iommu_pair) == 16, "as units read it");

/* Replaces both words at once, as a unit reads them (I15). */
void arch_store_pair(struct iommu_pair *slot, struct iommu_pair val);

/*
 * An interrupt of the hypervisor's own that a unit raises by writing `data` to `address`: fn runs
 * in interrupt context. 0, -ENOSPC. Start-up.
 */
int arch_iommu_irq(void (*fn)(void *data), void *fn_data, const char *name, uint64_t *address,
                   uint32_t *data) __must_check;

/* A device is about to go to a guest: what is to be known of it is asked of it now. Process
 * context; takes the list of PCI functions. */
void arch_iommu_device_goes(struct pci_address a);
/* It goes: its interrupt messages may be anything from now on. */
void arch_iommu_device_given(void);

/* Waits of a few microseconds, before the clock runs too. */
void arch_relax(void);

#endif
