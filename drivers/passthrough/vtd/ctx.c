/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a requester goes by: root table, a context table a bus, an entry a device and function.
 *
 * Invariant: a context entry changes by one store of 16 bytes, from one whole state to another
 * (I15), and when vtd_attach() returns the unit has forgotten the one before (I12).
 *
 * Locks: the devices' lock, held by the caller; context tables only grow.
 */
#include <hv/lib.h>

#include "hw.h"

static void write_back(const struct vtd_unit *v, const void *va, size_t bytes)
{
    if (!(v->ecap & ECAP_COHERENT)) {
        arch_cache_write_back(va, bytes);
    }
}

/* The context table of a bus; made when `make` says so. NULL: none, or no memory. */
static struct iommu_pair *table_of_bus(struct vtd_unit *v, unsigned int bus, bool make)
{
    struct iommu_pair *root = &v->root[bus], *table;

    if (root->lo & ROOT_PRESENT) {
        return maddr_to_virt(_maddr(root->lo & IOMMU_ADDRESS_MASK));
    }
    if (!make) {
        return NULL;
    }
    table = alloc_zeroed_page();
    if (!table) {
        return NULL;
    }
    write_back(v, table, PAGE_SIZE);
    arch_store_pair(root, (struct iommu_pair){ maddr_x(virt_to_maddr(table)) | ROOT_PRESENT, 0 });
    write_back(v, root, sizeof(*root));
    return table;
}

/* The unit forgets an entry, and what it kept by it. One that caches what is not there has kept
 * that too, under id 0 (6.1). */
static void forget(struct vtd_unit *v, struct iommu_pair old, uint16_t source)
{
    if (old.lo & CONTEXT_PRESENT) {
        vtd_flush_context(v, CONTEXT_ID(old.hi), source);
        vtd_flush_domain(v, CONTEXT_ID(old.hi));
    } else if (v->cap & CAP_CACHING_MODE) {
        vtd_flush_context(v, 0, source);
        vtd_flush_domain(v, 0);
    } else {
        vtd_flush_write_buffer(v);
    }
}

int vtd_attach(struct iommu_unit *u, uint16_t source, const struct iommu_context *ctx, bool quiet)
{
    struct vtd_unit *v = vtd_of(u);
    struct iommu_pair *table = table_of_bus(v, source >> 8, ctx || quiet), *slot, old, new;

    if (!table) {
        return ctx || quiet ? -ENOMEM : 0;
    }
    slot = &table[source & 0xff];
    old = *slot;
    new = vtd_context_entry(v, ctx, quiet);
    if (old.lo == new.lo && old.hi == new.hi) {
        return 0;
    }
    arch_store_pair(slot, new);
    write_back(v, slot, sizeof(*slot));
    forget(v, old, source);
    if (ctx && (v->cap & CAP_CACHING_MODE)) {
        vtd_flush_domain(v, ctx->id);
    }
    return 0;
}
