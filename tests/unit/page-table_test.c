/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of a PV domain as arch/x86/mm validates, changes and releases them: the references
 * that entries hold, linear entries, what is flushed before a reference goes.
 */
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/iommu.h>
#include <hv/mm.h>
#include <hv/rangeset.h>
#include <hv/smp.h>
#include <asm/linear-slots.h>
#include <asm/perdomain.h>
#include <asm/pv.h>
#include <asm/xpti.h>
#include "../../arch/x86/mm/table.h"

#define TABLES 5U

struct domain *dom_io, *dom_xen;
unsigned long *frame_chunks;
pte_t idle_pg_table[PT_ENTRIES];
uint32_t cpu_features[NR_FEATURE_WORDS];
bool iommu_enabled;

static struct domain *dom, *other;
static struct vcpu *vcpu;
static struct page_info *table[TABLES]; /* frames of dom, idle, their contents zero */
static bool preempt;                    /* at each check */
static unsigned int flushes;
static cpumask_t flushed;
static struct page_info *watched; /* its type at the last flush */
static unsigned long type_then;

bool hypercall_preempt_check(void)
{
    return preempt;
}

void free_domheap_pages(struct page_info *pg, unsigned int order)
{
    fail_msg("a frame was freed");
}

void flush_tlb_mask(const cpumask_t *mask)
{
    flushes++;
    flushed = *mask;
    type_then = watched ? watched->inuse.type_info : 0;
}

void flush_tlb_vcpu(struct vcpu *v)
{
}

bool mmio_is_ro(mfn_t mfn)
{
    return false;
}

bool l1tf_entry_refused(struct domain *d, pte_t pte)
{
    return false;
}

bool pv_unmap_ldt(struct vcpu *v)
{
    return false;
}

bool pv_check_descriptor(const struct domain *d, uint64_t *desc)
{
    return true;
}

pte_t pv_perdomain_l4e(const struct domain *d)
{
    return (pte_t){ 0 };
}

void xpti_root_changed_slow(struct domain *d, bool live)
{
}

int iommu_page_writable(struct domain *d, mfn_t mfn)
{
    return 0;
}

int iommu_page_gone(struct domain *d, mfn_t mfn, unsigned long count)
{
    return 0;
}

static struct page_info *new_frame(struct domain *d)
{
    struct page_info *pg = virt_to_page(fake_frame());

    memset(page_to_virt(pg), 0, PAGE_SIZE);
    memset(pg, 0, sizeof(*pg));
    page_set_owner(pg, d);
    pg->count_info = PGC_allocated | 1;
    return pg;
}

static int begin(void **state)
{
    fake_reset(4);
    frame_chunks = fake_frame();
    memset(frame_chunks, 0xff, PAGE_SIZE);
    dom = fake_frame();
    other = fake_frame();
    dom_io = fake_frame();
    dom_xen = fake_frame();
    vcpu = fake_frame();
    vcpu->domain = dom;
    fake_set_current(vcpu);
    dom->iomem_caps = rangeset_new("test");
    dom->arch.ioport_caps = rangeset_new("test");
    cpumask_set(1, &dom->dirty_cpus);
    cpumask_set(2, &other->dirty_cpus);
    for (unsigned int i = 0; i < TABLES; i++) {
        table[i] = new_frame(dom);
    }
    preempt = false;
    flushes = 0;
    watched = NULL;
    return 0;
}

/* Nothing is left of what the test did: each frame has its owner's reference alone. */
static int all_idle(void **state)
{
    for (unsigned int i = 0; i < TABLES; i++) {
        assert_int_equal(table[i]->inuse.type_info & (PGT_count_mask | PGT_partial), 0);
        assert_int_equal(table[i]->count_info & ~PGC_non_coherent, PGC_allocated | 1);
    }
    assert_null(vcpu->arch.old_guest_table);
    rangeset_destroy(dom->iomem_caps);
    rangeset_destroy(dom->arch.ioport_caps);
    return 0;
}

static pte_t *entries(struct page_info *pg)
{
    return page_to_virt(pg);
}

static pte_t names(struct page_info *pg, uint64_t flags)
{
    return pte_make(page_to_mfn(pg), PTE_P | flags);
}

/* Writes entry i of a table of that level, as mmu_update does. */
static int put_entry(struct page_info *pg, unsigned int i, pte_t e, unsigned int level)
{
    int rc;

    assert_true(page_lock(pg));
    rc = table_entry_write(pg, &entries(pg)[i], e, level, false, dom);
    page_unlock(pg);
    return rc;
}

static void make_table(struct page_info *pg, unsigned int level)
{
    assert_int_equal(page_type_get(pg, PGT_table(level)), 0);
}

static void drop_table(struct page_info *pg)
{
    assert_int_equal(page_type_put(pg), 0);
}

static const pte_t nothing;

/* A table that others use linearly has no linear entries but to itself, and the other way round. */
static void linear_depth_is_one(void **state)
{
    for (unsigned int level = 2; level <= 4; level++) {
        struct page_info *a = table[0], *b = table[1], *c = table[2], *strange = new_frame(other);

        make_table(a, level);
        make_table(b, level);
        make_table(c, level);
        assert_int_equal(put_entry(b, 9, names(a, PTE_RW), level), -EINVAL);
        /* What is no table of that level, or not the domain's. */
        assert_int_equal(page_type_get(table[3], PGT_writable_page), 0);
        assert_int_equal(put_entry(b, 9, names(table[3], 0), level), -EINVAL);
        assert_int_equal(page_type_put(table[3]), 0);
        assert_int_equal(put_entry(b, 9, names(strange, 0), level), -EINVAL);
        assert_int_equal(put_entry(b, 9, names(a, 0), level), 0);
        assert_int_equal(put_entry(a, 9, names(c, 0), level), -EINVAL);
        assert_int_equal(put_entry(a, 9, names(b, 0), level), -EINVAL);
        assert_int_equal(put_entry(c, 9, names(b, 0), level), -EINVAL);
        assert_int_equal(put_entry(a, 9, names(a, 0), level), 0);
        assert_int_equal(put_entry(c, 9, names(a, 0), level), 0);
        assert_int_equal(put_entry(b, 9, nothing, level), 0);
        /* b is neither now; a is still used by c. */
        assert_int_equal(put_entry(a, 8, names(b, 0), level), -EINVAL);
        assert_int_equal(put_entry(c, 9, nothing, level), 0);
        assert_int_equal(put_entry(a, 8, names(b, 0), level), 0);
        assert_int_equal(put_entry(c, 9, names(a, 0), level), -EINVAL);
        assert_int_equal(a->inuse.type_state >> 16, 0xffff);
        assert_int_equal(b->inuse.type_state >> 16, 1);
        drop_table(a);
        assert_int_equal(b->inuse.type_state >> 16, 0);
        drop_table(b);
        drop_table(c);
        for (unsigned int i = 0; i < 3; i++) {
            memset(entries(table[i]), 0, PAGE_SIZE);
        }
    }
}

/* Neither count goes round; what was counted before the refusal is not. */
static void linear_counts_have_ends(void **state)
{
    struct page_info *a = table[0], *b = table[1];

    make_table(a, 3);
    make_table(b, 3);
    a->inuse.type_state |= 0x7fffU << 16;
    assert_int_equal(put_entry(b, 0, names(a, 0), 3), -EINVAL);
    assert_int_equal(a->inuse.type_state >> 16, 0x7fff);
    assert_int_equal(b->inuse.type_state >> 16, 0);
    a->inuse.type_state &= 0xffffU;
    b->inuse.type_state |= 0x8000U << 16;
    assert_int_equal(put_entry(b, 0, names(a, 0), 3), -EINVAL);
    assert_int_equal(a->inuse.type_state >> 16, 0);
    assert_int_equal(b->inuse.type_state >> 16, 0x8000);
    b->inuse.type_state &= 0xffffU;
    assert_int_equal(a->inuse.type_info & PGT_count_mask, 1);
    drop_table(a);
    drop_table(b);
}

/* Gives back a type reference, and goes on until nothing is left; how often it stopped. */
static unsigned int drop_in_parts(struct page_info *pg)
{
    unsigned int stops = 0;

    if (page_type_put(pg)) {
        do {
            assert_true(++stops < 100);
        } while (page_type_finish(pg));
    }
    return stops;
}

/* Tables that linear entries alone keep are released with the one that has the entries. */
static void linear_tables_go_in_parts(void **state)
{
    for (unsigned int level = 2; level <= 4; level++) {
        struct page_info *user = table[0], *used[2] = { table[1], table[2] };
        struct page_info *below[2] = { table[3], table[4] };

        for (unsigned int i = 0; i < 2; i++) {
            make_table(used[i], level);
            for (unsigned int j = 0; j < 4; j++) {
                assert_int_equal(put_entry(used[i], j, names(below[j & 1], PTE_RW), level), 0);
            }
        }
        make_table(user, level);
        for (unsigned int i = 0; i < 2; i++) {
            assert_int_equal(put_entry(user, i, names(used[i], 0), level), 0);
            drop_table(used[i]);
            assert_int_equal(used[i]->inuse.type_info & PGT_count_mask, 1);
        }
        preempt = true;
        assert_true(drop_in_parts(user) > 1);
        preempt = false;
        /* Nobody remembers them elsewhere, so no one else has to come. */
        assert_null(vcpu->arch.old_guest_table);
        for (unsigned int i = 0; i < 5; i++) {
            assert_int_equal(table[i]->inuse.type_info & (PGT_count_mask | PGT_partial), 0);
            assert_int_equal(table[i]->count_info, PGC_allocated | 1);
            memset(entries(table[i]), 0, PAGE_SIZE);
        }
    }
}

/* A release does not go down a row of tables that name one another: one step, whatever they are. */
static void linear_release_goes_one_deep(void **state)
{
    struct page_info *pg[4] = { table[0], table[1], table[2], table[3] };

    for (unsigned int i = 0; i < 4; i++) {
        make_table(pg[i], 4);
    }
    /* Each left in the middle of its release, at the next one: two by two, as the depth allows. */
    for (unsigned int i = 3; i-- > 0;) {
        assert_int_equal(put_entry(pg[i], 0, names(pg[i + 1], 0), 4), 0);
        drop_table(pg[i + 1]);
        pg[i]->inuse.type_state &= 0xffffU;
        pg[i + 1]->inuse.type_state &= 0xffffU;
        pg[i + 1]->inuse.type_state |= PTS_linear_one;
    }
    pg[0]->inuse.type_state |= 0xffffU << 16;
    assert_int_equal(page_type_put(pg[0]), -ERESTART);
    /* pg[1] is put off, not released: its own entry is untouched. */
    assert_true(pg[1]->inuse.type_info & PGT_partial);
    assert_int_equal(pg[1]->inuse.type_state & PTS_done_mask, PT_ENTRIES);
    assert_int_equal(page_type_finish(pg[0]), -ERESTART);
    assert_true(pg[2]->inuse.type_info & PGT_partial);
    assert_int_equal(pg[2]->inuse.type_state & PTS_done_mask, PT_ENTRIES);
    /* Finished from outside, by whoever it was: pg[0] waits for no one. */
    assert_int_equal(page_type_finish(pg[0]), 0);
    assert_int_equal(pg[2]->inuse.type_state & PTS_done_mask, PT_ENTRIES);
    for (unsigned int i = 1; i < 4; i++) {
        while (page_type_finish(pg[i])) {
        }
    }
}

/* A chain of tables from level 1 up to `top`; two entries name each. */
static void build_chain(unsigned int top)
{
    for (unsigned int level = 2; level <= top; level++) {
        entries(table[level - 1])[3] = names(table[level - 2], PTE_RW);
        entries(table[level - 1])[7] = names(table[level - 2], PTE_RW);
    }
    entries(table[0])[1] = names(table[4], PTE_RW);
}

/* Each table but the top one has so many references. */
static void expect_chain(unsigned int top, unsigned long each)
{
    for (unsigned int level = 1; level < top; level++) {
        assert_int_equal(table[level - 1]->inuse.type_info & PGT_count_mask, each);
        assert_int_equal(table[level - 1]->count_info & PGC_count_mask, 1 + each);
    }
    assert_int_equal(table[4]->inuse.type_info & PGT_count_mask, each / 2);
}

/* Validation and release that stop wherever they can count each reference once, at every level;
 * so does one that is refused at its last entry. */
static void validation_goes_on_at_each_level(void **state)
{
    for (unsigned int top = 2; top <= 4; top++) {
        unsigned int stops = 0;
        int rc;

        build_chain(top);
        preempt = true;
        while ((rc = page_type_get(table[top - 1], PGT_table(top))) == -ERESTART) {
            assert_true(++stops < 100);
        }
        assert_int_equal(rc, 0);
        assert_true(stops > 0);
        expect_chain(top, 2);
        assert_true(drop_in_parts(table[top - 1]) > 0);
        expect_chain(top, 0);

        entries(table[top - 1])[PT_ENTRIES - 1] = names(table[top - 2], PTE_RW | PTE_PSE);
        while ((rc = page_type_get(table[top - 1], PGT_table(top))) == -ERESTART) {
            assert_true(++stops < 200);
        }
        assert_int_equal(rc, -EINVAL);
        while (page_type_finish(table[top - 1])) {
            assert_true(++stops < 300);
        }
        expect_chain(top, 0);
        assert_int_equal(table[top - 1]->inuse.type_info & PGT_count_mask, 0);
        memset(entries(table[top - 1]), 0, PAGE_SIZE);
    }
}

/* What a linear entry is in is known before the entry is; what was read meanwhile is dropped. */
static void marked_slots_are_refused(void **state)
{
    const unsigned long slot = 1UL << 39, first = 300 * slot | 0xffffUL << 48;
    struct page_info *root = table[0];
    uint64_t word = 5;

    make_table(root, 4);
    assert_false(linear_slots_in_use());
    assert_int_equal(put_entry(root, 301, names(root, PTE_RW), 4), -EINVAL);
    assert_int_equal(put_entry(root, 301, names(table[1], 0), 4), 0); /* a lower table */
    assert_int_equal(put_entry(root, 301, nothing, 4), 0);
    assert_false(linear_slots_in_use());
    assert_int_equal(put_entry(root, 300, names(root, 0), 4), 0);
    assert_true(linear_slots_in_use());
    assert_int_equal(put_entry(root, 300, nothing, 4), 0);
    assert_int_equal(guest_va_look(first, 8), GUEST_VA_REFUSED);
    assert_int_equal(guest_va_look(first + slot - 1, 1), GUEST_VA_REFUSED);
    assert_int_equal(guest_va_look(first - 7, 8), GUEST_VA_REFUSED);
    assert_int_equal(guest_va_look(first - 8, 8), first - 8);
    assert_int_equal(guest_va_look(first - 8, 0), first - 8);
    assert_int_equal(guest_va_look(first + slot, 8), first + slot);
    assert_int_equal(guest_va_look(HYPERVISOR_START, 0), GUEST_VA_REFUSED);
    assert_int_equal(guest_va_look(HYPERVISOR_START - 4, 8), GUEST_VA_REFUSED);
    assert_int_equal(guest_read_look(&word, first + slot, 8, 0), 0);
    assert_int_equal(word, 5);
    assert_int_equal(guest_read_look(&word, first, 8, 0), -EFAULT);
    assert_int_equal(word, 0);
    /* Another domain's slots are its own. */
    vcpu->domain = other;
    assert_int_equal(guest_va_look(first, 8), first);
    vcpu->domain = dom;
    /* Validation of a whole table marks too; other levels do not. */
    entries(table[1])[400] = names(root, 0);
    make_table(table[1], 4);
    assert_true(linear_slot_marked(dom, 400));
    assert_false(linear_slot_marked(dom, 401));
    drop_table(table[1]);
    drop_table(root);
    make_table(table[2], 3);
    assert_int_equal(put_entry(table[2], 401, names(table[2], 0), 3), 0);
    assert_false(linear_slot_marked(dom, 401));
    drop_table(table[2]);
}

static pte_t *l1_entry(void)
{
    return &entries(table[0])[5];
}

static int put_l1(pte_t e, struct domain *pg_owner)
{
    return l1_entry_write(l1_entry(), e, false, dom, pg_owner);
}

/* What is validated is mapped read-only, and an entry that is there becomes no other. */
static void rights_are_counted(void **state)
{
    static const unsigned long types[] = { PGT_l1_page_table, PGT_l4_page_table,
                                           PGT_seg_desc_page };
    pte_t old, readonly = names(table[1], 0), writable = names(table[1], PTE_RW);

    for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
        assert_int_equal(page_type_get(table[1], types[i]), 0);
        assert_int_equal(put_l1(writable, dom), -EBUSY);
        assert_int_equal(put_l1(readonly, dom), 0);
        assert_int_equal(put_l1(writable, dom), -EBUSY);
        assert_int_equal(l1_entry_swap(l1_entry(), &old, writable, dom), -EBUSY);
        old = *l1_entry();
        assert_int_equal(l1_entry_exchange(l1_entry(), &old, writable, dom), -EBUSY);
        assert_int_equal(l1_entry()->v & PTE_RW, 0);
        assert_int_equal(page_type_put(table[1]), 0);
        assert_int_equal(put_l1(writable, dom), 0);
        assert_int_equal(page_type_get(table[1], types[i]), -EINVAL);
        assert_int_equal(put_l1(readonly, dom), 0);
        assert_int_equal(page_type_get(table[1], types[i]), 0);
        assert_int_equal(put_l1(nothing, dom), 0);
        assert_int_equal(page_type_put(table[1]), 0);
    }
}

/* Cache attributes are for those who drive devices, on each way in. */
static void cache_attributes_need_devices(void **state)
{
    static const uint64_t attrs[] = { PTE_PCD, PTE_PWT, PTE_PAT };
    pte_t old;

    for (unsigned int i = 0; i < ARRAY_SIZE(attrs); i++) {
        pte_t odd = names(table[1], PTE_RW | attrs[i]), even = names(table[1], PTE_RW);

        assert_int_equal(put_l1(odd, dom), -EINVAL);
        assert_int_equal(l1_entry_swap(l1_entry(), &old, odd, dom), -EINVAL);
        old = nothing;
        assert_int_equal(l1_entry_exchange(l1_entry(), &old, odd, dom), -EINVAL);
        assert_int_equal(l1_entry()->v, 0);
        /* Nor by a change of an entry that is there. */
        assert_int_equal(put_l1(even, dom), 0);
        assert_int_equal(put_l1(odd, dom), -EINVAL);
        assert_int_equal(put_l1(names(table[1], attrs[i]), dom), -EINVAL);
        assert_int_equal(l1_entry()->v & attrs[i], 0);
        assert_int_equal(put_l1(nothing, dom), 0);
        /* Nor with a whole table. */
        *l1_entry() = odd;
        assert_int_equal(page_type_get(table[0], PGT_l1_page_table), -EINVAL);
        *l1_entry() = nothing;
    }
    assert_false(table[1]->count_info & PGC_non_coherent);
}

/* A frame whose bytes in caches and memory may differ agrees before it is anything validated. */
static void odd_frames_become_coherent(void **state)
{
    static const unsigned long types[] = { PGT_l1_page_table, PGT_l2_page_table, PGT_l3_page_table,
                                           PGT_l4_page_table, PGT_seg_desc_page };

    assert_int_equal(rangeset_add(dom->iomem_caps, 1UL << 30, 1UL << 30), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
        assert_int_equal(put_l1(names(table[1], PTE_RW | PTE_PAT | PTE_PWT), dom), 0);
        assert_true(table[1]->count_info & PGC_non_coherent);
        assert_int_equal(put_l1(nothing, dom), 0);
        assert_true(table[1]->count_info & PGC_non_coherent);
        assert_int_equal(page_type_get(table[1], types[i]), 0);
        assert_false(table[1]->count_info & PGC_non_coherent);
        assert_int_equal(page_type_put(table[1]), 0);
    }
}

/* Where another domain could write, it is flushed before the writable reference goes; where the
 * owner could, before the frame is something else. */
static void writers_are_flushed_in_time(void **state)
{
    struct page_info *strange = watched = new_frame(other);

    cpumask_clear(1, &dom->dirty_cpus);
    cpumask_set(3, &dom->dirty_cpus);
    assert_int_equal(put_l1(names(strange, PTE_RW), other), 0);
    assert_int_equal(strange->inuse.type_info & PGT_count_mask, 1);
    assert_int_equal(put_l1(nothing, dom), 0);
    assert_int_equal(flushes, 1);
    assert_true(cpumask_test(3, &flushed));
    assert_int_equal(type_then & PGT_count_mask, 1);
    assert_int_equal(strange->inuse.type_info & PGT_count_mask, 0);
    /* A read-only one needs none, and what takes the entry's place is no different from nothing. */
    assert_int_equal(put_l1(names(strange, 0), other), 0);
    assert_int_equal(put_l1(names(table[1], PTE_RW), dom), 0);
    assert_int_equal(flushes, 1);
    assert_int_equal(put_l1(names(strange, PTE_RW), other), 0);
    assert_int_equal(put_l1(names(table[2], 0), dom), 0);
    assert_int_equal(flushes, 2);
    assert_int_equal(type_then & PGT_count_mask, 1);
    assert_int_equal(put_l1(nothing, dom), 0);

    watched = table[1];
    assert_int_equal(page_type_get(table[1], PGT_l1_page_table), 0);
    assert_int_equal(flushes, 3);
    assert_true(cpumask_test(3, &flushed));
    assert_int_equal(type_then & (PGT_validated | PGT_count_mask), 1); /* nobody uses it yet */
    drop_table(table[1]);
    assert_int_equal(page_type_get(table[1], PGT_seg_desc_page), 0);
    assert_int_equal(flushes, 4);
    assert_int_equal(page_type_put(table[1]), 0);
}

/* A CPU that has not flushed since a stamp is found, however long ago its last flush is, and
 * however often the stamp has gone round since. */
static void clock_goes_round(void **state)
{
    static const uint64_t lags[] = { 0,        2, 1UL << 31, 3UL << 30, 1UL << 32, (1UL << 32) + 2,
                                     9UL << 32 };
    cpumask_t mask;

    for (unsigned int i = 0; i < ARRAY_SIZE(lags); i++) {
        for (uint64_t start = 1; start < 1UL << 33; start += 0x0fffffffe) {
            uint32_t stamp;

            tlb_clock = start;
            per_cpu(tlb_flush_time, 0) = per_cpu(tlb_flush_time, 1) = start;
            tlb_clock += lags[i];
            stamp = tlb_stamp_now();
            assert_int_not_equal(stamp, 0);
            per_cpu(tlb_flush_time, 2) = tlb_clock += 2;
            per_cpu(tlb_flush_time, 3) = tlb_clock += 5UL << 32;
            cpumask_setall(&mask);
            tlb_filter(&mask, stamp);
            assert_true(cpumask_test(0, &mask) && cpumask_test(1, &mask));
            /* Long ago is as if it had been just now: CPU 2 is told in vain. */
            assert_true(cpumask_test(2, &mask));
            assert_false(cpumask_test(3, &mask));
        }
    }
    /* The later of two: never is before all, and neither counts as earlier than it is. */
    tlb_clock = (7UL << 32) + 5;
    assert_int_equal(arch_tlb_later(0, 0xf0000001), 0xf0000001);
    assert_int_equal(arch_tlb_later(0x90000001, 0), 0x90000001);
    assert_int_equal(arch_tlb_later(3, 0xf0000001), 3);
    assert_int_equal(arch_tlb_later(0x70000001, 0xf0000001), 0xf0000001);
    tlb_clock = 1;
}

#define table_test(f) cmocka_unit_test_setup_teardown(f, begin, all_idle)

int main(void)
{
    const struct CMUnitTest tests[] = {
        table_test(marked_slots_are_refused), /* first: the marks of a program's life */
        table_test(validation_goes_on_at_each_level), table_test(linear_depth_is_one),
        table_test(linear_counts_have_ends),          table_test(linear_tables_go_in_parts),
        table_test(linear_release_goes_one_deep),     table_test(rights_are_counted),
        table_test(cache_attributes_need_devices),    table_test(odd_frames_become_coherent),
        table_test(writers_are_flushed_in_time),      table_test(clock_goes_round),
    };

    return cmocka_run_group_tests_name("page-table", tests, NULL, NULL);
}
