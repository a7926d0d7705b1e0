/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap's parts: blocks (heap.c), single frames at hand (heap-cache.c), memory before the heap
 * (boot.c), and those who hand frames on (domheap.c).
 */
#ifndef MM_PRIVATE_H
#define MM_PRIVATE_H

#include <hv/bitops.h>
#include <hv/mm.h>

#define NR_ZONES 41

struct memory_node {
    spinlock_t lock;
    uint64_t zones;            /* zones that have a block */
    uint32_t orders[NR_ZONES]; /* orders that have one */
    unsigned long avail[NR_ZONES];
    unsigned long total, dirty; /* free frames, and those of them in dirty blocks */
    struct page_list free[NR_ZONES][MAX_ORDER + 1];
};

/* Node n for each n below nr_nodes. */
extern struct memory_node *memory_nodes[MAX_NUMNODES];

static inline unsigned int zone_of(mfn_t mfn)
{
    uint64_t n = mfn_x(mfn);

    return n ? min_t(unsigned int, flsl_(n) + 1, NR_ZONES - 1) : 0;
}

/*
 * heap_take: a block of 2^order frames from zones up to `top`, the highest first; NULL: none. Its
 * frames are nobody's (count_info 0); the first one's `free` says whether the block is dirty and
 * when it was last in a TLB.
 * heap_put: the way back, with the first frame's `free` filled in.
 */
struct page_info *heap_take(struct memory_node *node, unsigned int top, unsigned int order)
    __must_hold(node->lock);
void heap_put(struct memory_node *node, struct page_info *pg, unsigned int order)
    __must_hold(node->lock);

/* Start-up: the heap gets what the boot allocator has left. */
void boot_memory_to_heap(void);

/*
 * A frame from this CPU's cache, or for it; NULL, false: go to the heap. `node` may be
 * NUMA_NO_NODE, then the CPU's own will do.
 */
struct page_info *heap_cache_take(unsigned int node);
bool heap_cache_put(struct page_info *pg, uint32_t former);
/* A node's caches, or all, give back what they have; false: that was nothing. */
bool heap_caches_give_back(unsigned int node);
/* What caches hold; exact while the node's lock is held and no CPU takes or puts. */
unsigned long heap_cache_pages(unsigned int node, unsigned int zone);
unsigned long heap_cache_pages_total(void);

/*
 * A block whose frames are in use (count_info 0, no owner) and known to be in no TLB, scrubbed
 * unless the caller overwrites it, or what is in it is d's own. NULL: none. heap_free takes it
 * back; stamp: when a guest could last reach it, 0: never; former: the word of the owner, whose
 * bytes are in it, 0: anybody's.
 */
struct page_info *heap_alloc(const struct domain *d, unsigned int order, unsigned int memflags)
    __must_check;
void heap_free(struct page_info *pg, unsigned int order, bool dirty, uint32_t stamp,
               uint32_t former);

#endif
