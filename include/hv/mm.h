/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine memory: the frame table, its counts and types, and the heap that hands frames out.
 *
 * Each frame has one struct page_info. count_info holds the number of references and the allocation
 * state; while the frame has an owner, type_info holds what it is used as and how often
 * (arch/x86/mm has the type machine). A frame is freed when its last reference goes, with type
 * count zero.
 */
#ifndef HV_MM_H
#define HV_MM_H

#include <hv/frame.h>
#include <hv/lib.h>
#include <hv/list.h>
#include <hv/lock.h>
#include <hv/vzalloc.h>
#include <public/xen.h>

struct domain;

/* A link in a page list: frame numbers, PAGE_LIST_END at the ends. 16 TiB of frames fit. */
struct page_link {
    uint32_t next, prev;
};
#define PAGE_LIST_END 0xffffffffU

struct page_list {
    uint32_t first, last;
    unsigned long count;
};

struct page_info {
    struct page_link link; /* the owner's page list, the heap's free list, or a room's own list */
    unsigned long count_info;
    union {
        struct {
            unsigned long type_info;
            uint32_t owner;      /* frame of the owner's struct domain; 0: none */
            uint32_t type_state; /* progress of validation, by arch/x86/mm/type.c */
        } inuse;
        struct free_block {
            bool dirty;      /* of the whole block; in its first frame only */
            uint32_t former; /* of a frame at hand: the owner's word whose bytes are in it, or 0 */
            uint32_t order;
            uint32_t tlbflush_stamp; /* when the frame was last reachable by a TLB */
        } free;
    };
};
_Static_assert(sizeof(struct page_info) == 32, "frame table entries are 32 bytes");

/* count_info */
#define PGC_allocated       (1UL << 63) /* the owner's own reference, dropped once */
#define PGC_xen_heap        (1UL << 62) /* hypervisor memory that may be shared with a domain */
#define PGC_state           (3UL << 60)
#define PGC_state_inuse     (0UL << 60)
#define PGC_state_offlining (1UL << 60)
#define PGC_state_offlined  (2UL << 60)
#define PGC_state_free      (3UL << 60)
#define PGC_broken          (1UL << 59)
#define PGC_extra           (1UL << 58) /* not counted in the domain's tot_pages limit */
#define PGC_arch            (1UL << 57) /* the architecture's, until the frame is freed */
#define PGC_count_mask      ((1UL << 48) - 1)

extern unsigned long
    max_page; /* one past the highest frame with a page_info; constant after boot */
extern unsigned long total_pages; /* usable RAM frames */

#include <asm/mm.h> /* mfn_to_page page_to_mfn mfn_to_virt virt_to_mfn page_to_virt virt_to_page */

/* Is mfn RAM or otherwise backed by a struct page_info? */
bool mfn_valid(mfn_t mfn);

/*
 * Owner of an in-use frame, NULL if none. The answer is stable only while a reference is held.
 * Without one it may only be compared (I25): a free frame has its order in that word, which is less
 * than the number of any frame of a struct domain, or all ones, and so is no domain.
 */
struct domain *page_get_owner(const struct page_info *pg);
void page_set_owner(struct page_info *pg, struct domain *d);
/* What a frame's `owner` says of d, as long as d's structure is there. */
uint32_t page_owner_word(const struct domain *d);

/*
 * get_page: takes a reference on pg if it is in use and d owns it; false otherwise. Lock-free.
 * get_page_from_mfn: the same by frame number, the number being guest-controlled.
 * put_page: drops it; the last one frees the frame. No irqlock held.
 */
bool get_page(struct page_info *pg, const struct domain *d) __must_check;
struct page_info *get_page_from_mfn(mfn_t mfn, const struct domain *d) __must_check;
void put_page(struct page_info *pg);
/* Drops PGC_allocated once: the owner gives its frame up. Caller holds another reference. */
void put_page_alloc_ref(struct page_info *pg);

/* memflags */
#define MEMF_no_owner    (1U << 0) /* do not put it on d's list nor charge it */
#define MEMF_no_refcount (1U << 1) /* owned by d but not counted against max_pages */
#define MEMF_no_scrub    (1U << 2) /* caller overwrites all of it before anyone sees it */
#define MEMF_exact_node  (1U << 3)
#define MEMF_bits(n)     ((unsigned int)(n) << 8) /* highest address bit + 1; 0: any */
#define MEMF_get_bits(f) (((f) >> 8) & 0x7f)
#define MEMF_node(n)     ((((unsigned int)(n) + 1) & 0xff) << 16)
#define MEMF_get_node(f) ((((f) >> 16) & 0xff) - 1U) /* NUMA_NO_NODE when not given */
#define MAX_ORDER        18
#define NUMA_NO_NODE     0xffffffffU
#define MAX_NUMNODES     CONFIG_MAX_NODES

/*
 * Domain memory: 1 << order contiguous frames, with nothing in them but what was d's own, charged
 * to d and put on its list (but see memflags); d NULL: anonymous. NULL when there is none or d may
 * have no more. No irqlock held.
 */
struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order, unsigned int memflags)
    __must_check;
void free_domheap_pages(struct page_info *pg, unsigned int order);
/* d's structure is about to go: nothing it gave back counts as its own any more. */
void heap_caches_forget(const struct domain *d);
#define alloc_domheap_page(d, f) alloc_domheap_pages(d, 0, f)
#define free_domheap_page(pg)    free_domheap_pages(pg, 0)
/* Gives an anonymous block to d: check limits, set owner, put on list. 0, -EINVAL, -E2BIG. */
int assign_pages(struct page_info *pg, unsigned int order, struct domain *d, unsigned int memflags)
    __must_check;

/* Hypervisor memory, by its direct-map address; content undefined (see alloc_zeroed_page). */
void *alloc_xenheap_pages(unsigned int order, unsigned int memflags) __must_check;
void free_xenheap_pages(void *v, unsigned int order);
void *alloc_zeroed_page(void) __must_check;
#define free_xenheap_page(v) free_xenheap_pages(v, 0)
/* Makes a hypervisor page (a whole frame, zeroed before) mappable by d: shared_info, grants. False,
 * and the page is as it was: d is dying. */
bool share_xen_page_with_guest(struct page_info *pg, struct domain *d, bool writable) __must_check;
int share_xen_page_with_privileged_guests(struct page_info *pg, bool writable) __must_check;

/* Boot: tells the heap about free RAM; allocates before the heap exists. */
void __init boot_heap_add(maddr_t start, maddr_t end);
/* Of what is mapped: below 4 GiB, until boot_alloc_reach() says where that ends. */
mfn_t __init boot_alloc_frames(unsigned long nr, unsigned long align);
void __init boot_alloc_reach(maddr_t end);
/* The n-th piece that it has given out; false: there are not so many. */
bool __init boot_taken(unsigned int n, mfn_t *start, mfn_t *end);
void __init heap_init(void);
void heap_add_range(mfn_t start, mfn_t end); /* give RAM to the heap (init code, modules) */
unsigned long heap_avail_pages(unsigned int node, unsigned int min_bits, unsigned int max_bits);
unsigned long heap_free_pages_total(void);
/* A CPU, which is online, gets frames of its own at hand. On that CPU. */
void heap_cache_cpu_up(void);
/* Scrubs some free memory; true if more is left. Idle loop. */
bool heap_scrub_some(void);

/* Small objects of the hypervisor itself, aligned to 16 bytes (or align), not cleared / cleared. */
void *xmalloc_bytes(size_t size, size_t align) __must_check;
void *xzalloc_bytes(size_t size, size_t align) __must_check;
void xfree(void *p);
#define xmalloc(type) ((type *)xmalloc_bytes(sizeof(type), __alignof__(type)))
#define xzalloc(type) ((type *)xzalloc_bytes(sizeof(type), __alignof__(type)))
/* n is bounded by the caller; overflow of the product gives NULL. */
void *xmalloc_array_bytes(size_t n, size_t size, size_t align, bool zero) __must_check;
#define xmalloc_array(type, n) ((type *)xmalloc_array_bytes(n, sizeof(type), __alignof__(type), 0))
#define xzalloc_array(type, n) ((type *)xmalloc_array_bytes(n, sizeof(type), __alignof__(type), 1))

/* Virtually contiguous: frames mapped into the vmap area (guard page between areas). */
void *vmap(const mfn_t *mfns, unsigned int nr);
void vunmap(const void *va);
/* Device memory, uncached. NULL on failure. */
void *ioremap(maddr_t ma, size_t len) __must_check;
void iounmap(const void *va);

#endif
