/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy heap: blocks of 2^order frames, for each memory node and address width (zone) a list an
 * order. Zone z holds frames whose addresses need z + PAGE_SHIFT bits, so a request for narrow
 * addresses looks only into low zones, and others look there last.
 *
 * A free block's first frame says its order and whether its contents are somebody's: such blocks
 * stand at their list's end, are scrubbed by idle CPUs, and at the latest when they are handed out
 * (I18). Two free neighbours are one block, unless one of them has been scrubbed and the other is
 * yet to be. heap_lock guards lists, orders and states of free frames.
 */
#include <hv/arch/mm.h>
#include <hv/bitops.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include "private.h"

#define NR_ZONES      41
#define SCRUB_AT_ONCE 6 /* order of what an idle CPU scrubs before it looks round */
#define BOOT_RANGES   64

struct heap_node {
    struct page_list free[NR_ZONES][MAX_ORDER + 1];
    unsigned long avail[NR_ZONES];
    unsigned long dirty;
};

static DEFINE_SPINLOCK(heap_lock, RANK_HEAP);
static struct heap_node node0;
static struct heap_node *nodes[MAX_NUMNODES] = { &node0 };
static unsigned int nr_nodes = 1;
static unsigned long free_total;
unsigned long total_pages;

/* Start-up: pieces of RAM not yet in the heap. */
static struct {
    mfn_t start, end;
} boot_ranges[BOOT_RANGES] __initdata;
static unsigned int nr_boot_ranges __initdata;

static unsigned int zone_of(mfn_t mfn)
{
    uint64_t n = mfn_x(mfn);

    return n ? min_t(unsigned int, flsl_(n) + 1, NR_ZONES - 1) : 0;
}

static struct heap_node *node_of(mfn_t mfn)
{
    unsigned int n = arch_node_of(mfn);

    return n < MAX_NUMNODES && nodes[n] ? nodes[n] : &node0;
}

static bool is_free_block(const struct page_info *pg, unsigned int order)
{
    return (pg->count_info & PGC_state) == PGC_state_free && pg->free.order == order;
}

static void block_insert(struct page_info *pg, unsigned int order, bool dirty)
    __must_hold(heap_lock)
{
    struct heap_node *node = node_of(page_to_mfn(pg));
    struct page_list *l = &node->free[zone_of(page_to_mfn(pg))][order];

    pg->free.order = order;
    pg->count_info = PGC_state_free | (dirty ? PGC_need_scrub : 0);
    if (dirty) {
        node->dirty += 1UL << order;
        page_list_add_tail(pg, l);
    } else {
        page_list_add(pg, l);
    }
}

/* Takes a block off its list; true if it was dirty. Its first frame is no longer a free block's. */
static bool block_remove(struct page_info *pg, unsigned int order) __must_hold(heap_lock)
{
    struct heap_node *node = node_of(page_to_mfn(pg));
    bool dirty = pg->count_info & PGC_need_scrub;

    page_list_del(pg, &node->free[zone_of(page_to_mfn(pg))][order]);
    pg->count_info = PGC_state_free;
    pg->free.order = ~0U;
    if (dirty) {
        node->dirty -= 1UL << order;
    }
    return dirty;
}

/*
 * Joins the block with its free buddies, as far as they go, and puts the result on its list. What
 * was just scrubbed does not join a dirty buddy: all of it would be dirty again, and scrubbing
 * would never end.
 */
static void block_free(struct page_info *pg, unsigned int order, bool dirty, bool scrubbed)
    __must_hold(heap_lock)
{
    mfn_t mfn = page_to_mfn(pg);
    uint32_t stamp = pg->free.tlbflush_stamp;

    while (order < MAX_ORDER) {
        mfn_t buddy = _mfn(mfn_x(mfn) ^ (1UL << order));
        struct page_info *b;

        if (!mfn_valid(buddy) || zone_of(buddy) != zone_of(mfn) || node_of(buddy) != node_of(mfn)) {
            break;
        }
        b = mfn_to_page(buddy);
        if (!is_free_block(b, order) || (scrubbed && (b->count_info & PGC_need_scrub))) {
            break;
        }
        /* The block is as dirty, and as long in TLBs, as the worse half. */
        if ((int32_t)(b->free.tlbflush_stamp - stamp) > 0) {
            stamp = b->free.tlbflush_stamp;
        }
        dirty |= block_remove(b, order);
        mfn = mfn_lt(buddy, mfn) ? buddy : mfn;
        order++;
    }
    pg = mfn_to_page(mfn);
    pg->free.tlbflush_stamp = stamp;
    block_insert(pg, order, dirty);
}

/* A block of at least `order` from one zone, split down to it; NULL if there is none. */
static struct page_info *take_from_zone(struct heap_node *node, unsigned int zone,
                                        unsigned int order, bool *dirty) __must_hold(heap_lock)
{
    for (unsigned int o = order; o <= MAX_ORDER; o++) {
        struct page_info *pg = page_list_first(&node->free[zone][o]);
        uint32_t stamp;

        if (!pg) {
            continue;
        }
        stamp = pg->free.tlbflush_stamp;
        *dirty = block_remove(pg, o);
        while (o > order) {
            struct page_info *upper = pg + (1UL << --o);

            upper->free.tlbflush_stamp = stamp;
            block_insert(upper, o, *dirty);
        }
        pg->free.tlbflush_stamp = stamp;
        node->avail[zone] -= 1UL << order;
        free_total -= 1UL << order;
        return pg;
    }
    return NULL;
}

static struct page_info *take_from_node(unsigned int n, unsigned int top_zone,
                                        unsigned int low_zone, unsigned int order, bool *dirty)
    __must_hold(heap_lock)
{
    if (n >= MAX_NUMNODES || !nodes[n]) {
        return NULL;
    }
    for (unsigned int z = top_zone + 1; z-- > low_zone;) {
        if (nodes[n]->avail[z] >= 1UL << order) {
            struct page_info *pg = take_from_zone(nodes[n], z, order, dirty);

            if (pg) {
                return pg;
            }
        }
    }
    return NULL;
}

/*
 * A block whose frames are in use (count_info 0, no owner) and known to be in no TLB, scrubbed
 * unless the caller overwrites it. NULL: none.
 */
struct page_info *heap_alloc(unsigned int order, unsigned int memflags)
{
    unsigned int bits = MEMF_get_bits(memflags), want = MEMF_get_node(memflags), top = NR_ZONES - 1;
    struct page_info *pg = NULL;
    bool dirty = false;

    if (order > MAX_ORDER) {
        return NULL;
    }
    if (bits) {
        if (bits <= PAGE_SHIFT) {
            return NULL;
        }
        top = min_t(unsigned int, top, bits - PAGE_SHIFT);
    }

    spin_lock(&heap_lock);
    if (want < MAX_NUMNODES) {
        pg = take_from_node(want, top, 0, order, &dirty);
    }
    for (unsigned int n = 0;
         !pg && !(memflags & MEMF_exact_node) && n < MAX_NUMNODES && n < nr_nodes; n++) {
        pg = take_from_node(n, top, 0, order, &dirty);
    }
    if (pg) {
        for (unsigned long i = 0; i < 1UL << order; i++) {
            pg[i].count_info = 0;
        }
    }
    spin_unlock(&heap_lock);
    if (!pg) {
        return NULL;
    }

    if (pg->free.tlbflush_stamp) {
        arch_tlb_flush_since(pg->free.tlbflush_stamp);
    }
    for (unsigned long i = 0; i < 1UL << order; i++) {
        if (dirty && !(memflags & MEMF_no_scrub)) {
            memset(page_to_virt(&pg[i]), 0, PAGE_SIZE);
        }
        pg[i].inuse.type_info = 0;
        pg[i].inuse.owner = 0;
        pg[i].inuse.type_state = 0;
    }
    return pg;
}

/* What was scrubbed counted as free all the time. */
static void free_block(struct page_info *pg, unsigned int order, bool dirty, uint32_t stamp,
                       bool scrubbed)
{
    mfn_t mfn = page_to_mfn(pg);

    spin_lock(&heap_lock);
    if (!scrubbed) {
        node_of(mfn)->avail[zone_of(mfn)] += 1UL << order;
        free_total += 1UL << order;
    }
    for (unsigned long i = 0; i < 1UL << order; i++) {
        pg[i].count_info = PGC_state_free;
        pg[i].free.order = ~0U;
    }
    pg->free.tlbflush_stamp = stamp;
    block_free(pg, order, dirty, scrubbed);
    spin_unlock(&heap_lock);
}

/* stamp: when a guest could last reach it, 0: never. */
void heap_free(struct page_info *pg, unsigned int order, bool dirty, uint32_t stamp)
{
    free_block(pg, order, dirty, stamp, false);
}

/* Largest aligned blocks of a range, low to high. */
void heap_add_range(mfn_t start, mfn_t end)
{
    while (mfn_lt(start, end)) {
        unsigned int order = MAX_ORDER;

        while (!mfn_aligned(start, order) || mfn_diff(end, start) < 1UL << order ||
               zone_of(start) != zone_of(mfn_add(start, (1UL << order) - 1))) {
            order--;
        }
        heap_free(mfn_to_page(start), order, true, 0);
        start = mfn_add(start, 1UL << order);
        total_pages += 1UL << order;
    }
}

static bool scrub_piece(void)
{
    struct page_info *pg = NULL;
    unsigned int order = 0;

    spin_lock(&heap_lock);
    for (unsigned int n = 0; !pg && n < nr_nodes; n++) {
        for (unsigned int z = 0; nodes[n]->dirty && !pg && z < NR_ZONES; z++) {
            for (order = 0; !pg && order <= MAX_ORDER; order++) {
                uint32_t last = nodes[n]->free[z][order].last;

                if (last != PAGE_LIST_END &&
                    (mfn_to_page(_mfn(last))->count_info & PGC_need_scrub)) {
                    pg = mfn_to_page(_mfn(last));
                    break;
                }
            }
        }
    }
    if (!pg) {
        spin_unlock(&heap_lock);
        return false;
    }
    /* The piece is on no list while it is scrubbed, so that the lock need not be held. */
    {
        uint32_t stamp = pg->free.tlbflush_stamp;

        (void)block_remove(pg, order);
        while (order > SCRUB_AT_ONCE) {
            struct page_info *upper = pg + (1UL << --order);

            upper->free.tlbflush_stamp = stamp;
            block_insert(upper, order, true);
        }
        pg->free.tlbflush_stamp = stamp;
        pg->count_info = 0;
    }
    spin_unlock(&heap_lock);

    memset(page_to_virt(pg), 0, PAGE_SIZE << order);
    free_block(pg, order, false, pg->free.tlbflush_stamp, true);
    return true;
}

/* One CPU at a time: more would be in each other's and every allocation's way at the lock. */
bool heap_scrub_some(void)
{
    static unsigned long busy;
    bool more;

    if (READ_ONCE(busy) || test_and_set_bit(0, &busy)) {
        return false;
    }
    more = scrub_piece();
    clear_bit(0, &busy);
    return more;
}

unsigned long heap_avail_pages(unsigned int node, unsigned int min_bits, unsigned int max_bits)
{
    unsigned long sum = 0;

    spin_lock(&heap_lock);
    for (unsigned int n = 0; n < nr_nodes; n++) {
        if (node != NUMA_NO_NODE && node != n) {
            continue;
        }
        for (unsigned int z = 0; z < NR_ZONES; z++) {
            if (z + PAGE_SHIFT >= min_bits && (!max_bits || z + PAGE_SHIFT <= max_bits)) {
                sum += nodes[n]->avail[z];
            }
        }
    }
    spin_unlock(&heap_lock);
    return sum;
}

unsigned long heap_free_pages_total(void)
{
    return READ_ONCE(free_total);
}

void __init boot_heap_add(maddr_t start, maddr_t end)
{
    mfn_t s = _mfn((maddr_x(start) + PAGE_SIZE - 1) >> PAGE_SHIFT), e = maddr_to_mfn(end);

    if (!mfn_lt(s, e)) {
        return;
    }
    if (nr_boot_ranges == BOOT_RANGES) {
        printk(XENLOG_WARNING "Memory at %#lx-%#lx is left unused: too many ranges\n",
               maddr_x(start), maddr_x(end));
        return;
    }
    boot_ranges[nr_boot_ranges].start = s;
    boot_ranges[nr_boot_ranges++].end = e;
    max_page = max(max_page, (unsigned long)mfn_x(e));
}

/* From the highest range below 4 GiB that has room, at its end: that is mapped from the start. */
mfn_t __init boot_alloc_frames(unsigned long nr, unsigned long align)
{
    for (unsigned int i = nr_boot_ranges; i-- > 0;) {
        mfn_t start = boot_ranges[i].start, end = boot_ranges[i].end;
        uint64_t at;

        if (mfn_x(start) >= 1UL << 20 || mfn_x(end) > 1UL << 20 || mfn_diff(end, start) < nr) {
            continue;
        }
        at = ROUNDDOWN(mfn_x(end) - nr, align);
        if (at < mfn_x(start)) {
            continue;
        }
        /* What alignment leaves above stays available. */
        if (at + nr < mfn_x(end) && nr_boot_ranges < BOOT_RANGES) {
            boot_ranges[nr_boot_ranges].start = _mfn(at + nr);
            boot_ranges[nr_boot_ranges++].end = end;
        }
        boot_ranges[i].end = _mfn(at);
        return _mfn(at);
    }
    panic("No memory for the frame table: %lu frames\n", nr);
}

void __init heap_init(void)
{
    for (unsigned int z = 0; z < NR_ZONES; z++) {
        for (unsigned int o = 0; o <= MAX_ORDER; o++) {
            page_list_init(&node0.free[z][o]);
        }
    }
    for (unsigned int i = 0; i < nr_boot_ranges; i++) {
        heap_add_range(boot_ranges[i].start, boot_ranges[i].end);
    }
    printk(XENLOG_INFO "Memory: %lu MiB for domains and the hypervisor\n", total_pages >> 8);
}
