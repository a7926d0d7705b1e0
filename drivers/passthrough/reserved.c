/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that firmware has a device reach all the time (VT-d's RMRR, AMD-Vi's IVMD): mapped for the
 * hardware domain as it is named, and kept with the device that it is named for. Such a device is
 * not given to other domains. Filled at start-up, as long as the table is; constant afterwards.
 */
#include <hv/arch/mm.h>
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

/* One that takes memory from others, or that no table reaches, costs its device, nobody else. */
static int __init map_region(struct iommu_context *ctx, const struct reserved *r,
                             struct iommu_flush *flush)
{
    unsigned long frames = mfn_diff(r->last, r->first) + 1;

    if (arch_is_ram(mfn_to_maddr(r->first), frames << PAGE_SHIFT)) {
        return -EADDRINUSE;
    }
    return iommu_map(ctx, _dfn(mfn_x(r->first)), r->first, frames, r->perms, flush);
}

void __init iommu_reserved_map(struct iommu_context *ctx)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    const struct reserved *r;

    list_for_each (r, &regions, link) {
        int rc = map_region(ctx, r, &flush);

        if (rc) {
            printk(XENLOG_WARNING "IOMMU: the reserved region %#lx to %#lx of " PRI_pci
                                  " is not mapped: %s\n",
                   maddr_x(mfn_to_maddr(r->first)), maddr_x(mfn_to_maddr(r->last)) + PAGE_SIZE - 1,
                   PCI_ARGS(r->device),
                   rc == -EADDRINUSE ? "there is RAM in it"
                   : rc == -EINVAL   ? "out of the tables' reach"
                                     : "no memory");
        }
    }
    iommu_flush(ctx, &flush);
}

void __init iommu_reserved_attach(struct domain *hwdom)
{
    const struct reserved *r;

    list_for_each (r, &regions, link) {
        iommu_device_early(r->device, hwdom);
    }
}
