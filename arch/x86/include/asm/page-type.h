/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest's frame is used as, and the inline half of the page-type state machine
 * (arch/x86/mm/type.c has the other half; docs/design/page-types.md explains both).
 *
 * type_info of a frame in use: a type, a count of users, and flags. A frame has one type at a time;
 * it can change only while the count is zero. VALIDATED says that the contents satisfy the type and
 * stay so. A table whose validation or release was preempted is PARTIAL: one type reference and one
 * general reference belong to the frame itself until somebody goes on with it. Whoever holds a type
 * reference holds a general reference as well.
 */
#ifndef ASM_PAGE_TYPE_H
#define ASM_PAGE_TYPE_H

#include <hv/mm.h>
#include <hv/nospec.h>
#include <asm/flush.h>

#define PGT_type_mask     (7UL << 61)
#define PGT_none          (0UL << 61)
#define PGT_l1_page_table (1UL << 61)
#define PGT_l2_page_table (2UL << 61)
#define PGT_l3_page_table (3UL << 61)
#define PGT_l4_page_table (4UL << 61)
#define PGT_seg_desc_page (5UL << 61)
#define PGT_writable_page (7UL << 61)
#define PGT_pinned        (1UL << 60) /* one of the references is the pin's */
#define PGT_validated     (1UL << 59)
#define PGT_partial       (1UL << 58) /* not validated, count 1, see type_state */
#define PGT_locked        (1UL << 57) /* an entry is being written; one reference is the lock's */
#define PGT_count_mask    ((1UL << 57) - 1)

#define PGT_table(level) ((unsigned long)(level) << 61)

/*
 * type_state of a page table: entries [0, done) hold their references; with CHILD, entry `done`
 * holds a general reference only, its child being perhaps PARTIAL (after release stopped at a
 * linear entry, LINEAR_CHILD says so). The upper half counts linear entries: how often others use
 * this table linearly when positive, how many linear entries it has when negative. Of everything
 * else with type count zero: TLB stamp of the last use.
 */
#define PTS_done_mask    0x3ffU
#define PTS_child        0x400U
#define PTS_linear_child 0x800U /* with CHILD: of this table's own level, a linear entry's */
#define PTS_linear_one   0x10000U

static always_inline bool page_type_is_table(unsigned long type_info)
{
    unsigned long type = type_info & PGT_type_mask;

    return type - PGT_l1_page_table <= PGT_l4_page_table - PGT_l1_page_table;
}
static always_inline unsigned int page_type_level(unsigned long type_info)
{
    return (unsigned int)(type_info >> 61);
}

/* mfn_valid(), inline: a bit for each 2 MiB of frames that have their page_info (hvmap.c). */
extern unsigned long *frame_chunks;
static always_inline bool frame_is_ram(mfn_t mfn)
{
    return likely(mfn_x(mfn) < max_page) &&
           likely(frame_chunks[mfn_x(mfn) / (512 * BITS_PER_LONG)] >> (mfn_x(mfn) / 512 % 64) & 1);
}

/* Its page_info; the frame table's first under speculation, where a guest's number is none. */
static always_inline struct page_info *frame_page_nospec(mfn_t mfn)
{
    return mfn_to_page(_mfn(array_index_nospec(mfn_x(mfn), max_page)));
}

/* Frame number of a domain's structure: how page_info names owners. */
static always_inline uint32_t domain_owner_id(const struct domain *d)
{
    return (uint32_t)(((unsigned long)d - DIRECTMAP_START) >> PAGE_SHIFT);
}

/*
 * General references, inline. page_ref_get: as get_page(). page_ref_again: the caller has one
 * already. page_ref_put: as put_page().
 */
static always_inline bool page_ref_get(struct page_info *pg, uint32_t owner)
{
    unsigned long x = READ_ONCE(pg->count_info);

    do {
        if (unlikely(!(x & PGC_count_mask))) {
            return false;
        }
    } while (unlikely(!__atomic_compare_exchange_n(&pg->count_info, &x, x + 1, false,
                                                   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)));
    if (unlikely(READ_ONCE(pg->inuse.owner) != owner)) {
        put_page(pg);
        return false;
    }
    return true;
}
/* get_page_from_mfn(), inline. */
static always_inline struct page_info *frame_ref_get(mfn_t mfn, const struct domain *d)
{
    struct page_info *pg = frame_page_nospec(mfn);

    return frame_is_ram(mfn) && page_ref_get(pg, domain_owner_id(d)) ? pg : NULL;
}
static always_inline void page_ref_again(struct page_info *pg)
{
    (void)__atomic_fetch_add(&pg->count_info, 1, __ATOMIC_SEQ_CST);
}
_Static_assert(PGC_count_mask == (1UL << 48) - 1, "a shift leaves the count");
static always_inline void page_ref_put(struct page_info *pg)
{
    unsigned long x = __atomic_fetch_sub(&pg->count_info, 1, __ATOMIC_SEQ_CST);

    ASSERT(x & PGC_count_mask);
    if (unlikely(x << 16 == 1UL << 16)) {
        free_domheap_page(pg);
    }
}

/*
 * page_type_get: takes a reference of the type; the caller holds a general reference and keeps it.
 *   0           taken
 *   -EINVAL     the frame is something else, or its contents do not satisfy the type
 *   -ERESTART   preempted; what was done is kept in the frame: ask again
 *   -ENOMEM     its owner's devices cannot follow; nothing has changed
 * After -EINVAL the frame may be PARTIAL, with entries to give back: see page_type_finish().
 * No lock held, but page locks of tables of higher levels.
 */
int page_type_get_slow(struct page_info *pg, unsigned long type) __must_check;
static always_inline int __must_check page_type_get(struct page_info *pg, unsigned long type)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    do {
        if (unlikely((x & (PGT_type_mask | PGT_validated)) != (type | PGT_validated))) {
            return page_type_get_slow(pg, type);
        }
    } while (unlikely(!__atomic_compare_exchange_n(&pg->inuse.type_info, &x, x + 1, false,
                                                   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)));
    return 0;
}

/*
 * page_type_put: gives one type reference back; the caller keeps its general reference.
 *   0           gone
 *   -ERESTART   it was a table's last one, and its release was preempted: the reference is now the
 *               frame's own. The caller goes on with page_type_finish(), holding its general
 *               reference meanwhile, or leaves the rest to the owner's death.
 * Only tables of level 2 and higher are ever preempted.
 */
int page_type_put_slow(struct page_info *pg) __must_check;
static always_inline int __must_check page_type_put(struct page_info *pg)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info), new;

    do {
        new = x - 1;
        if (unlikely((x & PGT_count_mask) == 1)) {
            if (page_type_is_table(x)) {
                return page_type_put_slow(pg);
            }
            new = x & ~PGT_validated; /* releasing */
        }
    } while (unlikely(!__atomic_compare_exchange_n(&pg->inuse.type_info, &x, new, false,
                                                   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)));
    if (unlikely((x & PGT_count_mask) == 1)) {
        /* A stamp from before the exchange could be older than the use of one who got the frame
         * and gave it back meanwhile. */
        pg->inuse.type_state = tlb_stamp_now();
        smp_store_release(&pg->inuse.type_info, x - 1);
    }
    return 0;
}
/*
 * The same, but a table's last reference becomes the frame's own at once, with nothing given back
 * yet: -ERESTART. So what is put while another table of this level is released goes no deeper.
 */
int page_type_put_later(struct page_info *pg) __must_check;
/* Goes on with the release of a frame that may be PARTIAL; 0 when nothing is left, or -ERESTART. */
int page_type_finish(struct page_info *pg) __must_check;
/* The same where the frame is of that type (PGT_*); otherwise there is nothing to do. _linear: for
 * a linear entry's frame, unless that stopped at a linear entry of its own. */
int page_type_finish_as(struct page_info *pg, unsigned long type) __must_check;
int page_type_finish_linear(struct page_info *pg, unsigned long type) __must_check;

/* A writable reference: never preempted. */
static always_inline void page_put_writable(struct page_info *pg)
{
    int rc = page_type_put(pg);

    ASSERT(!rc);
    (void)rc;
    page_ref_put(pg);
}
/* General and writable reference on d's frame; NULL when it cannot be had. Guest-controlled mfn. */
struct page_info *page_get_writable(mfn_t mfn, const struct domain *d) __must_check;
/* General and type reference; 0 or as page_type_get; *pg is set also on failure, and then holds a
 * general reference only if it is a PARTIAL one of that type (see old_table_remember), else *pg is
 * NULL. */
int page_get_and_type(mfn_t mfn, const struct domain *d, unsigned long type, struct page_info **pg)
    __must_check;

/*
 * page_lock: for writing one entry of a validated table: at most one CPU at a time, and the table
 * stays one. False when it is no validated table. Its level is in type_info.
 */
bool page_lock_slow(struct page_info *pg) __must_check;
static always_inline bool __must_check page_lock(struct page_info *pg)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    if (likely((x & (PGT_locked | PGT_validated)) == PGT_validated) &&
        likely(page_type_is_table(x)) &&
        likely(__atomic_compare_exchange_n(&pg->inuse.type_info, &x, (x | PGT_locked) + 1, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))) {
        return true;
    }
    return page_lock_slow(pg);
}
void page_unlock_slow(struct page_info *pg);
static always_inline void page_unlock(struct page_info *pg)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    if (unlikely((x & PGT_count_mask) == 1) ||
        unlikely(!__atomic_compare_exchange_n(&pg->inuse.type_info, &x, (x & ~PGT_locked) - 1,
                                              false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))) {
        page_unlock_slow(pg);
    }
}

/* page_lock() for a table of that type (PGT_*) only, and only if it is had at once. */
static always_inline bool __must_check page_trylock_as(struct page_info *pg, unsigned long type)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    return likely((x & (PGT_type_mask | PGT_locked | PGT_validated)) == (type | PGT_validated)) &&
           likely(__atomic_compare_exchange_n(&pg->inuse.type_info, &x, (x | PGT_locked) + 1, false,
                                              __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
}
/* page_lock() for a table of that type only. */
static always_inline bool __must_check page_lock_as(struct page_info *pg, unsigned long type)
{
    if (page_trylock_as(pg, type)) {
        return true;
    }
    if (!page_lock_slow(pg)) {
        return false;
    }
    if (likely((READ_ONCE(pg->inuse.type_info) & PGT_type_mask) == type)) {
        return true;
    }
    page_unlock(pg);
    return false;
}

/* Puts v's unfinished release first in line (its general reference is taken over). */
struct vcpu;
void old_table_remember(struct vcpu *v, struct page_info *pg);
/* Finishes it: 0, or -ERESTART. v is current, or its domain is dying. */
int old_table_finish(struct vcpu *v) __must_check;

#endif
