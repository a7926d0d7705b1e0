/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles of a domain's mappings, and which are free. Each vCPU has a list of its own, which only
 * it touches (a hypercall runs to its end on its vCPU), so mapping and unmapping share nothing. A
 * handle is freed to the vCPU that frees it; a list that grows past two batches gives one to the
 * domain's overflow, and an empty one takes one from there, or a new page's. So other vCPUs keep at
 * most two batches each from one that needs handles, and nobody ever takes from another's list.
 *
 * The overflow is one list through `next`, of whole batches: its first 64 records are a batch, and
 * so on. Pages are kept until the domain is freed. Locks: maptrack_lock for overflow and growth.
 *
 * Read without a lock: nr_maptrack and the pages below it; of a record `flags` and `name`, which
 * therefore mean the same in a free record (private.h); counts of free records, for usage only.
 */
#include <hv/mm.h>

#include "private.h"

/* `free` is a sum over vCPUs that go on meanwhile, and may come out above all there are. */
static uint32_t all_but(const struct grant_table *t, uint32_t free)
{
    uint32_t all = READ_ONCE(t->nr_maptrack) * (uint32_t)MAPTRACK_PER_PAGE;

    return all - min(free, all);
}

uint32_t maptrack_in_use(const struct domain *d)
{
    const struct grant_table *t = d->gnttab;
    uint32_t free = READ_ONCE(t->nr_overflow) * MAPTRACK_BATCH;
    struct vcpu *v;

    for_each_vcpu (d, v) {
        free += READ_ONCE(v->gnttab.count);
    }
    return all_but(t, free);
}

/*
 * What one vCPU had at most is exact; of several, each had its most since the last look, perhaps
 * not at the same moment.
 */
uint32_t maptrack_peak(struct domain *d)
{
    struct grant_table *t = d->gnttab;
    uint32_t free = t->nr_overflow * MAPTRACK_BATCH;
    struct vcpu *v;

    for_each_vcpu (d, v) {
        free += READ_ONCE(v->gnttab.least);
        WRITE_ONCE(v->gnttab.least, READ_ONCE(v->gnttab.count));
    }
    /* A vCPU that takes a record meanwhile may be left with a `least` above its count. */
    t->peak_maptrack = max(t->peak_maptrack, all_but(t, free));
    return t->peak_maptrack;
}

/* The last record of the batch that begins at head. */
static struct maptrack *batch_last(const struct grant_table *t, uint32_t head)
{
    struct maptrack *mt = maptrack_record(t, head - 1);

    for (unsigned int i = 1; i < MAPTRACK_BATCH; i++) {
        mt = maptrack_record(t, mt->next - 1);
    }
    return mt;
}

/* A new page's handles, all into the overflow. */
static bool grow(struct grant_table *t) __must_hold(t->maptrack_lock)
{
    uint32_t first = t->nr_maptrack * (uint32_t)MAPTRACK_PER_PAGE;
    struct maptrack *page;

    if (t->nr_maptrack >= t->max_maptrack) {
        return false;
    }
    if (!t->maptrack) {
        t->maptrack = xzalloc_array(struct maptrack *, t->max_maptrack);
        if (!t->maptrack) {
            return false;
        }
    }
    page = alloc_zeroed_page();
    if (!page) {
        return false;
    }
    t->maptrack[t->nr_maptrack] = page;
    for (uint32_t i = 0; i < MAPTRACK_PER_PAGE; i++) {
        page[i].next = first + i + 2;
    }
    page[MAPTRACK_PER_PAGE - 1].next = t->overflow;
    t->overflow = first + 1;
    t->nr_overflow += MAPTRACK_PER_PAGE / MAPTRACK_BATCH;
    smp_store_release(&t->nr_maptrack, t->nr_maptrack + 1);
    return true;
}

bool maptrack_refill(struct vcpu *v)
{
    struct grant_table *t = v->domain->gnttab;
    bool got;

    spin_lock(&t->maptrack_lock);
    (void)maptrack_peak(v->domain);
    got = t->overflow || grow(t);
    if (got) {
        struct maptrack *last = batch_last(t, t->overflow);

        v->gnttab.head = t->overflow;
        t->overflow = last->next;
        t->nr_overflow--;
        last->next = 0;
        v->gnttab.count = v->gnttab.least = MAPTRACK_BATCH;
    } else {
        t->failed_maptrack++;
    }
    spin_unlock(&t->maptrack_lock);
    return got;
}

/* The first batch of the list goes to the overflow. */
void maptrack_spill(struct vcpu *v)
{
    struct grant_table *t = v->domain->gnttab;
    uint32_t head = v->gnttab.head;
    struct maptrack *last = batch_last(t, head);

    spin_lock(&t->maptrack_lock);
    (void)maptrack_peak(v->domain);
    v->gnttab.head = last->next;
    v->gnttab.count -= MAPTRACK_BATCH;
    v->gnttab.least = v->gnttab.count;
    last->next = t->overflow;
    t->overflow = head;
    t->nr_overflow++;
    spin_unlock(&t->maptrack_lock);
}
