/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory nodes and the CPUs' frames at hand: two nodes, of which firmware numbers the first 7 and
 * the second 6 (fake/control.c: CPUs 0 and 1 are in 7, CPUs 2 and 3 in 6), and four CPUs. A third
 * domain has memory that is yet to be plugged in, and is no node.
 */
#include <pthread.h>
#include <hv/acpi.h>
#include <hv/mm.h>
#include <hv/numa.h>
#include <hv/page-list.h>
#include <hv/virq.h>

#define HEAP_END     (FAKE_FIRST_MFN + FAKE_FRAMES - 64)
#define BORDER       (FAKE_FIRST_MFN + 3 * (FAKE_FRAMES / 8))
#define NR_CPU       4
#define JOINED_ORDER 10

static unsigned long free_before;

void send_global_virq(unsigned int virq)
{
}

static void add_memory(unsigned long first, unsigned long end, uint32_t domain, bool hotplug)
{
    acpi_info.memory[acpi_info.nr_memory++] = (struct acpi_memory){
        .start = first << PAGE_SHIFT, .end = end << PAGE_SHIFT, .domain = domain, .hotplug = hotplug
    };
}

static int boot(void **state)
{
    fake_reset(NR_CPU);
    add_memory(0, BORDER, 7, false);
    add_memory(BORDER, FAKE_FIRST_MFN + FAKE_FRAMES, 6, false);
    add_memory(1UL << 30, 1UL << 31, 5, false);
    add_memory(FAKE_FIRST_MFN, 2 * FAKE_FIRST_MFN, 4, true);
    acpi_info.nr_slit = 8;
    memset(acpi_info.slit, 30, sizeof(acpi_info.slit));
    acpi_info.slit[7][6] = 17;
    boot_heap_add(mfn_to_maddr(_mfn(FAKE_FIRST_MFN)), mfn_to_maddr(_mfn(HEAP_END)));
    total_pages = 0;
    numa_init();
    heap_init();
    for (unsigned int cpu = 0; cpu < NR_CPU; cpu++) {
        fake_run_on(cpu);
        heap_cache_cpu_up();
    }
    return 0;
}

static int begin(void **state)
{
    fake_run_on(0);
    free_before = heap_free_pages_total();
    return 0;
}

static int all_is_back(void **state)
{
    assert_int_equal(heap_free_pages_total(), free_before);
    assert_int_equal(heap_avail_pages(NUMA_NO_NODE, 0, 0), free_before);
    assert_int_equal(heap_avail_pages(0, 0, 0) + heap_avail_pages(1, 0, 0), free_before);
    return 0;
}

static unsigned int true_node(const struct page_info *pg)
{
    return mfn_x(page_to_mfn(pg)) >= BORDER;
}

static void nodes_are_firmwares(void **state)
{
    assert_int_equal(nr_nodes, 2);
    assert_int_equal(numa_all_nodes(), 3);
    for (unsigned long mfn = FAKE_FIRST_MFN; mfn < FAKE_FIRST_MFN + FAKE_FRAMES; mfn++) {
        assert_int_equal(numa_node_of(_mfn(mfn)), mfn >= BORDER);
    }
    for (unsigned int cpu = 0; cpu < NR_CPU; cpu++) {
        assert_int_equal(numa_node_of_cpu(cpu), cpu / 2);
    }
    assert_int_equal(numa_distance(0, 1), 17);
    assert_int_equal(numa_distance(1, 0), 30);
    assert_int_equal(numa_node_span(0), BORDER << PAGE_SHIFT);
    assert_int_equal(numa_node_span(1), (max_page - BORDER) << PAGE_SHIFT);
}

/* Near the CPU that asks, or where it says; blocks never reach over the border. */
static void memory_is_near(void **state)
{
    static const unsigned int orders[] = { 0, 1, 5, 9 };

    for (unsigned int cpu = 0; cpu < NR_CPU; cpu++) {
        fake_run_on(cpu);
        for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
            struct page_info *pg = alloc_domheap_pages(NULL, orders[i], 0);
            struct page_info *far = alloc_domheap_pages(NULL, orders[i], MEMF_node(!(cpu / 2)));

            assert_int_equal(true_node(pg), cpu / 2);
            assert_int_equal(true_node(pg + (1UL << orders[i]) - 1), cpu / 2);
            assert_int_equal(true_node(far), !(cpu / 2));
            free_domheap_pages(pg, orders[i]);
            free_domheap_pages(far, orders[i]);
        }
    }
    assert_null(alloc_domheap_page(NULL, MEMF_node(2) | MEMF_exact_node));
}

/* All of one node, then what must be there is refused, and what should be comes from the other. */
static void full_node(void **state)
{
    unsigned long nr = heap_avail_pages(1, 0, 0), got = 0;
    struct page_list all;
    struct page_info *pg;

    page_list_init(&all);
    while ((pg = alloc_domheap_page(NULL, MEMF_node(1) | MEMF_exact_node)) != NULL) {
        assert_int_equal(true_node(pg), 1);
        page_list_add(pg, &all);
        got++;
    }
    assert_int_equal(got, nr); /* also what CPUs 2 and 3 had at hand */
    pg = alloc_domheap_page(NULL, MEMF_node(1));
    assert_int_equal(true_node(pg), 0);
    page_list_add(pg, &all);
    while ((pg = page_list_pop(&all)) != NULL) {
        free_domheap_page(pg);
    }
}

static bool is_zero(const void *p, size_t n)
{
    const unsigned char *c = p;

    return c[0] == 0 && memcmp(c, c + 1, n - 1) == 0;
}

/* A frame at hand keeps no contents, is no block's buddy, and is found when memory is short. */
static void frames_at_hand(void **state)
{
    static struct page_info *held[200];
    struct page_info *big;

    for (unsigned int round = 0; round < 3; round++) {
        for (unsigned int i = 0; i < ARRAY_SIZE(held); i++) {
            held[i] = alloc_domheap_page(NULL, 0);
            assert_non_null(held[i]);
            assert_true(is_zero(page_to_virt(held[i]), PAGE_SIZE));
            assert_int_equal(heap_free_pages_total(), free_before - i - 1);
            memset(page_to_virt(held[i]), 0x77, PAGE_SIZE);
        }
        for (unsigned int i = 0; i < ARRAY_SIZE(held); i++) {
            free_domheap_page(held[i]);
            assert_int_equal(heap_avail_pages(0, 0, 0) + heap_avail_pages(1, 0, 0),
                             free_before - ARRAY_SIZE(held) + i + 1);
        }
    }
    /* All that there is joins again into the largest blocks. */
    big = alloc_domheap_pages(NULL, JOINED_ORDER, MEMF_node(1));
    assert_non_null(big);
    assert_true(is_zero(page_to_virt(big), PAGE_SIZE << JOINED_ORDER));
    free_domheap_pages(big, JOINED_ORDER);
}

static void *churn(void *arg)
{
    struct page_info *held[100] = { NULL };
    unsigned int seed = (unsigned int)(uintptr_t)arg;

    fake_run_on((unsigned int)(uintptr_t)arg);
    for (unsigned int round = 0; round < 10000; round++) {
        unsigned int i = (unsigned int)rand_r(&seed) % ARRAY_SIZE(held);

        if (held[i]) {
            if (*(uint64_t *)page_to_virt(held[i]) != (uintptr_t)arg) {
                return NULL; /* somebody else has it, too */
            }
            free_domheap_page(held[i]);
            held[i] = NULL;
        } else {
            held[i] = alloc_domheap_page(NULL, round % 7 ? 0 : MEMF_node(round % 2));
            if (!held[i] || *(uint64_t *)page_to_virt(held[i])) {
                return NULL;
            }
            *(uint64_t *)page_to_virt(held[i]) = (uintptr_t)arg;
        }
        if (round % 1000 == 0) {
            struct page_info *pg = alloc_domheap_pages(NULL, 9, 0);

            if (pg) {
                free_domheap_pages(pg, 9);
            }
        }
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(held); i++) {
        if (held[i]) {
            free_domheap_page(held[i]);
        }
    }
    return arg;
}

static void cpus_do_not_share_frames(void **state)
{
    pthread_t thread[NR_CPU];
    void *good;

    for (uintptr_t cpu = 1; cpu < NR_CPU; cpu++) {
        assert_int_equal(pthread_create(&thread[cpu], NULL, churn, (void *)cpu), 0);
    }
    for (uintptr_t cpu = 1; cpu < NR_CPU; cpu++) {
        pthread_join(thread[cpu], &good);
        assert_ptr_equal(good, (void *)cpu);
    }
}

#define numa_test(f) cmocka_unit_test_setup_teardown(f, begin, all_is_back)

int main(void)
{
    const struct CMUnitTest tests[] = {
        numa_test(nodes_are_firmwares), numa_test(memory_is_near),           numa_test(full_node),
        numa_test(frames_at_hand),      numa_test(cpus_do_not_share_frames),
    };

    return cmocka_run_group_tests_name("numa", tests, boot, NULL);
}
