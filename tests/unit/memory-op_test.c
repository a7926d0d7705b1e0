/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op's reservations on the host: what another vCPU may see and do between their steps.
 */
#include <gen/hypercall-dispatch.h>
#include <hv/arch/memory.h>
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/page-list.h>
#include <public/memory.h>

#define FRAMES 8U

static struct domain *dom;
static xen_pfn_t list[FRAMES], out[FRAMES];
static unsigned int assigned; /* extents so far, in the order of the operation's list */

static int machine(void **state)
{
    fake_machine(2);
    return 0;
}

static int begin(void **state)
{
    dom = fake_domain(1, 1, 100);
    dom->max_pages = 100;
    fake_set_current(dom->vcpu[0]);
    assigned = 0;
    return 0;
}

static int end(void **state)
{
    fake_interleave(NULL);
    fake_set_current(hardware_domain->vcpu[0]);
    fake_domain_end(dom);
    return 0;
}

/* The frame that has just become the domain's is named as it asked: whoever finds it may give it
 * away, and its next owner names it anew. */
static void named_when_assigned(const char *point)
{
    struct page_info *pg;

    if (!strcmp(point, "domheap.assign.done")) {
        pg = mfn_to_page(_mfn(dom->page_list.last));
        assert_int_equal(get_gpfn_from_mfn(page_to_mfn(pg)), 0x1000 + assigned);
        assigned++;
    }
}

static long reserve(unsigned int cmd)
{
    struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = FRAMES };

    set_xen_guest_handle(r.extent_start, list);
    return do_memory_op(cmd, fake_guest(&r));
}

static void name(xen_pfn_t *pfns)
{
    for (unsigned int i = 0; i < FRAMES; i++) {
        pfns[i] = 0x1000 + i;
    }
}

static void populated_frames_are_named_first(void **state)
{
    name(list);
    fake_interleave(named_when_assigned);
    assert_int_equal(reserve(XENMEM_populate_physmap), FRAMES);
    fake_interleave(NULL);
    assert_int_equal(assigned, FRAMES);
    assert_int_equal(dom->tot_pages, FRAMES);
    assert_int_equal(reserve(XENMEM_decrease_reservation), FRAMES);
    /* One more than it may have: nothing stays, and nothing is charged. */
    dom->max_pages = FRAMES - 1;
    name(list);
    assert_int_equal(reserve(XENMEM_populate_physmap), FRAMES - 1);
    assert_int_equal(dom->tot_pages, FRAMES - 1);
    list[FRAMES - 1] = ~0UL;
    assert_int_equal(reserve(XENMEM_decrease_reservation), FRAMES - 1);
    assert_int_equal(dom->tot_pages, 0);
}

static void exchanged_frames_are_named_first(void **state)
{
    struct xen_memory_exchange x = {
        .in = { .domid = DOMID_SELF, .nr_extents = FRAMES },
        .out = { .domid = DOMID_SELF, .nr_extents = FRAMES },
    };

    name(list);
    name(out);
    assert_int_equal(reserve(XENMEM_populate_physmap), FRAMES);
    set_xen_guest_handle(x.in.extent_start, list);
    set_xen_guest_handle(x.out.extent_start, out);
    fake_interleave(named_when_assigned);
    assert_int_equal(do_memory_op(XENMEM_exchange, fake_guest(&x)), 0);
    fake_interleave(NULL);
    assert_int_equal(assigned, FRAMES);
    memcpy(list, out, sizeof(list));
    assert_int_equal(reserve(XENMEM_decrease_reservation), FRAMES);
}

#define op_test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        op_test(populated_frames_are_named_first),
        op_test(exchanged_frames_are_named_first),
    };

    return cmocka_run_group_tests_name("memory-op", tests, machine, NULL);
}
