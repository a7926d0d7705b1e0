/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ids by which units tell contexts apart in what they cache. One set for all units, as large as
 * the poorest one allows. Id 0 is nobody's: a caching unit tags with it what is not there.
 *
 * Invariant: an id is given out again only after its last holder has been flushed from all units,
 * which whoever frees it has seen to. Lock: RANK_IOMMU_IDS, a leaf.
 */
#include <hv/lib.h>

#include "private.h"

#define MAX_IDS 4096U

static struct iommu_context *holders[MAX_IDS];
static uint16_t next_id = 1;
static DEFINE_IRQLOCK(ids_lock, RANK_IOMMU_IDS);

int iommu_id_alloc(struct iommu_context *ctx)
{
    uint32_t limit = min(iommu_limits.domain_ids, MAX_IDS);
    unsigned long flags = irq_lock(&ids_lock);
    int rc = -ENOSPC;

    for (uint32_t i = 1; i < limit; i++) {
        uint16_t id = next_id < limit ? next_id : 1;

        next_id = (uint16_t)(id + 1);
        if (!holders[id]) {
            holders[id] = ctx;
            ctx->id = id;
            rc = 0;
            break;
        }
    }
    irq_unlock(&ids_lock, flags);
    return rc;
}

void iommu_id_free(uint16_t id)
{
    unsigned long flags = irq_lock(&ids_lock);

    holders[id] = NULL;
    irq_unlock(&ids_lock, flags);
}
