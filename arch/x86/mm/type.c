/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-type state machine's slow half: changing a frame's type, and the states between.
 *
 *   idle (count 0) --get--> validating (count 1) --ok--> VALIDATED (count >= 1)
 *   validating --preempted or refused--> PARTIAL (count 1, the frame's own) --get--> validating
 *   VALIDATED (count 1) --put--> releasing (count 1) --done--> idle
 *   releasing --preempted--> PARTIAL --finish--> releasing
 *
 * A frame that is no table is in releasing only while its TLB stamp is written.
 *
 * All transitions are compare-and-exchange on type_info. While a frame is validating or releasing,
 * one CPU has it to itself, type_state included; others wait, which is bounded, because tables wait
 * only for tables of lower levels and each of these states ends or becomes PARTIAL at the next
 * preemption check. A PARTIAL frame keeps itself alive with a general reference; a refused table is
 * PARTIAL too, so that giving back what it had gathered is preemptible (I5, I13).
 *
 * No locks. Called by everything that maps, pins or loads guest frames.
 */
#include <hv/domain.h>
#include <hv/iommu.h>
#include <hv/nospec.h>
#include <asm/page-type.h>

#include "table.h"

static bool type_cmpxchg(struct page_info *pg, unsigned long *old, unsigned long new)
{
    return __atomic_compare_exchange_n(&pg->inuse.type_info, old, new, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

static void type_set_flags(struct page_info *pg, unsigned long flags)
{
    (void)__atomic_fetch_or(&pg->inuse.type_info, flags, __ATOMIC_SEQ_CST);
}

/*
 * CPUs on which d's mappings of pg from before `stamp` may live on forget them. A stale writable
 * entry would let the guest forge a table; a stale table entry would let it forge mappings (I12).
 */
static void flush_former_use(const struct domain *d, uint32_t stamp)
{
    cpumask_t mask;

    domain_dirty_cpus(d, &mask);
    tlb_filter(&mask, stamp);
    if (!cpumask_empty(&mask)) {
        flush_tlb_mask(&mask);
    }
}

/* The one reference, and a general one of its own, are the frame's. */
static void park(struct page_info *pg)
{
    page_ref_again(pg);
    type_set_flags(pg, PGT_partial);
}

/* From validating or releasing to idle. */
static void make_idle(struct page_info *pg)
{
    pg->inuse.type_state = tlb_stamp_now();
    (void)__atomic_fetch_sub(&pg->inuse.type_info, 1, __ATOMIC_SEQ_CST);
}

/* This CPU has pg in state validating; its type reference is the caller's when the answer is 0. */
static int validate(struct page_info *pg, unsigned long type)
{
    int rc = 0;

    switch (type) {
    case PGT_l1_page_table:
        rc = l1_validate(pg);
        break;
    case PGT_l2_page_table:
    case PGT_l3_page_table:
    case PGT_l4_page_table:
        rc = table_validate(pg, page_type_level(type));
        break;
    case PGT_seg_desc_page:
        rc = seg_desc_validate(pg);
        break;
    }

    if (likely(!rc)) {
        type_set_flags(pg, PGT_validated);
    } else if (page_type_is_table(type) && (pg->inuse.type_state & (PTS_done_mask | PTS_child))) {
        park(pg);
    } else {
        make_idle(pg);
    }
    return rc;
}

/* This CPU has pg in state releasing. */
static int release(struct page_info *pg, unsigned long type)
{
    int rc = 0;

    if (type == PGT_l1_page_table) {
        l1_release(pg);
    } else {
        rc = table_release(pg, page_type_level(type));
    }
    if (unlikely(rc)) {
        park(pg);
    } else {
        make_idle(pg);
    }
    return rc;
}

/*
 * Devices follow the type: they write the frame while it is writable (I13). This CPU has it in
 * state validating. 0, or -ENOMEM.
 */
static int devices_follow(struct page_info *pg, unsigned long was, unsigned long type)
{
    struct domain *d = page_get_owner(pg);

    if (likely(!iommu_enabled) || !d || !iommu_domain_tracked(d)) {
        return 0;
    }
    if (type == PGT_writable_page) {
        return iommu_page_writable(d, page_to_mfn(pg));
    }
    /* When that crashes the domain, the frame is gone from its devices all the same. */
    return was == PGT_writable_page ? iommu_page_gone(d, page_to_mfn(pg), 1) : 0;
}

/* Idle frame to validating, 1; 0 when somebody else was quicker; -ENOMEM. */
static int claim_idle(struct page_info *pg, unsigned long x, unsigned long type)
{
    unsigned long was = x & PGT_type_mask;

    if (!type_cmpxchg(pg, &x, type | 1)) {
        return 0;
    }
    if (unlikely(devices_follow(pg, was, type))) {
        /* Idle again, and not validated: whoever comes next begins here. */
        __atomic_store_n(&pg->inuse.type_info, was, __ATOMIC_SEQ_CST);
        return -ENOMEM;
    }
    if (was != type && was != PGT_none) {
        flush_former_use(page_get_owner(pg), pg->inuse.type_state);
    }
    if (type != PGT_writable_page) {
        /* What is validated in caches is what memory has, and what the CPU will read. */
        make_coherent(pg);
    }
    if (page_type_is_table(type)) {
        pg->inuse.type_state = 0;
    }
    return 1;
}

int page_type_get_slow(struct page_info *pg, unsigned long type)
{
    for (;;) {
        unsigned long x = READ_ONCE(pg->inuse.type_info);
        int rc;

        if (!(x & PGT_count_mask)) {
            rc = claim_idle(pg, x, type);
            if (likely(rc)) {
                return rc < 0 ? rc : validate(pg, type);
            }
        } else if ((x & PGT_type_mask) != type) {
            return -EINVAL;
        } else if (x & PGT_validated) {
            if (type_cmpxchg(pg, &x, x + 1)) {
                return 0;
            }
        } else if (x & PGT_partial) {
            if (type_cmpxchg(pg, &x, x & ~PGT_partial)) {
                rc = validate(pg, type);
                /* The frame's own general reference: parking took a new one, if that happened. */
                page_ref_put(pg);
                return rc;
            }
        } else {
            cpu_relax();
        }
    }
}

int page_type_put_slow(struct page_info *pg)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    for (;;) {
        unsigned long type = x & PGT_type_mask;

        ASSERT(x & PGT_count_mask);
        if ((x & PGT_count_mask) != 1 || !page_type_is_table(x)) {
            if (type_cmpxchg(pg, &x, x - 1)) {
                return 0;
            }
            continue;
        }
        ASSERT((x & (PGT_validated | PGT_pinned | PGT_locked)) == PGT_validated);
        if (type_cmpxchg(pg, &x, type | 1)) {
            return release(pg, type);
        }
    }
}

int page_type_put_later(struct page_info *pg)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    page_ref_again(pg); /* the frame's own, where it becomes PARTIAL */
    for (;;) {
        bool last = (x & PGT_count_mask) == 1;

        ASSERT(x & PGT_validated);
        if (type_cmpxchg(pg, &x, last ? (x & PGT_type_mask) | PGT_partial | 1 : x - 1)) {
            if (last) {
                return -ERESTART;
            }
            page_ref_put(pg);
            return 0;
        }
    }
}

/* Not where its state has one of the `unless` bits: who left it so goes on. */
static int finish_as(struct page_info *pg, unsigned long mask, unsigned long type, uint32_t unless)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    while ((x & PGT_partial) && (x & mask) == type) {
        if (type_cmpxchg(pg, &x, x & ~PGT_partial)) {
            int rc;

            if (unlikely(pg->inuse.type_state & unless)) {
                type_set_flags(pg, PGT_partial);
                return 0;
            }
            rc = release(pg, x & PGT_type_mask);
            page_ref_put(pg);
            return rc;
        }
    }
    return 0;
}

int page_type_finish(struct page_info *pg)
{
    return finish_as(pg, 0, 0, 0);
}

int page_type_finish_as(struct page_info *pg, unsigned long type)
{
    return finish_as(pg, PGT_type_mask, type, 0);
}

int page_type_finish_linear(struct page_info *pg, unsigned long type)
{
    return finish_as(pg, PGT_type_mask, type, PTS_linear_child);
}

struct page_info *page_get_writable(mfn_t mfn, const struct domain *d)
{
    struct page_info *pg = get_page_from_mfn(mfn, d);

    if (pg && page_type_get(pg, PGT_writable_page)) {
        page_ref_put(pg);
        pg = NULL;
    }
    return pg;
}

int page_get_and_type(mfn_t mfn, const struct domain *d, unsigned long type, struct page_info **pgp)
{
    struct page_info *pg = get_page_from_mfn(mfn, d);
    int rc;

    *pgp = pg;
    if (!pg) {
        return -EINVAL;
    }
    rc = page_type_get(pg, type);
    if (unlikely(rc) &&
        (rc == -ERESTART || (READ_ONCE(pg->inuse.type_info) & (PGT_partial | PGT_type_mask)) !=
                                (PGT_partial | type))) {
        page_ref_put(pg);
        *pgp = NULL;
    }
    return rc;
}

bool page_lock_slow(struct page_info *pg)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    for (;;) {
        if (unlikely(x & PGT_locked)) {
            cpu_relax();
            x = READ_ONCE(pg->inuse.type_info);
            continue;
        }
        if (!(x & PGT_validated) || !(x & PGT_count_mask) || !page_type_is_table(x)) {
            return false;
        }
        if (likely(type_cmpxchg(pg, &x, (x | PGT_locked) + 1))) {
            return true;
        }
    }
}

void page_unlock_slow(struct page_info *pg)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);

    for (;;) {
        bool last = (x & PGT_count_mask) == 1;

        ASSERT(x & PGT_locked);
        if (likely(type_cmpxchg(pg, &x, (x & ~PGT_locked) - !last))) {
            if (unlikely(last) && page_type_put(pg)) {
                page_ref_again(pg);
                old_table_remember(current, pg);
            }
            return;
        }
    }
}

/*
 * With one slot a vCPU, a second unfinished table of the same operation is left PARTIAL: nothing of
 * it is lost, the next user of the frame or its owner's death goes on with it. A death that is
 * under way may have passed the frame: then it is finished at once, for the caller is another
 * domain.
 */
void old_table_remember(struct vcpu *v, struct page_info *pg)
{
    if (v->arch.old_guest_table) {
        while (unlikely(READ_ONCE(page_get_owner(pg)->dying)) && page_type_finish(pg)) {
        }
        page_ref_put(pg);
    } else {
        v->arch.old_guest_table = pg;
    }
}

int old_table_finish(struct vcpu *v)
{
    struct page_info *pg = v->arch.old_guest_table;
    int rc;

    if (likely(!pg)) {
        return 0;
    }
    rc = page_type_finish(pg);
    if (!rc) {
        v->arch.old_guest_table = NULL;
        page_ref_put(pg);
    }
    return rc;
}
