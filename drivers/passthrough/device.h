/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices behind units: what device.c and the control operations share. */
#ifndef PASSTHROUGH_DEVICE_H
#define PASSTHROUGH_DEVICE_H

#include "private.h"
#include "topology.h"

/* Its own, what a bridge puts in its place, and seven phantom functions'. */
#define IOMMU_MAX_IDS 9

struct iommu_ids {
    unsigned int nr;
    uint16_t id[IOMMU_MAX_IDS];
};

struct iommu_device {
    struct list link;
    struct pci_address address;
    struct iommu_unit *unit;
    enum iommu_bridge bridge; /* as its registers said when it was reported */
    struct iommu_ids ids;     /* requester ids of its accesses */
    struct domain *owner;     /* NULL: nobody, it is in quarantine */
    bool user;                /* counted in its ids */
};

/* The list's lock is held around these. */
void iommu_devices_lock(void);
void iommu_devices_unlock(void);
struct iommu_device *iommu_device_find(struct pci_address a) __must_check;
/* It becomes d's, or goes to quarantine (NULL). 0; -EBUSY: it shares an id with a device that is
 * somebody else's; -ENOMEM: then it reaches nothing, or what it did before. */
int iommu_device_give(struct iommu_device *dev, struct domain *d) __must_check;

/* Would giving it to `owner` (NULL: quarantine) part it from one with the same requester id that is
 * somebody else's? */
bool iommu_device_is_entangled(const struct iommu_device *dev, const struct domain *owner);
/* The n-th device of d's besides `of` that has a requester id in common with it, NULL: none. */
struct iommu_device *iommu_device_in_group(const struct domain *d, const struct iommu_device *of,
                                           unsigned int n);

#endif
