/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that firmware has a device reach all the time (VT-d's RMRR, AMD-Vi's IVMD): mapped for the
 * hardware domain as it is named, and kept with the device that it is named for. Such a device is
 * not given to other domains. Filled at start-up, as long as the table is; constant afterwards.
 */
#include <hv/domain.h>
#include <hv/lib.h>

#include "private.h"

struct reserved {
    struct list link;
    struct pci_address device;
    mfn_t first, last;
    unsigned int perms;
};

static DEFINE_LIST(regions);

int __init iommu_reserved_add(struct pci_address a, mfn_t first, mfn_t last, unsigned int perms)
{
    struct reserved *r = xzalloc(struct reserved);

    if (!r) {
        return -ENOMEM;
    }
    r->device = a;
    r->first = first;
    r->last = last;
    r->perms = perms;
    list_add_tail(&r->link, &regions);
    return 0;
}

bool iommu_reserved_has(struct pci_address a)
{
    const struct reserved *r;

    list_for_each (r, &regions, link) {
        if (pci_address_eq(r->device, a)) {
            return true;
        }
    }
    return false;
}

int __init iommu_reserved_map(struct iommu_context *ctx)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    const struct reserved *r;
    int rc = 0;

    list_for_each (r, &regions, link) {
        if (!rc) {
            rc = iommu_map(ctx, _dfn(mfn_x(r->first)), r->first, mfn_diff(r->last, r->first) + 1,
                           r->perms, &flush);
        }
    }
    iommu_flush(ctx, &flush);
    return rc;
}

void __init iommu_reserved_attach(struct domain *hwdom)
{
    const struct reserved *r;

    list_for_each (r, &regions, link) {
        iommu_device_early(r->device, hwdom);
    }
}
