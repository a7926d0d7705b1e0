/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine memory: the buddy heap against a model, domains' charges and references, small objects,
 * virtually contiguous areas. Every test ends with as many free pages as it began with (I11).
 */
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/iommu.h>
#include <hv/mm.h>
#include <hv/page-list.h>
#include <hv/virq.h>

/* The last frames of the arena stay out of the heap, for structures of the tests. */
#define HEAP_END (FAKE_FIRST_MFN + FAKE_FRAMES - 64)

int iommu_page_gone(struct domain *d, mfn_t mfn, unsigned long count)
{
    return 0;
}

struct domain *dom_xen;
static struct domain *dom;
static unsigned int enomem_raised;
static int domain_refs;
static unsigned long free_before;

bool get_domain(struct domain *d)
{
    domain_refs++;
    return true;
}

void put_domain(struct domain *d)
{
    domain_refs--;
}

void send_global_virq(unsigned int virq)
{
    assert_int_equal(virq, VIRQ_ENOMEM);
    enomem_raised++;
}

static struct domain *new_domain(unsigned long max_pages)
{
    struct domain *d = fake_frame();

    spin_lock_init(&d->page_lock, RANK_DOMPAGES);
    page_list_init(&d->page_list);
    page_list_init(&d->extra_list);
    page_list_init(&d->xenpage_list);
    d->max_pages = max_pages;
    return d;
}

static int boot(void **state)
{
    fake_reset(2);
    boot_heap_add(mfn_to_maddr(_mfn(FAKE_FIRST_MFN)), mfn_to_maddr(_mfn(HEAP_END)));
    total_pages = 0;
    heap_init();
    return total_pages == HEAP_END - FAKE_FIRST_MFN ? 0 : -1;
}

static int begin(void **state)
{
    if (!dom) {
        dom = new_domain(0);
    }
    dom->max_pages = 1024;
    dom->dying = DOMDYING_alive;
    free_before = heap_free_pages_total();
    return 0;
}

static int all_is_back(void **state)
{
    assert_int_equal(heap_free_pages_total(), free_before);
    assert_int_equal(heap_avail_pages(NUMA_NO_NODE, 0, 0), free_before);
    assert_int_equal(domain_refs, 0);
    assert_int_equal(dom->tot_pages, 0);
    return 0;
}

static bool is_zero(const void *p, size_t n)
{
    const unsigned char *c = p;

    return n == 0 || (c[0] == 0 && memcmp(c, c + 1, n - 1) == 0);
}

#define SLOTS 128

static void heap_follows_the_model(void **state)
{
    static unsigned char used[FAKE_FIRST_MFN + FAKE_FRAMES];
    static struct {
        struct page_info *pg;
        unsigned int order;
    } slot[SLOTS];
    unsigned long held = 0;

    srand(1);
    for (unsigned int round = 0; round < 4000; round++) {
        unsigned int i = (unsigned int)rand() % SLOTS;

        if (slot[i].pg) {
            unsigned long mfn = mfn_x(page_to_mfn(slot[i].pg)), nr = 1UL << slot[i].order;

            memset(&used[mfn], 0, nr);
            memset(page_to_virt(slot[i].pg), 0xaa, nr << PAGE_SHIFT);
            free_domheap_pages(slot[i].pg, slot[i].order);
            held -= nr;
            slot[i].pg = NULL;
        } else {
            unsigned int order = (unsigned int)rand() % 6;
            struct page_info *pg = alloc_domheap_pages(NULL, order, 0);
            unsigned long nr = 1UL << order;

            assert_non_null(pg);
            assert_true(mfn_aligned(page_to_mfn(pg), order));
            assert_true(is_zero(page_to_virt(pg), nr << PAGE_SHIFT));
            assert_true(is_zero(&used[mfn_x(page_to_mfn(pg))], nr));
            memset(&used[mfn_x(page_to_mfn(pg))], 1, nr);
            held += nr;
            slot[i].pg = pg;
            slot[i].order = order;
        }
        assert_int_equal(heap_free_pages_total(), free_before - held);
        if (round % 16 == 0) {
            (void)heap_scrub_some();
        }
    }
    for (unsigned int i = 0; i < SLOTS; i++) {
        if (slot[i].pg) {
            free_domheap_pages(slot[i].pg, slot[i].order);
        }
    }
}

static void neighbours_join_again(void **state)
{
    struct page_info *big = alloc_domheap_pages(NULL, 12, 0);

    assert_non_null(big);
    for (unsigned int i = 0; i < 1U << 12; i++) {
        free_domheap_page(big + (i * 2731U) % (1U << 12));
    }
    big = alloc_domheap_pages(NULL, 12, 0);
    assert_non_null(big);
    free_domheap_pages(big, 12);
}

static void narrow_addresses_are_narrow(void **state)
{
    for (unsigned int bits = 21; bits <= 26; bits++) {
        struct page_info *pg = alloc_domheap_page(NULL, MEMF_bits(bits));

        assert_non_null(pg);
        assert_true(maddr_x(mfn_to_maddr(page_to_mfn(pg))) < 1UL << bits);
        free_domheap_page(pg);
    }
    /* No memory of the arena lies so low. */
    assert_null(alloc_domheap_page(NULL, MEMF_bits(20)));
    assert_null(alloc_domheap_page(NULL, MEMF_bits(12)));
    assert_null(alloc_domheap_pages(NULL, MAX_ORDER + 1, 0));
}

static void exhaustion_is_an_error(void **state)
{
    struct page_list all;
    struct page_info *pg;
    unsigned long got = 0;

    page_list_init(&all);
    enomem_raised = 0;
    while ((pg = alloc_domheap_page(NULL, MEMF_no_scrub)) != NULL) {
        page_list_add(pg, &all);
        got++;
    }
    assert_int_equal(got, free_before);
    assert_null(alloc_xenheap_pages(0, 0));
    assert_null(xmalloc_bytes(3000, 16));
    assert_null(vzalloc(8192));
    assert_in_range(enomem_raised, 1, 20);
    while ((pg = page_list_pop(&all)) != NULL) {
        free_domheap_page(pg);
    }
}

static void idle_scrubbing_leaves_zeroes(void **state)
{
    struct page_info *pg = alloc_domheap_pages(NULL, 4, 0);

    assert_non_null(pg);
    memset(page_to_virt(pg), 0x5a, 16 * PAGE_SIZE);
    free_domheap_pages(pg, 4);
    while (heap_scrub_some()) {
        assert_int_equal(heap_free_pages_total(), free_before);
    }
    assert_true(is_zero(page_to_virt(pg), 16 * PAGE_SIZE));
}

static unsigned int looks;

static void look_at_what_is_free(const char *point)
{
    if (strcmp(point, "heap.scrub.piece") == 0) {
        assert_int_equal(heap_free_pages_total(), free_before);
        assert_int_equal(heap_avail_pages(NUMA_NO_NODE, 0, 0), free_before);
        looks++;
    }
}

/* What an idle CPU is scrubbing is free memory all the while. */
static void scrubbing_hides_no_memory(void **state)
{
    struct page_info *pg = alloc_domheap_pages(NULL, 12, 0);

    assert_non_null(pg);
    free_domheap_pages(pg, 12);
    looks = 0;
    fake_interleave(look_at_what_is_free);
    while (heap_scrub_some()) {
    }
    fake_interleave(NULL);
    assert_true(looks > 0);
}

static void domains_are_charged(void **state)
{
    struct page_info *pg, *other;

    dom->max_pages = 4;
    pg = alloc_domheap_pages(dom, 1, 0);
    assert_non_null(pg);
    assert_int_equal(dom->tot_pages, 2);
    assert_int_equal(domain_refs, 1);
    assert_ptr_equal(page_get_owner(pg), dom);
    assert_null(alloc_domheap_pages(dom, 2, 0));
    assert_int_equal(heap_free_pages_total(), free_before - 2);

    other = alloc_domheap_page(NULL, 0);
    dom->max_pages = 2;
    assert_int_equal(assign_pages(other, 0, dom, 0), -E2BIG);
    dom->dying = DOMDYING_dying;
    assert_int_equal(assign_pages(other, 0, dom, 0), -EINVAL);
    free_domheap_page(other);
    put_page_alloc_ref(pg);
    assert_int_equal(dom->tot_pages, 1);
    put_page_alloc_ref(pg + 1);
}

/* What the architecture knows of a frame stays known when it is taken from an owner and given back
 * or to another. */
static void arch_flag_outlives_an_owner(void **state)
{
    struct page_info *pg = alloc_domheap_page(NULL, 0);

    assert_int_equal(pg->count_info & PGC_arch, 0);
    dom->max_pages = 1;
    pg->count_info = PGC_arch;
    assert_int_equal(assign_pages(pg, 0, dom, 0), 0);
    assert_int_equal(pg->count_info, PGC_allocated | PGC_arch | 1);
    put_page_alloc_ref(pg);
    assert_int_equal(heap_free_pages_total(), free_before);
}

static void references_keep_a_frame(void **state)
{
    struct domain *stranger = new_domain(1);
    struct page_info *pg = alloc_domheap_page(dom, 0);
    mfn_t mfn = page_to_mfn(pg);

    assert_true(get_page(pg, dom));
    assert_false(get_page(pg, stranger));
    assert_ptr_equal(get_page_from_mfn(mfn, dom), pg);
    assert_null(get_page_from_mfn(_mfn(1), dom));
    assert_null(get_page_from_mfn(_mfn(~0UL), dom));
    put_page_alloc_ref(pg);
    put_page_alloc_ref(pg); /* only the first one counts */
    put_page(pg);
    assert_int_equal(dom->tot_pages, 1);
    put_page(pg);
    assert_int_equal(dom->tot_pages, 0);
    assert_false(get_page(pg, dom));
    assert_null(get_page_from_mfn(mfn, dom));
}

/* What was a guest's is flushed out of TLBs before anyone else gets it (I12). */
static void guest_frames_are_flushed(void **state)
{
    unsigned int flushes;
    struct page_info *pg;

    arch_tlb_flush_since(0); /* so that the fake's clock is past 0, which means never */
    pg = alloc_domheap_page(dom, 0);
    put_page_alloc_ref(pg);
    flushes = fake_tlb_flushes;
    pg = alloc_domheap_page(NULL, 0);
    free_domheap_page(pg);
    assert_true(fake_tlb_flushes > flushes);
}

/* All free memory as single frames, by the present CPU; to be given back by the caller. */
static struct page_info *take_all(struct domain *d)
{
    struct page_info *pg, *all = NULL;

    while ((pg = alloc_domheap_page(d, 0))) {
        pg->link.prev = all ? (uint32_t)mfn_x(page_to_mfn(all)) : PAGE_LIST_END;
        all = pg;
    }
    return all;
}

static struct page_info *next_of(const struct page_info *pg)
{
    return pg->link.prev == PAGE_LIST_END ? NULL : mfn_to_page(_mfn(pg->link.prev));
}

/* A CPU that keeps frames at hand gets them by the block. */
static int keep_frames(void **state)
{
    fake_run_on(1);
    heap_cache_cpu_up();
    fake_run_on(0);
    return begin(state);
}

/* A frame that is marked, given back by d, and got again for `to`: is the mark still in it? */
static bool mark_comes_back(struct domain *d, struct domain *to)
{
    struct page_info *pg = alloc_domheap_page(d, 0), *again;
    uint64_t *word = page_to_virt(pg);
    bool same;

    word[100] = 0x1234;
    put_page_alloc_ref(pg);
    again = alloc_domheap_page(to, 0);
    assert_ptr_equal(again, pg); /* the frames at hand are last in, first out */
    same = word[100] == 0x1234;
    assert_true(same || word[100] == 0);
    if (to) {
        put_page_alloc_ref(again);
    } else {
        free_domheap_page(again);
    }
    return same;
}

/* A domain may get back what it gave, as it is; nobody else gets a byte of it (I18). */
static void own_bytes_come_back_to_their_owner_alone(void **state)
{
    struct domain *stranger = new_domain(1);
    struct page_info *pg, *again;
    uint64_t *word;

    fake_run_on(1);
    assert_true(mark_comes_back(dom, dom));
    assert_false(mark_comes_back(dom, stranger));
    assert_false(mark_comes_back(dom, NULL));

    /* Neither does one whose structure lies where the former owner's was. */
    pg = alloc_domheap_page(dom, 0);
    word = page_to_virt(pg);
    word[100] = 0x1234;
    put_page_alloc_ref(pg);
    heap_caches_forget(dom);
    again = alloc_domheap_page(dom, 0);
    assert_ptr_equal(again, pg);
    assert_int_equal(word[100], 0);

    put_page_alloc_ref(pg);
    fake_run_on(0);
}

/* A frame that went back to the heap is of a block, and says nothing for the others of it (I28). */
static void own_bytes_are_forgotten_in_the_heap(void **state)
{
    struct domain *stranger = new_domain(1);
    struct page_info *lowest, *all, *next;

    fake_run_on(1);
    dom->max_pages = stranger->max_pages = ~0U;
    all = take_all(dom);
    for (lowest = all, next = all; next; next = next_of(next)) {
        lowest = min(lowest, next);
    }
    for (; all; all = next) {
        next = next_of(all);
        if (all != lowest) {
            put_page_alloc_ref(all);
        }
    }
    for (all = take_all(stranger); all; all = next) {
        next = next_of(all);
        ((uint64_t *)page_to_virt(all))[100] = 0x5678;
        put_page_alloc_ref(all);
    }
    put_page_alloc_ref(lowest);
    assert_null(alloc_domheap_pages(NULL, MAX_ORDER, 0)); /* for which CPUs gave back theirs */
    for (all = take_all(dom); all; all = next) {
        next = next_of(all);
        assert_int_not_equal(((uint64_t *)page_to_virt(all))[100], 0x5678);
        put_page_alloc_ref(all);
    }
    fake_run_on(0);
}

/* What is so of a block is so of each frame that a CPU takes of it: whose bytes are in it (I18),
 * and when a TLB could last have it (I12, I28). */
static void kept_frames_are_as_their_block(void **state)
{
    struct page_info *pg, *next;
    unsigned int flushes;

    while ((pg = alloc_domheap_pages(NULL, 5, 0))) {
        memset(page_to_virt(pg), 0x5a, 32 * PAGE_SIZE);
        pg->link.next = 0;
        page_list_add(pg, &dom->extra_list);
    }
    while ((pg = page_list_pop(&dom->extra_list))) {
        free_domheap_pages(pg, 5);
    }
    fake_run_on(1);
    for (pg = take_all(NULL); pg; pg = next) {
        next = next_of(pg);
        assert_true(is_zero(page_to_virt(pg), PAGE_SIZE));
        fake_run_on(0); /* straight to the heap, where they join */
        free_domheap_page(pg);
    }

    arch_tlb_flush_since(0);
    dom->max_pages = FAKE_FRAMES;
    while (alloc_domheap_page(dom, 0)) {
    }
    while ((pg = page_list_first(&dom->page_list))) {
        put_page_alloc_ref(pg);
    }
    fake_run_on(1);
    flushes = fake_tlb_flushes;
    for (unsigned int i = 1; i <= 32; i++) {
        pg = alloc_domheap_page(NULL, 0);
        assert_int_equal(fake_tlb_flushes, flushes + i);
        page_list_add(pg, &dom->extra_list);
    }
    fake_run_on(0);
    while ((pg = page_list_pop(&dom->extra_list))) {
        free_domheap_page(pg);
    }
}

/* The hypervisor's own pages that a domain may map (grant tables, status frames, shared_info ...)
 * are zero, whatever was in their frames and whoever keeps them at hand (I18). */
static void pages_to_be_shared_are_zero(void **state)
{
    struct page_info *pg;

    while ((pg = alloc_domheap_pages(NULL, 3, 0))) {
        memset(page_to_virt(pg), 0x5a, 8 * PAGE_SIZE);
        page_list_add(pg, &dom->extra_list);
    }
    while ((pg = page_list_pop(&dom->extra_list))) {
        free_domheap_pages(pg, 3);
    }
    for (unsigned int cpu = 0; cpu < 2; cpu++) {
        void *page;

        fake_run_on(cpu);
        while ((page = alloc_zeroed_page())) {
            assert_true(is_zero(page, PAGE_SIZE));
            memset(page, 0x5a, PAGE_SIZE);
            page_list_add(virt_to_page(page), &dom->extra_list);
        }
        fake_run_on(0);
        while ((pg = page_list_pop(&dom->extra_list))) {
            free_xenheap_pages(page_to_virt(pg), 0);
        }
    }
}

/* A block that nobody could reach joins one that somebody could, at whatever time: all of it is
 * flushed before it is handed out. */
static void joined_stamps_are_the_later(void **state)
{
    static const unsigned int times[] = { 1, 0x7fffffff, 0x80000001, 0xfffffff1 };

    for (unsigned int i = 0; i < 2 * ARRAY_SIZE(times); i++) {
        struct page_info *pg = alloc_domheap_pages(NULL, 1, 0);
        unsigned int flushes;

        assert_non_null(pg);
        flushes = fake_tlb_flushes = times[i / 2];
        assert_int_equal(assign_pages(&pg[0], 0, dom, 0), 0);
        /* Either comes first. */
        if (i % 2) {
            free_domheap_page(&pg[1]);
            put_page_alloc_ref(&pg[0]);
        } else {
            put_page_alloc_ref(&pg[0]);
            free_domheap_page(&pg[1]);
        }
        while (flushes == fake_tlb_flushes && (pg = alloc_domheap_page(NULL, 0))) {
            page_list_add(pg, &dom->extra_list);
        }
        assert_int_equal(fake_tlb_flushes, flushes + 1);
        while ((pg = page_list_pop(&dom->extra_list))) {
            free_domheap_page(pg);
        }
    }
    fake_tlb_flushes = 1;
}

#define OBJECTS 600

static void small_objects_do_not_overlap(void **state)
{
    static struct {
        unsigned char *p;
        size_t size;
    } object[OBJECTS];
    static const size_t aligns[] = { 1, 8, 16, 32, 64 };

    srand(2);
    for (unsigned int round = 0; round < 20000; round++) {
        unsigned int i = (unsigned int)rand() % OBJECTS;
        unsigned char fill = (unsigned char)(i + 1);

        if (object[i].p) {
            for (size_t b = 0; b < object[i].size; b++) {
                assert_int_equal(object[i].p[b], fill);
            }
            xfree(object[i].p);
            object[i].p = NULL;
        } else {
            size_t align = aligns[(unsigned int)rand() % ARRAY_SIZE(aligns)];
            size_t size = 1 + (size_t)rand() % (round % 8 ? 700 : 20000);

            object[i].p = rand() % 2 ? xmalloc_bytes(size, align) : xzalloc_bytes(size, align);
            assert_non_null(object[i].p);
            assert_int_equal((uintptr_t)object[i].p % max_t(size_t, align, 16), 0);
            object[i].size = size;
            memset(object[i].p, fill, size);
        }
    }
    for (unsigned int i = 0; i < OBJECTS; i++) {
        xfree(object[i].p);
        object[i].p = NULL;
    }
    xfree(NULL);
}

/* What was in an object of several pages reaches nobody, as blocks or frame by frame (I18). */
static void large_objects_leave_nothing(void **state)
{
    for (unsigned int order = 0; order <= 4; order += 2) {
        for (unsigned int cpu = 0; cpu < 2; cpu++) {
            struct page_info *pg;
            void *object;

            /* All that there is, so that it is what is given out next. */
            fake_run_on(0);
            while ((object = xmalloc_bytes(PAGE_SIZE << order, PAGE_SIZE))) {
                memset(object, 0x5a, PAGE_SIZE << order);
                page_list_add(virt_to_page(object), &dom->extra_list);
            }
            while ((pg = page_list_pop(&dom->extra_list))) {
                xfree(page_to_virt(pg));
            }
            fake_run_on(cpu);
            while ((pg = alloc_domheap_pages(NULL, cpu ? 0 : order, 0))) {
                assert_true(is_zero(page_to_virt(pg), cpu ? PAGE_SIZE : PAGE_SIZE << order));
                page_list_add(pg, &dom->extra_list);
            }
            fake_run_on(0);
            while ((pg = page_list_pop(&dom->extra_list))) {
                free_domheap_pages(pg, cpu ? 0 : order);
            }
        }
    }
}

static void array_sizes_do_not_wrap(void **state)
{
    char *zeroed = xzalloc_array(char, 5000);

    assert_null(xmalloc_array_bytes(~0UL / 2, 4, 8, false));
    assert_null(xmalloc_array_bytes(1UL << 40, 1UL << 20, 8, true));
    assert_null(xmalloc_bytes(1UL << 40, 16));
    assert_non_null(zeroed);
    assert_true(is_zero(zeroed, 5000));
    xfree(zeroed);
}

static void areas_are_contiguous(void **state)
{
    char *a = vzalloc(5 * PAGE_SIZE), *b = vzalloc(100);

    assert_non_null(a);
    assert_non_null(b);
    assert_true(is_zero(a, 5 * PAGE_SIZE));
    memset(a, 0x11, 5 * PAGE_SIZE);
    memset(b, 0x22, PAGE_SIZE);
    assert_int_equal(a[5 * PAGE_SIZE - 1], 0x11);
    assert_true(b >= a + 6 * PAGE_SIZE || b + 2 * PAGE_SIZE <= a); /* a guard page between */
    vfree(a);
    vfree(b);
    vfree(NULL);
    /* Device memory is mapped, RAM never a second time. */
    assert_null(ioremap(mfn_to_maddr(_mfn(FAKE_FIRST_MFN)), 100));
    assert_null(ioremap(_maddr(~0UL - 10), 100));
    assert_null(ioremap(_maddr(0), 0));
}

/* Records of areas stay with vmap for the next request, so one round comes before the counting. */
static int warm_areas(void **state)
{
    areas_are_contiguous(state);
    return begin(state);
}

#define memory_test(f) cmocka_unit_test_setup_teardown(f, begin, all_is_back)

int main(void)
{
    const struct CMUnitTest tests[] = {
        memory_test(heap_follows_the_model),
        memory_test(neighbours_join_again),
        memory_test(narrow_addresses_are_narrow),
        memory_test(exhaustion_is_an_error),
        memory_test(idle_scrubbing_leaves_zeroes),
        memory_test(scrubbing_hides_no_memory),
        memory_test(domains_are_charged),
        memory_test(arch_flag_outlives_an_owner),
        memory_test(references_keep_a_frame),
        memory_test(guest_frames_are_flushed),
        memory_test(joined_stamps_are_the_later),
        memory_test(small_objects_do_not_overlap),
        memory_test(array_sizes_do_not_wrap),
        cmocka_unit_test_setup_teardown(areas_are_contiguous, warm_areas, all_is_back),
        cmocka_unit_test_setup_teardown(large_objects_leave_nothing, keep_frames, all_is_back),
        cmocka_unit_test_setup_teardown(own_bytes_come_back_to_their_owner_alone, keep_frames,
                                        all_is_back),
        cmocka_unit_test_setup_teardown(own_bytes_are_forgotten_in_the_heap, keep_frames,
                                        all_is_back),
        cmocka_unit_test_setup_teardown(kept_frames_are_as_their_block, keep_frames, all_is_back),
        memory_test(pages_to_be_shared_are_zero),
    };

    return cmocka_run_group_tests_name("memory", tests, boot, NULL);
}
