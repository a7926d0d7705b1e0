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
    /* No frame has the name that it is to get. */
    for (unsigned long mfn = FAKE_FIRST_MFN; mfn < FAKE_FIRST_MFN + FAKE_FRAMES; mfn++) {
        set_gpfn_from_mfn(_mfn(mfn), INVALID_M2P_ENTRY);
    }
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

    name(out);
    memset(list, 0, sizeof(list));
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

/* A call that says it goes on says where, and a guest may say what it likes. */
static void progress_is_checked(void **state)
{
    struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = FRAMES };
    static const unsigned long done[] = { FRAMES, FRAMES + 1, 1UL << 32, 1UL << 50 };
    static xen_pfn_t beyond[2 * FRAMES];

    set_xen_guest_handle(r.extent_start, beyond);
    for (unsigned int i = 0; i < ARRAY_SIZE(done); i++) {
        assert_int_equal(do_memory_op(XENMEM_populate_physmap | done[i] << 6, fake_guest(&r)),
                         done[i]);
        assert_int_equal(dom->tot_pages, 0);
    }
    assert_int_equal(do_memory_op(XENMEM_populate_physmap | (FRAMES - 1) << 6, fake_guest(&r)),
                     FRAMES);
    assert_int_equal(dom->tot_pages, 1);
    beyond[0] = beyond[FRAMES - 1];
    r.nr_extents = 1;
    assert_int_equal(do_memory_op(XENMEM_decrease_reservation, fake_guest(&r)), 1);
}

static long reserve_order(unsigned int cmd, unsigned int order)
{
    struct xen_memory_reservation r = {
        .domid = DOMID_SELF,
        .nr_extents = 1,
        .extent_order = order,
    };

    set_xen_guest_handle(r.extent_start, list);
    return do_memory_op(cmd, fake_guest(&r));
}

/* A plain domain's extents have 2 MiB at most, whatever number it gives. */
static void orders_are_bounded(void **state)
{
    static const unsigned int orders[] = { 10, 18, 19, 31, 32, 63, 64, ~0U };
    static const unsigned int cmds[] = { XENMEM_populate_physmap, XENMEM_increase_reservation,
                                         XENMEM_decrease_reservation };
    struct xen_memory_exchange x = {
        .in = { .domid = DOMID_SELF, .nr_extents = 1 },
        .out = { .domid = DOMID_SELF, .nr_extents = 1 },
    };

    dom->max_pages = 1UL << 20;
    set_xen_guest_handle(x.in.extent_start, list);
    set_xen_guest_handle(x.out.extent_start, out);
    for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
        for (unsigned int j = 0; j < ARRAY_SIZE(cmds); j++) {
            assert_int_equal(reserve_order(cmds[j], orders[i]), 0);
        }
        x.in.extent_order = x.out.extent_order = orders[i];
        assert_int_equal(do_memory_op(XENMEM_exchange, fake_guest(&x)), -EPERM);
    }
    assert_int_equal(dom->tot_pages, 0);
    assert_int_equal(reserve_order(XENMEM_populate_physmap, 9), 1);
    assert_int_equal(dom->tot_pages, 512);
    assert_int_equal(reserve_order(XENMEM_decrease_reservation, 9), 1);
}

/* What an exchange may not do it has not begun: as many frames come as go, and all of both lists is
 * the caller's to have read and written. */
static void exchange_is_checked_first(void **state)
{
    struct xen_memory_exchange x, good = {
        .in = { .domid = DOMID_SELF, .nr_extents = FRAMES },
        .out = { .domid = DOMID_SELF, .nr_extents = FRAMES },
    };
    struct page_info *pg;

    name(list);
    assert_int_equal(reserve(XENMEM_populate_physmap), FRAMES);
    set_xen_guest_handle(good.in.extent_start, list);
    set_xen_guest_handle(good.out.extent_start, out);
    for (unsigned int i = 0; i < 6; i++) {
        x = good;
        switch (i) {
        case 0:
            x.out.nr_extents = FRAMES + 1;
            break;
        case 1:
            x.out.extent_order = 1;
            break;
        case 2:
            x.in.nr_extents = x.out.nr_extents = 1UL << 63;
            x.in.extent_order = x.out.extent_order = 1;
            break;
        case 3:
            x.nr_exchanged = FRAMES + 1;
            break;
        case 4:
            x.out.extent_start.p = (void *)HYPERVISOR_START;
            break;
        case 5:
            x.in.extent_start.p = (void *)(HYPERVISOR_START - 8);
            break;
        }
        assert_int_equal(do_memory_op(XENMEM_exchange, fake_guest(&x)), i < 4 ? -EINVAL : -EFAULT);
        assert_int_equal(dom->tot_pages, FRAMES);
        for (unsigned int j = 0; j < FRAMES; j++) {
            pg = get_page_from_mfn(_mfn(list[j]), dom);
            assert_non_null(pg);
            put_page(pg);
        }
    }
    assert_int_equal(reserve(XENMEM_decrease_reservation), FRAMES);
}

#define op_test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        op_test(populated_frames_are_named_first),
        op_test(exchanged_frames_are_named_first),
        op_test(progress_is_checked),
        op_test(orders_are_bounded),
        op_test(exchange_is_checked_first),
    };

    return cmocka_run_group_tests_name("memory-op", tests, machine, NULL);
}
