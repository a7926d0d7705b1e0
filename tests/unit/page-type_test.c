/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-type state machine (arch/x86/mm/type.c) with validators of the test's own, which fail,
 * are preempted, and note whether they ever have a frame with somebody else.
 */
#include <pthread.h>
#include <sched.h>
#include <hv/domain.h>
#include <hv/iommu.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <asm/page-type.h>
#include "../../arch/x86/mm/table.h"

#define CPUS 4U

struct domain *dom_io;
unsigned long *frame_chunks;
uint64_t tlb_clock = 1;
DEFINE_PER_CPU(uint64_t, tlb_flush_time);

static struct domain *dom;
static struct page_info *frame;
static unsigned int frees, flushes;

/* What the validators do next, and what they saw. */
static int refuse;             /* answer this */
static unsigned int preempted; /* so many times before */
static unsigned int inside;    /* CPUs that validate or release the frame */
static unsigned int validated, released;
static bool overlapped;

void free_domheap_pages(struct page_info *pg, unsigned int order)
{
    __atomic_fetch_add(&frees, 1, __ATOMIC_RELAXED);
}

void domain_dirty_cpus(const struct domain *d, cpumask_t *mask)
{
    *mask = cpu_online_map;
}

void tlb_filter(cpumask_t *mask, uint32_t stamp)
{
}

void flush_tlb_mask(const cpumask_t *mask)
{
    __atomic_fetch_add(&flushes, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&tlb_clock, 1, __ATOMIC_RELAXED);
}

bool iommu_enabled;
static unsigned int mapped, unmapped;
static int no_memory; /* for devices' tables */

int iommu_page_writable(struct domain *d, mfn_t mfn)
{
    assert_true(mfn_eq(mfn, page_to_mfn(frame)));
    mapped += !no_memory;
    return no_memory;
}

int iommu_page_gone(struct domain *d, mfn_t mfn, unsigned long count)
{
    assert_int_equal(count, 1);
    unmapped++;
    return 0;
}

void make_coherent_slow(struct page_info *pg)
{
}

bool l1tf_entry_refused(struct domain *d, pte_t pte)
{
    return false;
}

bool mmio_is_ro(mfn_t mfn)
{
    return false;
}

static void enter(void)
{
    if (__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST)) {
        overlapped = true;
    }
}

static void leave(void)
{
    __atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
}

/* A step of work a call, kept in type_state as a table's is. */
static int step(struct page_info *pg)
{
    if (preempted) {
        preempted--;
        pg->inuse.type_state = PTS_child | (pg->inuse.type_state & PTS_done_mask);
        return -ERESTART;
    }
    return 0;
}

int l1_validate(struct page_info *pg)
{
    enter();
    validated++;
    leave();
    return refuse;
}

int table_validate(struct page_info *pg, unsigned int level)
{
    int rc;

    enter();
    rc = step(pg);
    if (!rc) {
        rc = refuse;
        pg->inuse.type_state = rc ? 1 : PT_ENTRIES; /* one entry to give back when refused */
        validated += !rc;
    }
    leave();
    return rc;
}

int seg_desc_validate(struct page_info *pg)
{
    enter();
    validated++;
    leave();
    return refuse;
}

void l1_release(struct page_info *pg)
{
    enter();
    released++;
    leave();
}

int table_release(struct page_info *pg, unsigned int level)
{
    int rc;

    enter();
    rc = step(pg);
    released += !rc;
    leave();
    return rc;
}

static int begin(void **state)
{
    if (!dom) {
        fake_reset(CPUS);
        dom = fake_frame();
        frame = virt_to_page(fake_frame());
    }
    memset(frame, 0, sizeof(*frame));
    page_set_owner(frame, dom);
    frame->count_info = PGC_allocated | 1;
    refuse = 0;
    preempted = inside = validated = released = frees = flushes = 0;
    overlapped = false;
    return 0;
}

/* Only the owner's reference is left, nobody uses it as anything, and it was never freed. */
static int is_idle(void **state)
{
    assert_int_equal(frame->inuse.type_info & PGT_count_mask, 0);
    assert_int_equal(frame->inuse.type_info & (PGT_validated | PGT_partial) & PGT_partial, 0);
    assert_int_equal(frame->count_info, PGC_allocated | 1);
    assert_int_equal(frees, 0);
    assert_false(overlapped);
    return 0;
}

static const unsigned long types[] = { PGT_l1_page_table, PGT_l2_page_table, PGT_l3_page_table,
                                       PGT_l4_page_table, PGT_seg_desc_page, PGT_writable_page };

static void one_type_at_a_time(void **state)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
        assert_int_equal(page_type_get(frame, types[i]), 0);
        for (unsigned int j = 0; j < ARRAY_SIZE(types); j++) {
            assert_int_equal(page_type_get(frame, types[j]), i == j ? 0 : -EINVAL);
        }
        assert_int_equal(page_type_put(frame), 0);
        assert_int_equal(page_type_put(frame), 0);
    }
    assert_int_equal(released, 4); /* the tables */
}

/* A frame that becomes a table after it was writable: stale writable translations go first. */
static void former_use_is_flushed(void **state)
{
    assert_int_equal(page_type_get(frame, PGT_writable_page), 0);
    assert_int_equal(page_type_put(frame), 0);
    assert_int_equal(flushes, 0);
    assert_int_equal(page_type_get(frame, PGT_l1_page_table), 0);
    assert_int_equal(flushes, 1);
    assert_int_equal(page_type_put(frame), 0);
    assert_int_equal(page_type_get(frame, PGT_writable_page), 0);
    assert_int_equal(flushes, 2);
    assert_int_equal(page_type_put(frame), 0);
    /* The same use again needs none. */
    assert_int_equal(page_type_get(frame, PGT_writable_page), 0);
    assert_int_equal(flushes, 2);
    assert_int_equal(page_type_put(frame), 0);
}

static void preempted_validation_goes_on(void **state)
{
    preempted = 3;
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(page_type_get(frame, PGT_l3_page_table), -ERESTART);
        assert_true(frame->inuse.type_info & PGT_partial);
        assert_int_equal(frame->count_info & PGC_count_mask, 2); /* one is the frame's own */
        /* Meanwhile it is nothing else. */
        assert_int_equal(page_type_get(frame, PGT_writable_page), -EINVAL);
    }
    assert_int_equal(page_type_get(frame, PGT_l3_page_table), 0);
    assert_int_equal(frame->count_info & PGC_count_mask, 1);
    preempted = 2;
    assert_int_equal(page_type_put(frame), -ERESTART);
    assert_int_equal(page_type_finish(frame), -ERESTART);
    assert_int_equal(page_type_finish(frame), 0);
    assert_int_equal(page_type_finish(frame), 0); /* nothing left to do */
    assert_int_equal(released, 1);
}

/* Refused half-way: what it had gathered is given back by whoever comes next. */
static void refused_table_is_undone(void **state)
{
    refuse = -EINVAL;
    assert_int_equal(page_type_get(frame, PGT_l2_page_table), -EINVAL);
    assert_true(frame->inuse.type_info & PGT_partial);
    assert_int_equal(page_type_get(frame, PGT_writable_page), -EINVAL);
    assert_int_equal(page_type_finish(frame), 0);
    assert_int_equal(released, 1);
    assert_int_equal(page_type_get(frame, PGT_writable_page), 0);
    assert_int_equal(page_type_put(frame), 0);
    /* Nothing gathered, nothing left. */
    assert_int_equal(page_type_get(frame, PGT_l1_page_table), -EINVAL);
    assert_false(frame->inuse.type_info & PGT_partial);
}

static void validated_once_for_all_users(void **state)
{
    for (unsigned int i = 0; i < 100; i++) {
        assert_int_equal(page_type_get(frame, PGT_l1_page_table), 0);
    }
    assert_int_equal(validated, 1);
    for (unsigned int i = 0; i < 100; i++) {
        assert_int_equal(released, 0);
        assert_int_equal(page_type_put(frame), 0);
    }
    assert_int_equal(released, 1);
}

/* While an entry is written, the table stays one; the last user may go meanwhile. */
static void lock_keeps_the_table(void **state)
{
    assert_false(page_lock(frame));
    assert_int_equal(page_type_get(frame, PGT_l1_page_table), 0);
    assert_true(page_lock(frame));
    assert_int_equal(page_type_put(frame), 0);
    assert_int_equal(released, 0);
    assert_int_equal(page_type_get(frame, PGT_writable_page), -EINVAL);
    page_unlock(frame);
    assert_int_equal(released, 1);
    assert_int_equal(page_type_get(frame, PGT_writable_page), 0);
    assert_false(page_lock(frame));
    assert_int_equal(page_type_put(frame), 0);
}

/* --- Several CPUs --- */

static unsigned int users[ARRAY_SIZE(types)]; /* who believes to hold which type */
static bool mixed;

static void note_use(unsigned int mine)
{
    __atomic_fetch_add(&users[mine], 1, __ATOMIC_SEQ_CST);
    for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
        if (i != mine && __atomic_load_n(&users[i], __ATOMIC_SEQ_CST)) {
            mixed = true;
        }
    }
    __atomic_fetch_sub(&users[mine], 1, __ATOMIC_SEQ_CST);
}

#define ROUNDS 400000U

static void *use(void *arg)
{
    unsigned int seed = (unsigned int)(uintptr_t)arg, got = 0;

    fake_run_on((unsigned int)(uintptr_t)arg);
    for (unsigned int round = 0; round < ROUNDS; round++) {
        unsigned int i = (unsigned int)rand_r(&seed) % ARRAY_SIZE(types);
        int rc = page_type_get(frame, types[i]);

        if (rc == 0) {
            got++;
            note_use(i);
            if (page_type_is_table(types[i]) && round % 3 == 0 && page_lock(frame)) {
                enter(); /* a writer has the table to itself, validators included */
                if (round % 16 == 0) {
                    sched_yield();
                }
                leave();
                page_unlock(frame);
            }
            rc = page_type_put(frame);
        }
        if (rc == -ERESTART) {
            while (page_type_finish(frame) == -ERESTART) {
            }
        }
        if (round % 64 == 0) {
            WRITE_ONCE(preempted, 2);
        }
    }
    return (void *)(uintptr_t)got;
}

static void cpus_agree_on_the_type(void **state)
{
    pthread_t thread[CPUS];
    void *got;

    for (uintptr_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(pthread_create(&thread[cpu], NULL, use, (void *)cpu), 0);
    }
    for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
        pthread_join(thread[cpu], &got);
        assert_true((uintptr_t)got > 0);
    }
    preempted = 0;
    while (page_type_finish(frame) == -ERESTART) {
    }
    assert_false(mixed);
}

/* The frame is its devices' while it is writable, and not in between. */
static void devices_follow_the_type(void **state)
{
    iommu_enabled = dom->dma_tracked = true;
    assert_int_equal(page_type_get(frame, PGT_writable_page), 0);
    assert_int_equal(page_type_get(frame, PGT_writable_page), 0);
    assert_int_equal(mapped, 1);
    assert_int_equal(page_type_put(frame), 0);
    assert_int_equal(page_type_put(frame), 0);
    assert_int_equal(unmapped, 0);
    assert_int_equal(page_type_get(frame, PGT_l1_page_table), 0);
    assert_int_equal(unmapped, 1);
    assert_int_equal(page_type_put(frame), 0);
    /* One table after another asks for nothing. */
    assert_int_equal(page_type_get(frame, PGT_seg_desc_page), 0);
    assert_int_equal(page_type_put(frame), 0);
    assert_int_equal(unmapped, 1);
    no_memory = -ENOMEM;
    assert_int_equal(page_type_get(frame, PGT_writable_page), -ENOMEM);
    assert_int_equal(frame->inuse.type_info & PGT_count_mask, 0);
    no_memory = 0;
    assert_int_equal(page_type_get(frame, PGT_writable_page), 0);
    assert_int_equal(mapped, 2);
    assert_int_equal(page_type_put(frame), 0);
    /* A frame that was given away and comes again is told of again. */
    frame->inuse.type_info &= ~PGT_validated;
    assert_int_equal(page_type_get(frame, PGT_writable_page), 0);
    assert_int_equal(mapped, 3);
    assert_int_equal(page_type_put(frame), 0);
    iommu_enabled = dom->dma_tracked = false;
}

#define type_test(f) cmocka_unit_test_setup_teardown(f, begin, is_idle)

int main(void)
{
    const struct CMUnitTest tests[] = {
        type_test(one_type_at_a_time),           type_test(former_use_is_flushed),
        type_test(preempted_validation_goes_on), type_test(refused_table_is_undone),
        type_test(validated_once_for_all_users), type_test(lock_keeps_the_table),
        type_test(cpus_agree_on_the_type),       type_test(devices_follow_the_type),
    };

    return cmocka_run_group_tests_name("page-type", tests, NULL, NULL);
}
