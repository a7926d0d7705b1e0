/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that firmware has a device reach all the time (VT-d's RMRR, AMD-Vi's IVMD): mapped for the
 * hardware domain as it is named, and kept with the device that it is named for. Such a device is
 * not given to other domains. Filled at start-up, read-only afterwards.
 */
#include <hv/domain.h>
#include <hv/lib.h>

#include "private.h"

#define MAX_RESERVED 64

static struct reserved {
    struct pci_address device;
    mfn_t first, last;
    unsigned int perms;
} reserved[MAX_RESERVED] __ro_after_init;
static unsigned int nr_reserved __ro_after_init;

int __init iommu_reserved_add(struct pci_address a, mfn_t first, mfn_t last, unsigned int perms)
{
    if (nr_reserved == MAX_RESERVED) {
        printk(XENLOG_ERR "IOMMU: more than %u reserved regions\n", MAX_RESERVED);
        return -ENOSPC;
    }
    reserved[nr_reserved++] = (struct reserved){ a, first, last, perms };
    return 0;
}

bool iommu_reserved_has(struct pci_address a)
{
    for (unsigned int i = 0; i < nr_reserved; i++) {
        if (pci_address_eq(reserved[i].device, a)) {
            return true;
        }
    }
    return false;
}

int __init iommu_reserved_map(struct iommu_context *ctx)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    int rc = 0;

    for (unsigned int i = 0; !rc && i < nr_reserved; i++) {
        const struct reserved *r = &reserved[i];

        rc = iommu_map(ctx, _dfn(mfn_x(r->first)), r->first, mfn_diff(r->last, r->first) + 1,
                       r->perms, &flush);
    }
    iommu_flush(ctx, &flush);
    return rc;
}

void __init iommu_reserved_attach(struct domain *hwdom)
{
    for (unsigned int i = 0; i < nr_reserved; i++) {
        iommu_device_early(reserved[i].device, hwdom);
    }
}
