/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invalidation queue (6.5.2): a ring of descriptors in memory. Each request is posted together
 * with a wait descriptor, whose number the unit writes to memory when all before it is done; the
 * caller goes on only then. So at most two slots are in use at a time, and a slot is always free.
 *
 * A unit that reports an error, or does not come to the number, leaves nobody knowing what it still
 * has cached: that ends the machine. No time-out turns into success (I20).
 *
 * Numbers go round (I27): one is waited for at a time, and the one before it is what the unit wrote
 * last, so they need only differ.
 *
 * Lock: each queue's, RANK_IOMMU_QUEUE, from posting to completion.
 */
#include <hv/lib.h>

#include "hw.h"

#define SLOTS (PAGE_SIZE / sizeof(struct iommu_pair))

/* Descriptors: type in bits 3:0, granularity in bits 5:4. */
#define Q_CONTEXT        1UL
#define Q_IOTLB          2UL
#define Q_WAIT           5UL
#define Q_GLOBAL         (1UL << 4)
#define Q_DOMAIN         (2UL << 4)
#define Q_DEVICE         (3UL << 4)
#define Q_PAGES          (3UL << 4)
#define Q_DRAIN_WRITES   (1UL << 6)
#define Q_DRAIN_READS    (1UL << 7)
#define Q_ID(id)         ((uint64_t)(id) << 16)
#define Q_SOURCE(s)      ((uint64_t)(s) << 32)
#define Q_STATUS_WRITE   (1UL << 5)
#define Q_STATUS_DATA(n) ((uint64_t)(n) << 32)

#define FSTS_QUEUE_ERRORS (FSTS_QUEUE_ERROR | FSTS_COMPLETION | FSTS_TIME_OUT)

int __init vtd_queue_init(struct vtd_unit *v)
{
    struct vtd_queue *q = &v->queue;

    irq_lock_init(&q->lock, RANK_IOMMU_QUEUE);
    q->ring = alloc_zeroed_page();
    q->status = alloc_zeroed_page();
    return q->ring && q->status ? 0 : -ENOMEM;
}

void vtd_queue_start(struct vtd_unit *v)
{
    struct vtd_queue *q = &v->queue;

    q->tail = 0;
    vtd_write64(v, VTD_IQT, 0);
    vtd_write64(v, VTD_IQA, maddr_x(virt_to_maddr(q->ring)));
    vtd_command(v, GC_QUEUE, 0);
}

static void post(struct vtd_queue *q, uint64_t lo, uint64_t hi)
{
    struct iommu_pair *slot = &q->ring[q->tail];

    WRITE_ONCE(slot->lo, lo);
    WRITE_ONCE(slot->hi, hi);
    q->tail = (q->tail + 1) % SLOTS;
}

static bool has_failed(const struct vtd_unit *v)
{
    return vtd_read32(v, VTD_FSTS) & FSTS_QUEUE_ERRORS;
}

static void submit(struct vtd_unit *v, uint64_t lo, uint64_t hi)
{
    struct vtd_queue *q = &v->queue;
    unsigned long flags = irq_lock(&q->lock);
    uint32_t number = ++q->sequence;
    bool done;

    post(q, lo, hi);
    post(q, Q_WAIT | Q_STATUS_WRITE | Q_STATUS_DATA(number), maddr_x(virt_to_maddr(q->status)));
    smp_wmb();
    vtd_write64(v, VTD_IQT, q->tail * sizeof(struct iommu_pair));
    done = iommu_wait_for(READ_ONCE(*q->status) == number || has_failed(v)) &&
           READ_ONCE(*q->status) == number;
    irq_unlock(&q->lock, flags);
    if (!done) {
        vtd_dead(v, "does not carry out an invalidation");
    }
}

void vtd_flush_contexts(struct vtd_unit *v)
{
    submit(v, Q_CONTEXT | Q_GLOBAL, 0);
}

void vtd_flush_context(struct vtd_unit *v, uint16_t id, uint16_t source)
{
    submit(v, Q_CONTEXT | Q_DEVICE | Q_ID(id) | Q_SOURCE(source), 0);
}

/* Accesses on their way are over as well, where the unit can see to that. */
static uint64_t drain(const struct vtd_unit *v)
{
    return (v->cap & CAP_DRAIN_WRITES ? Q_DRAIN_WRITES : 0) |
           (v->cap & CAP_DRAIN_READS ? Q_DRAIN_READS : 0);
}

void vtd_flush_all(struct vtd_unit *v)
{
    submit(v, Q_IOTLB | Q_GLOBAL | drain(v), 0);
}

void vtd_flush_domain(struct vtd_unit *v, uint16_t id)
{
    submit(v, Q_IOTLB | Q_DOMAIN | drain(v) | Q_ID(id), 0);
}

void vtd_flush_pages(struct vtd_unit *v, uint16_t id, dfn_t dfn, unsigned int order)
{
    submit(v, Q_IOTLB | Q_PAGES | drain(v) | Q_ID(id), daddr_x(dfn_to_daddr(dfn)) | order);
}

void vtd_flush_write_buffer(struct vtd_unit *v)
{
    unsigned long flags;

    if (v->cap & CAP_WRITE_BUFFER) {
        flags = irq_lock(&v->queue.lock);
        vtd_command(v, GC_WRITE_BUFFER, 0);
        irq_unlock(&v->queue.lock, flags);
    }
}

/* The smallest aligned block of frames that has both in it. */
static unsigned int order_of(dfn_t first, dfn_t last)
{
    uint64_t differ = dfn_x(first) ^ dfn_x(last);
    unsigned int order = 0;

    while (differ >> order) {
        order++;
    }
    return order;
}

void vtd_flush(struct iommu_unit *u, const struct iommu_context *ctx,
               const struct iommu_flush *flush)
{
    struct vtd_unit *v = vtd_of(u);
    unsigned int order = order_of(flush->first, flush->last);

    if (!(flush->what & IOMMU_FLUSH_MODIFIED) && !(v->cap & CAP_CACHING_MODE)) {
        vtd_flush_write_buffer(v);
        return;
    }
    if ((v->cap & CAP_PAGE_SELECTIVE) && order <= CAP_MAX_ORDER(v->cap)) {
        vtd_flush_pages(v, ctx->id, _dfn(dfn_x(flush->first) >> order << order), order);
    } else {
        vtd_flush_domain(v, ctx->id);
    }
}
