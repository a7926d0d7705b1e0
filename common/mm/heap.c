/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy heap: blocks of 2^order frames, for each memory node and address width (zone) a list an
 * order. Zone z holds frames whose addresses need z + PAGE_SHIFT bits, so a request for narrow
 * addresses looks only into low zones, and others look there last.
 *
 * A free block's first frame says its order and whether its contents are somebody's: such blocks
 * stand at their list's end, are scrubbed by idle CPUs, and at the latest when they are handed out
 * (I18). Two free neighbours are one block, unless one of them has been scrubbed and the other is
 * yet to be. A node's lock guards its lists and counts, and what its free frames say. Single frames
 * mostly come and go through heap-cache.c.
 */
#include <hv/arch/mm.h>
#include <hv/interleave.h>
#include <hv/numa.h>
#include <hv/page-list.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/virq.h>
#include "private.h"

#define SCRUB_AT_ONCE 6 /* order of what an idle CPU scrubs before it looks round */

static struct memory_node node0 = { .lock = SPINLOCK_INIT(RANK_HEAP) };
struct memory_node *memory_nodes[MAX_NUMNODES] = { &node0 };
unsigned long total_pages;

static bool is_free_block(const struct page_info *pg, unsigned int order)
{
    return (pg->count_info & PGC_state) == PGC_state_free && pg->free.order == order;
}

static void block_insert(struct memory_node *node, struct page_info *pg, unsigned int order)
    __must_hold(node->lock)
{
    unsigned int zone = zone_of(page_to_mfn(pg));
    struct page_list *l = &node->free[zone][order];

    pg->free.order = order;
    pg->count_info = PGC_state_free;
    node->orders[zone] |= 1U << order;
    node->zones |= 1UL << zone;
    if (pg->free.dirty) {
        node->dirty += 1UL << order;
        page_list_add_tail(pg, l);
    } else {
        page_list_add(pg, l);
    }
}

/* Takes a block off its list: its first frame is no longer a free block's. */
static void block_remove(struct memory_node *node, struct page_info *pg, unsigned int order)
    __must_hold(node->lock)
{
    unsigned int zone = zone_of(page_to_mfn(pg));
    struct page_list *l = &node->free[zone][order];

    page_list_del(pg, l);
    if (page_list_empty(l)) {
        node->orders[zone] &= ~(1U << order);
        if (!node->orders[zone]) {
            node->zones &= ~(1UL << zone);
        }
    }
    pg->count_info = 0;
    if (pg->free.dirty) {
        node->dirty -= 1UL << order;
    }
}

/* Halves the block, which is on no list, down to `to`; upper halves go on the lists. */
static void block_split(struct memory_node *node, struct page_info *pg, unsigned int from,
                        unsigned int to) __must_hold(node->lock)
{
    while (from > to) {
        struct page_info *upper = pg + (1UL << --from);

        upper->free = pg->free;
        block_insert(node, upper, from);
    }
}

/* Is the block's buddy of this order a block that it may join? Zones end where the lower is 0. */
static struct page_info *free_buddy(mfn_t mfn, unsigned int order)
{
    mfn_t buddy = _mfn(mfn_x(mfn) ^ (1UL << order));

    if (mfn_x(buddy) == 0 || mfn_x(mfn) == 0) {
        return NULL;
    }
    /* The frame table is there in whole chunks. */
    if (order >= FRAME_CHUNK_ORDER && !mfn_valid(buddy)) {
        return NULL;
    }
    if (!is_free_block(mfn_to_page(buddy), order) || numa_node_of(buddy) != numa_node_of(mfn)) {
        return NULL;
    }
    return mfn_to_page(buddy);
}

/*
 * Joins the block with its free buddies, as far as they go, and puts the result on its list. What
 * was just scrubbed does not join a dirty buddy: all of it would be dirty again, and scrubbing
 * would never end.
 */
static void block_join(struct memory_node *node, struct page_info *pg, unsigned int order,
                       bool scrubbed) __must_hold(node->lock)
{
    uint32_t stamp = pg->free.tlbflush_stamp;
    bool dirty = pg->free.dirty;

    for (; order < MAX_ORDER; order++) {
        struct page_info *buddy = free_buddy(page_to_mfn(pg), order);

        if (!buddy || (scrubbed && buddy->free.dirty)) {
            break;
        }
        block_remove(node, buddy, order);
        /* The block is as dirty, and as long in TLBs, as the worse half. */
        stamp = arch_tlb_later(stamp, buddy->free.tlbflush_stamp);
        dirty |= buddy->free.dirty;
        pg = min(pg, buddy);
    }
    pg->free.tlbflush_stamp = stamp;
    pg->free.dirty = dirty;
    block_insert(node, pg, order);
}

struct page_info *heap_take(struct memory_node *node, unsigned int top, unsigned int order)
{
    uint64_t zones = node->zones & ((2UL << top) - 1);

    for (; zones; zones &= ~(1UL << flsl_(zones))) {
        unsigned int zone = flsl_(zones);
        uint32_t orders = node->orders[zone] >> order << order;
        struct page_info *pg;
        unsigned int from;

        if (!orders) {
            continue;
        }
        from = ffsl_(orders);
        pg = page_list_first(&node->free[zone][from]);
        block_remove(node, pg, from);
        block_split(node, pg, from, order);
        node->avail[zone] -= 1UL << order;
        node->total -= 1UL << order;
        return pg;
    }
    return NULL;
}

void heap_put(struct memory_node *node, struct page_info *pg, unsigned int order)
{
    node->avail[zone_of(page_to_mfn(pg))] += 1UL << order;
    node->total += 1UL << order;
    block_join(node, pg, order, false);
}

/* VIRQ_ENOMEM each time free memory falls below a power of two of frames, from 64 MiB down. */
static void check_low_memory(void)
{
    static const unsigned long first_mark = 64UL << (20 - PAGE_SHIFT);
    static unsigned long low_mark = 64UL << (20 - PAGE_SHIFT);
    unsigned long avail = heap_free_pages_total(), mark = READ_ONCE(low_mark);

    if (likely(avail >= mark)) {
        if (unlikely(mark < first_mark && avail >= 2 * mark)) {
            WRITE_ONCE(low_mark, mark * 2);
        }
    } else if (mark > 1) {
        WRITE_ONCE(low_mark, mark / 2);
        send_global_virq(VIRQ_ENOMEM);
    }
}

static struct page_info *take_from(unsigned int n, unsigned int top, unsigned int order)
{
    struct page_info *pg;

    spin_lock(&memory_nodes[n]->lock);
    pg = heap_take(memory_nodes[n], top, order);
    spin_unlock(&memory_nodes[n]->lock);
    return pg;
}

/* From the node that was asked for, or this CPU's; then from the others in turn. */
static struct page_info *take_near(unsigned int top, unsigned int order, unsigned int memflags)
{
    unsigned int want = MEMF_get_node(memflags), n;
    struct page_info *pg;

    if (want >= nr_nodes) {
        if (want != NUMA_NO_NODE && (memflags & MEMF_exact_node)) {
            return NULL;
        }
        want = numa_node_of_cpu(smp_processor_id());
    }
    n = want;
    do {
        pg = take_from(n, top, order);
        n = n + 1 == nr_nodes ? 0 : n + 1;
    } while (!pg && n != want && !(memflags & MEMF_exact_node));
    return pg;
}

static struct page_info *heap_alloc_block(unsigned int order, unsigned int memflags)
{
    unsigned int bits = MEMF_get_bits(memflags), top = NR_ZONES - 1;
    unsigned int exact = memflags & MEMF_exact_node ? MEMF_get_node(memflags) : NUMA_NO_NODE;
    struct page_info *pg;

    if (order > MAX_ORDER || (bits && bits <= PAGE_SHIFT)) {
        return NULL;
    }
    if (bits) {
        top = min_t(unsigned int, top, bits - PAGE_SHIFT);
    }
    do {
        pg = take_near(top, order, memflags);
    } while (!pg && heap_caches_give_back(exact));
    check_low_memory();
    return pg;
}

/* Are somebody's bytes in it that are to go before it is d's? */
static bool is_dirty_for(const struct page_info *pg, const struct domain *d)
{
    return pg->free.dirty && (!pg->free.former || !d || pg->free.former != page_owner_word(d));
}

struct page_info *heap_alloc(const struct domain *d, unsigned int order, unsigned int memflags)
{
    struct page_info *pg = NULL;
    unsigned long nr = 1UL << order;
    bool dirty;

    if (order == 0 && !MEMF_get_bits(memflags)) {
        pg = heap_cache_take(MEMF_get_node(memflags));
    }
    if (!pg) {
        pg = heap_alloc_block(order, memflags);
        if (!pg) {
            return NULL;
        }
    }
    if (pg->free.tlbflush_stamp) {
        arch_tlb_flush_since(pg->free.tlbflush_stamp);
    }
    dirty = !(memflags & MEMF_no_scrub) && is_dirty_for(pg, d);
    for (unsigned long i = 0; i < nr; i++) {
        if (dirty) {
            memset(page_to_virt(&pg[i]), 0, PAGE_SIZE);
        }
        pg[i].inuse.type_info = 0;
        pg[i].inuse.owner = 0;
        pg[i].inuse.type_state = 0;
    }
    return pg;
}

void heap_free(struct page_info *pg, unsigned int order, bool dirty, uint32_t stamp,
               uint32_t former)
{
    struct memory_node *node;

    pg->free.dirty = dirty;
    pg->free.former = 0;
    pg->free.tlbflush_stamp = stamp;
    for (unsigned long i = 0; i < 1UL << order; i++) {
        pg[i].count_info = 0;
        pg[i].free.order = ~0U;
    }
    if (order == 0 && heap_cache_put(pg, former)) {
        return;
    }
    node = memory_nodes[numa_node_of(page_to_mfn(pg))];
    spin_lock(&node->lock);
    heap_put(node, pg, order);
    spin_unlock(&node->lock);
}

/* A dirty block of at most the order that is scrubbed at once, off the lists; NULL: none. */
static struct page_info *take_dirty(struct memory_node *node, unsigned int *order)
    __must_hold(node->lock)
{
    for (unsigned int z = 0; node->dirty && z < NR_ZONES; z++) {
        for (uint32_t orders = node->orders[z]; orders; orders &= orders - 1) {
            unsigned int o = ffsl_(orders);
            struct page_info *pg = page_list_last(&node->free[z][o]);

            if (pg->free.dirty) {
                *order = min_t(unsigned int, o, SCRUB_AT_ONCE);
                block_remove(node, pg, o);
                block_split(node, pg, o, *order);
                return pg;
            }
        }
    }
    return NULL;
}

/* The piece is on no list while it is scrubbed, so that no lock need be held; it counts as free. */
static bool scrub_piece(struct memory_node *node)
{
    struct page_info *pg;
    unsigned int order;

    spin_lock(&node->lock);
    pg = take_dirty(node, &order);
    spin_unlock(&node->lock);
    if (!pg) {
        return false;
    }
    memset(page_to_virt(pg), 0, PAGE_SIZE << order);
    interleave("heap.scrub.piece");
    spin_lock(&node->lock);
    pg->free.dirty = false;
    block_join(node, pg, order, true);
    spin_unlock(&node->lock);
    return true;
}

/* One CPU at a time: more would be in each other's and every allocation's way at the lock. */
bool heap_scrub_some(void)
{
    static unsigned long busy;
    bool more = false;

    if (READ_ONCE(busy) || test_and_set_bit(0, &busy)) {
        return false;
    }
    interleave("heap.scrub.begin");
    for (unsigned int n = 0; !more && n < nr_nodes; n++) {
        more = scrub_piece(memory_nodes[n]);
    }
    clear_bit(0, &busy);
    return more;
}

unsigned long heap_avail_pages(unsigned int node, unsigned int min_bits, unsigned int max_bits)
{
    unsigned long sum = 0;

    for (unsigned int n = 0; n < nr_nodes; n++) {
        if (node != NUMA_NO_NODE && node != n) {
            continue;
        }
        spin_lock(&memory_nodes[n]->lock);
        for (unsigned int z = 0; z < NR_ZONES; z++) {
            if (z + PAGE_SHIFT >= min_bits && (!max_bits || z + PAGE_SHIFT <= max_bits)) {
                sum += memory_nodes[n]->avail[z] + heap_cache_pages(n, z);
            }
        }
        spin_unlock(&memory_nodes[n]->lock);
    }
    return sum;
}

unsigned long heap_free_pages_total(void)
{
    unsigned long sum = heap_cache_pages_total();

    for (unsigned int n = 0; n < nr_nodes; n++) {
        sum += READ_ONCE(memory_nodes[n]->total);
    }
    return sum;
}

static void __init node_init(struct memory_node *node)
{
    spin_lock_init(&node->lock, RANK_HEAP);
    for (unsigned int z = 0; z < NR_ZONES; z++) {
        for (unsigned int o = 0; o <= MAX_ORDER; o++) {
            page_list_init(&node->free[z][o]);
        }
    }
}

/* Largest aligned blocks of a range, low to high; a block is of one zone and one node. */
void heap_add_range(mfn_t start, mfn_t end)
{
    while (mfn_lt(start, end)) {
        unsigned int order = MAX_ORDER;
        mfn_t last;

        for (;; order--) {
            last = mfn_add(start, (1UL << order) - 1);
            if (order == 0 ||
                (mfn_aligned(start, order) && mfn_lt(last, end) &&
                 zone_of(start) == zone_of(last) && (nr_nodes == 1 || order <= numa_shift))) {
                break;
            }
        }
        heap_free(mfn_to_page(start), order, true, 0, 0);
        total_pages += 1UL << order;
        start = mfn_add(last, 1);
    }
}

/* The boot allocator has the lists of nodes other than 0: the direct map is there. */
void __init heap_init(void)
{
    node_init(&node0);
    for (unsigned int n = 1; n < nr_nodes; n++) {
        unsigned long frames = (sizeof(struct memory_node) + PAGE_SIZE - 1) >> PAGE_SHIFT;

        memory_nodes[n] = mfn_to_virt(boot_alloc_frames(frames, 1));
        memset(memory_nodes[n], 0, frames << PAGE_SHIFT);
        node_init(memory_nodes[n]);
    }
    boot_memory_to_heap();
    printk(XENLOG_INFO "Memory: %lu MiB for domains and the hypervisor\n", total_pages >> 8);
}
