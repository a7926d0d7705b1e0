/* SPDX-License-Identifier: GPL-2.0-only */
/* VT-d's entries: second-level tables (9.8) and context entries (9.3). No state, no locks. */
#include "hw.h"

#define PTE_READ  (1UL << 0)
#define PTE_WRITE (1UL << 1)
#define PTE_LARGE (1UL << 7)
#define PTE_SNOOP (1UL << 11)

__ro_after_init struct table_format vtd_format = {
    .name = "VT-d second level",
    .present = PTE_READ | PTE_WRITE,
    .read = PTE_READ,
    .write = PTE_WRITE,
    .table = PTE_READ | PTE_WRITE,
    .large = PTE_LARGE,
};

void __init vtd_format_init(bool snoop)
{
    vtd_format.leaf = snoop ? PTE_SNOOP : 0;
}

/* Address width: 1 for three levels, 2 for four, 3 for five. */
static uint64_t width(unsigned int levels)
{
    return levels - 2;
}

static unsigned int most_levels(const struct vtd_unit *v)
{
    return v->cap & CAP_LEVELS_5 ? 5 : v->cap & CAP_LEVELS_4 ? 4 : 3;
}

struct iommu_pair vtd_context_entry(const struct vtd_unit *v, const struct iommu_context *ctx,
                                    bool quiet)
{
    struct iommu_pair e = { quiet ? CONTEXT_QUIET : 0, 0 };

    if (!ctx) {
        return e;
    }
    e.lo |= CONTEXT_PRESENT;
    e.hi = (uint64_t)ctx->id << 8;
    if (ctx->identity) {
        /* The widest that the unit has: 9.3, AW. */
        e.lo |= CONTEXT_PASSTHROUGH;
        e.hi |= width(most_levels(v));
    } else {
        e.lo |= maddr_x(mfn_to_maddr(ctx->table.root));
        e.hi |= width(ctx->table.levels);
    }
    return e;
}
