/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Single frames at hand: each CPU keeps some free frames of its own node, last in first out, so
 * that most allocations and frees neither split and join blocks nor take a lock that others want.
 * A CPU takes and returns them in batches; when the heap has nothing left, all are returned.
 *
 * A frame in a cache is free in every respect but that no buddy may join it. It is not scrubbed in
 * the background: it is wanted again soon, and scrubbed at the latest then (I18), unless the domain
 * that gave it back gets it again, of which the frame keeps the owner's word. Such words go when
 * the frame leaves the cache for the heap, and before the domain's structure goes.
 */
#include <hv/bitops.h>
#include <hv/numa.h>
#include <hv/percpu.h>
#include "private.h"

#define CACHE_MAX   64U
#define CACHE_BATCH 32U

struct page_cache {
    spinlock_t lock;
    uint32_t first; /* frame number, linked through page_info.link.next */
    unsigned int nr;
    unsigned int max; /* 0: the CPU has none yet */
    unsigned int node;
    uint8_t in_zone[NR_ZONES];
};
_Static_assert(CACHE_MAX <= UINT8_MAX, "in_zone");

static DEFINE_PER_CPU(struct page_cache, page_cache) = {
    .lock = SPINLOCK_INIT(RANK_HEAP_CACHE),
    .first = PAGE_LIST_END,
};

static void push(struct page_cache *c, struct page_info *pg) __must_hold(c->lock)
{
    mfn_t mfn = page_to_mfn(pg);

    pg->link.next = c->first;
    c->first = (uint32_t)mfn_x(mfn);
    c->nr++;
    c->in_zone[zone_of(mfn)]++;
}

static struct page_info *pop(struct page_cache *c) __must_hold(c->lock)
{
    mfn_t mfn = _mfn(c->first);
    struct page_info *pg = mfn_to_page(mfn);

    c->first = pg->link.next;
    c->nr--;
    c->in_zone[zone_of(mfn)]--;
    return pg;
}

/* Both counts change under both locks, so that who holds the node's sees each frame once. */
static void refill(struct page_cache *c) __must_hold(c->lock)
{
    struct memory_node *node = memory_nodes[c->node];

    spin_lock(&node->lock);
    while (c->nr < CACHE_BATCH) {
        unsigned int order = flsl_(CACHE_BATCH - c->nr);
        struct page_info *pg = NULL;

        /* The largest block there is, up to what is wanted: one split instead of many. */
        do {
            pg = heap_take(node, NR_ZONES - 1, order);
        } while (!pg && order-- > 0);
        if (!pg) {
            break;
        }
        for (unsigned int i = 0; i < 1U << order; i++) {
            /* What the first frame says of the block is so of each of its frames (I28). */
            pg[i].count_info = pg->count_info;
            pg[i].free = pg->free;
            pg[i].free.order = ~0U;
            push(c, &pg[i]);
        }
    }
    spin_unlock(&node->lock);
}

static void give_back(struct page_cache *c, unsigned int nr) __must_hold(c->lock)
{
    struct memory_node *node = memory_nodes[c->node];

    spin_lock(&node->lock);
    for (; nr; nr--) {
        struct page_info *pg = pop(c);

        pg->free.former = 0;
        heap_put(node, pg, 0);
    }
    spin_unlock(&node->lock);
}

struct page_info *heap_cache_take(unsigned int node)
{
    struct page_cache *c = &this_cpu(page_cache);
    struct page_info *pg = NULL;

    if (!c->max || (node != NUMA_NO_NODE && node != c->node)) {
        return NULL;
    }
    spin_lock(&c->lock);
    if (!c->nr) {
        refill(c);
    }
    if (c->nr) {
        pg = pop(c);
    }
    spin_unlock(&c->lock);
    return pg;
}

bool heap_cache_put(struct page_info *pg, uint32_t former)
{
    struct page_cache *c = &this_cpu(page_cache);

    if (!c->max || numa_node_of(page_to_mfn(pg)) != c->node) {
        return false;
    }
    spin_lock(&c->lock);
    if (c->nr == c->max) {
        give_back(c, CACHE_BATCH);
    }
    pg->free.former = former;
    push(c, pg);
    spin_unlock(&c->lock);
    return true;
}

void heap_caches_forget(const struct domain *d)
{
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        struct page_cache *c = &per_cpu(page_cache, cpu);
        uint32_t frame;

        spin_lock(&c->lock);
        frame = c->first;
        for (unsigned int i = c->nr; i; i--) {
            struct page_info *pg = mfn_to_page(_mfn(frame));

            if (pg->free.former == page_owner_word(d)) {
                pg->free.former = 0;
            }
            frame = pg->link.next;
        }
        spin_unlock(&c->lock);
    }
}

bool heap_caches_give_back(unsigned int node)
{
    bool any = false;
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        struct page_cache *c = &per_cpu(page_cache, cpu);

        if (node != NUMA_NO_NODE && node != c->node) {
            continue;
        }
        spin_lock(&c->lock);
        if (c->nr) {
            any = true;
            give_back(c, c->nr);
        }
        spin_unlock(&c->lock);
    }
    return any;
}

unsigned long heap_cache_pages(unsigned int node, unsigned int zone)
{
    unsigned long sum = 0;
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        const struct page_cache *c = &per_cpu(page_cache, cpu);

        if (c->node == node) {
            sum += READ_ONCE(c->in_zone[zone]);
        }
    }
    return sum;
}

unsigned long heap_cache_pages_total(void)
{
    unsigned long sum = 0;
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        sum += READ_ONCE(per_cpu(page_cache, cpu).nr);
    }
    return sum;
}

void heap_cache_cpu_up(void)
{
    struct page_cache *c = &this_cpu(page_cache);

    c->node = numa_node_of_cpu(smp_processor_id());
    c->max = CACHE_MAX;
}
