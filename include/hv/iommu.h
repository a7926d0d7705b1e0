/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What devices of a domain may reach, as the rooms that hand memory out see it. Without an IOMMU
 * driver in the image there is nothing to keep: this header's absent variant says so inline.
 *
 * A granted frame is reachable by the mapping domain's devices while it has it mapped; the driver
 * counts readers and writers of each frame, so callers only report each pin and its end. Both
 * return what must be flushed (IOMMU_FLUSH_*, or'ed over a batch) before the pin is given back.
 */
#ifndef HV_IOMMU_H
#define HV_IOMMU_H

#include <hv/compiler.h>
#include <hv/frame.h>

struct domain;

#define IOMMU_FLUSH_added    (1U << 0)
#define IOMMU_FLUSH_modified (1U << 1)

/* 0 or -errno; dfn is the frame's address for d's devices: the machine frame for a PV domain. */
static inline int __must_check iommu_grant_get(struct domain *d, dfn_t dfn, mfn_t mfn,
                                               bool writable, unsigned int *flush)
{
    return 0;
}

static inline void iommu_grant_put(struct domain *d, dfn_t dfn, mfn_t mfn, bool writable,
                                   unsigned int *flush)
{
}

static inline void iommu_flush(struct domain *d, unsigned int flush)
{
}

#endif
