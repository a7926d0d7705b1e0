/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of requester ids. Several devices may share one, behind a bridge that puts an id of its
 * own in the place of theirs; a device may have several.
 *
 * Invariant: an id that no device uses goes nowhere (I16); one that is used goes by one context,
 * its owner's or the quarantine, or nowhere, and is counted in that context once.
 *
 * Locks: the devices' lock, held by the caller.
 */
#include <hv/lib.h>

#include "requester.h"

static DEFINE_LIST(requesters);

struct iommu_requester *iommu_requester_find(const struct iommu_unit *u, uint16_t source)
{
    struct iommu_requester *r;

    list_for_each (r, &requesters, link) {
        if (r->unit == u && r->source == source) {
            return r;
        }
    }
    return NULL;
}

struct iommu_requester *iommu_requester_get(struct iommu_unit *u, uint16_t source)
{
    struct iommu_requester *r = iommu_requester_find(u, source);

    if (!r) {
        r = xzalloc(struct iommu_requester);
        if (!r) {
            return NULL;
        }
        r->unit = u;
        r->source = source;
        list_add_tail(&r->link, &requesters);
    }
    r->users++;
    return r;
}

void iommu_requester_put(struct iommu_requester *r)
{
    if (--r->users) {
        return;
    }
    if (iommu_requester_point(r, NULL, NULL)) {
        BUG(); /* taking away needs no memory */
    }
    list_del(&r->link);
    xfree(r);
}

/* Counts tell who is to be flushed: there before the unit may cache, gone after it has dropped. */
int iommu_requester_point(struct iommu_requester *r, struct domain *owner,
                          struct iommu_context *ctx)
{
    struct iommu_context *from = r->ctx;
    unsigned int index = r->unit->index;
    int rc;

    if (ctx) {
        (void)__atomic_add_fetch(&ctx->attached[index], 1, __ATOMIC_SEQ_CST);
    }
    rc = r->unit->driver->attach(r->unit, r->source, ctx, false);
    if (rc && ctx) {
        (void)__atomic_sub_fetch(&ctx->attached[index], 1, __ATOMIC_SEQ_CST);
    }
    if (!rc && from) {
        (void)__atomic_sub_fetch(&from->attached[index], 1, __ATOMIC_SEQ_CST);
    }
    if (!rc) {
        r->ctx = ctx;
        r->owner = owner;
    }
    return rc;
}

int iommu_requester_quiet(struct iommu_unit *u, uint16_t source)
{
    const struct iommu_requester *r = iommu_requester_find(u, source);

    return u->driver->attach(u, source, r ? r->ctx : NULL, true);
}
