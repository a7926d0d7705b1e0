/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requester ids: by what id a unit knows the source of an access. The table says how many devices'
 * accesses may carry an id, whose they are, and what it goes by. Under the devices' lock.
 */
#ifndef PASSTHROUGH_REQUESTER_H
#define PASSTHROUGH_REQUESTER_H

#include "private.h"

struct iommu_requester {
    struct list link;
    struct iommu_unit *unit;
    uint16_t source;
    unsigned int users;        /* devices whose accesses may carry it, at least one */
    struct domain *owner;      /* whose devices they are; NULL: nobody's */
    struct iommu_context *ctx; /* what it goes by; NULL: nowhere */
};

/* NULL: no device uses it, and it goes nowhere. */
struct iommu_requester *iommu_requester_find(const struct iommu_unit *u, uint16_t source);
/* One user more; a new one is nobody's and goes nowhere. NULL: no memory. */
struct iommu_requester *iommu_requester_get(struct iommu_unit *u, uint16_t source) __must_check;
/* One user less: with the last it goes nowhere. */
void iommu_requester_put(struct iommu_requester *r);
/* It is owner's and goes by ctx, or nowhere (NULL: needs no memory). 0, or -ENOMEM: as it was. */
int iommu_requester_point(struct iommu_requester *r, struct domain *owner,
                          struct iommu_context *ctx) __must_check;
/* The same context again, or nothing, but its refused accesses are not recorded. */
int iommu_requester_quiet(struct iommu_unit *u, uint16_t source) __must_check;

#endif
