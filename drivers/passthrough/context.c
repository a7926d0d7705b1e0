/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contexts: what a domain's devices reach. Made with the domain, changed as its frames change their
 * use and as it maps others' frames for its devices, given back piece by piece at its death.
 *
 * Invariant: of a tracked domain's mappings in its own frames each is of a frame whose type is
 * writable (I13); of others' frames, each has a count above zero in the pins, and is writable while
 * one of its holders' is.
 *
 * Locks: each context's own, RANK_IOMMU_CONTEXT, for tables and pins. Flushes are made outside it,
 * by whoever changed something, before that caller goes on.
 */
#include <hv/arch/iommu.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/lib.h>
#include <hv/page-list.h>

#include "private.h"

/* Tables freed between two looks at whether the CPU has other work. */
#define FREE_BATCH 64

struct iommu_context *iommu_context_new(struct domain *d)
{
    struct iommu_context *ctx = xzalloc(struct iommu_context);

    if (!ctx) {
        return NULL;
    }
    spin_lock_init(&ctx->lock, RANK_IOMMU_CONTEXT);
    ctx->domain = d;
    ctx->table = (struct iommu_table){ .format = iommu_units[0]->driver->format,
                                       .levels = iommu_limits.levels,
                                       .largest = iommu_limits.largest,
                                       .coherent = iommu_limits.coherent };
    if (iommu_table_init(&ctx->table)) {
        goto free_context;
    }
    if (iommu_id_alloc(ctx)) {
        goto free_table;
    }
    return ctx;

free_table:
    (void)iommu_table_free_some(&ctx->table, 1);
free_context:
    xfree(ctx);
    return NULL;
}

bool iommu_context_free_some(struct iommu_context *ctx)
{
    if (!iommu_pins_free_some(&ctx->pins, FREE_BATCH) ||
        !iommu_table_free_some(&ctx->table, FREE_BATCH)) {
        return false;
    }
    iommu_id_free(ctx->id);
    xfree(ctx);
    return true;
}

unsigned long iommu_frames(void)
{
    return 1UL << iommu_limits.levels * IOMMU_TABLE_BITS;
}

int iommu_map(struct iommu_context *ctx, dfn_t dfn, mfn_t mfn, unsigned long count,
              unsigned int perms, struct iommu_flush *flush)
{
    int rc;

    spin_lock(&ctx->lock);
    rc = iommu_table_map(&ctx->table, dfn, mfn, count, perms, flush);
    spin_unlock(&ctx->lock);
    return rc;
}

int iommu_unmap(struct iommu_context *ctx, dfn_t dfn, unsigned long count,
                struct iommu_flush *flush)
{
    int rc;

    spin_lock(&ctx->lock);
    rc = iommu_table_unmap(&ctx->table, dfn, count, flush);
    spin_unlock(&ctx->lock);
    return rc;
}

mfn_t iommu_lookup(struct iommu_context *ctx, dfn_t dfn, unsigned int *perms)
{
    mfn_t mfn;

    spin_lock(&ctx->lock);
    mfn = iommu_table_lookup(&ctx->table, dfn, perms);
    spin_unlock(&ctx->lock);
    return mfn;
}

/* A unit that a requester comes to while this runs is flushed by the one who attaches it. */
void iommu_flush(struct iommu_context *ctx, struct iommu_flush *flush)
{
    struct page_info *pg;

    if (!flush->what) {
        return;
    }
    smp_mb(); /* the entries are written before it is seen who uses them */
    for (unsigned int i = 0; i < iommu_nr_units; i++) {
        if (READ_ONCE(ctx->attached[i])) {
            iommu_units[i]->driver->flush(iommu_units[i], ctx, flush);
        }
    }
    while ((pg = page_list_pop(&flush->freed))) {
        free_domheap_page(pg);
    }
    *flush = (struct iommu_flush)IOMMU_FLUSH_INIT;
}

void iommu_domain_flush(struct domain *d, struct iommu_flush *flush)
{
    if (flush->what) {
        iommu_flush(d->iommu, flush);
    }
}

int iommu_domain_create(struct domain *d, bool wanted)
{
    struct iommu_context *ctx;

    if (!iommu_enabled || (!wanted && !d->is_hardware)) {
        return 0;
    }
    ctx = iommu_context_new(d);
    if (!ctx) {
        return -ENOMEM;
    }
    ctx->identity = d->is_hardware && iommu_options.hwdom_passthrough && iommu_limits.passthrough;
    d->iommu = ctx;
    d->dma_tracked = !d->is_hardware || (!ctx->identity && iommu_options.hwdom_strict);
    return 0;
}

int iommu_domain_relinquish(struct domain *d)
{
    int rc;

    if (!d->iommu) {
        return 0;
    }
    rc = iommu_devices_release(d);
    if (rc) {
        return rc;
    }
    /* No unit knows it any more; its frames may change their use as they like. */
    WRITE_ONCE(d->dma_tracked, false);
    for (bool done = false; !done;) {
        spin_lock(&d->iommu->lock);
        done = iommu_table_empty_some(&d->iommu->table, FREE_BATCH);
        spin_unlock(&d->iommu->lock);
        if (!done && hypercall_preempt_check()) {
            return -ERESTART;
        }
    }
    return 0;
}

void iommu_domain_destroy(struct domain *d)
{
    struct iommu_context *ctx = d->iommu;

    d->dma_tracked = false;
    d->iommu = NULL;
    while (ctx && !iommu_context_free_some(ctx)) {
    }
}

int iommu_page_writable(struct domain *d, mfn_t mfn)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    int rc = iommu_map(d->iommu, _dfn(mfn_x(mfn)), mfn, 1, IOMMU_READ | IOMMU_WRITE, &flush);

    iommu_flush(d->iommu, &flush);
    return rc;
}

int iommu_page_gone(struct domain *d, mfn_t mfn, unsigned long count)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    int rc = iommu_unmap(d->iommu, _dfn(mfn_x(mfn)), count, &flush);

    iommu_flush(d->iommu, &flush);
    if (rc) {
        domain_crash(d, "no memory to take a frame from its devices");
    }
    return rc;
}

/* Whether devices of d need to be told of a foreign frame at all. */
static bool counts_grant(const struct domain *d, mfn_t mfn)
{
    return iommu_domain_tracked(d) && page_get_owner(mfn_to_page(mfn)) != d;
}

/* The frame's mapping as its counts want it. */
static int apply_pin(struct iommu_context *ctx, const struct iommu_pin *pin, mfn_t mfn,
                     struct iommu_flush *flush)
{
    dfn_t dfn = _dfn(mfn_x(mfn));

    if (!pin->readers && !pin->writers) {
        return iommu_table_unmap(&ctx->table, dfn, 1, flush);
    }
    return iommu_table_map(&ctx->table, dfn, mfn, 1, IOMMU_READ | (pin->writers ? IOMMU_WRITE : 0),
                           flush);
}

int iommu_grant_get(struct domain *d, mfn_t mfn, bool writable)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    struct iommu_context *ctx = d->iommu;
    struct iommu_pin *pin, old;
    int rc = 0;

    if (!counts_grant(d, mfn)) {
        return 0;
    }
    spin_lock(&ctx->lock);
    pin = iommu_pin_find(&ctx->pins, mfn, true);
    if (!pin) {
        rc = -ENOMEM;
        goto unlock;
    }
    old = *pin;
    if (writable) {
        pin->writers++;
    } else {
        pin->readers++;
    }
    /* Otherwise it is mapped so already. */
    if ((writable && !old.writers) || (!old.readers && !old.writers)) {
        rc = apply_pin(ctx, pin, mfn, &flush);
    }
    if (rc) {
        *pin = old;
    }
unlock:
    spin_unlock(&ctx->lock);
    iommu_flush(ctx, &flush);
    return rc;
}

void iommu_grant_put(struct domain *d, mfn_t mfn, bool writable, struct iommu_flush *flush)
{
    struct iommu_context *ctx = d->iommu;
    struct iommu_pin *pin;

    if (!counts_grant(d, mfn)) {
        return;
    }
    spin_lock(&ctx->lock);
    pin = iommu_pin_find(&ctx->pins, mfn, false);
    if (pin && (writable ? pin->writers : pin->readers)) {
        if (writable) {
            pin->writers--;
        } else {
            pin->readers--;
        }
        /* Single frames are mapped one by one, so that nothing needs memory here; less than was
         * asked for is reachable in the worst case. */
        if (((writable && !pin->writers) || (!pin->writers && !pin->readers)) &&
            apply_pin(ctx, pin, mfn, flush)) {
            printk(XENLOG_G_WARNING "%pd: its devices lose a granted frame early\n", d);
        }
    }
    spin_unlock(&ctx->lock);
}

void iommu_grant_put_now(struct domain *d, mfn_t mfn, bool writable)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;

    iommu_grant_put(d, mfn, writable, &flush);
    iommu_domain_flush(d, &flush);
}
