/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: the table itself - size, frames, version, status frames, exchange of entries - and
 * each refusal.
 */
#define SUITE "gnttab"
#include "gnttab_test.h"
#include "child.h"

static long query(domid_t dom, struct gnttab_query_size *q)
{
    memset(q, 0, sizeof(*q));
    q->dom = dom;
    long rc = hv_grant_table_op(GNTTABOP_query_size, q, 1);

    return rc ? rc : q->status;
}

static long setup(domid_t dom, unsigned int nr, xen_pfn_t *list)
{
    struct gnttab_setup_table s = { .dom = dom, .nr_frames = nr };

    set_xen_guest_handle(s.frame_list, list);
    long rc = hv_grant_table_op(GNTTABOP_setup_table, &s, 1);

    return rc ? rc : s.status;
}

static long set_version(uint32_t version, uint32_t *now)
{
    struct gnttab_set_version v = { .version = version };
    long rc = hv_grant_table_op(GNTTABOP_set_version, &v, 1);

    *now = v.version;
    return rc;
}

static long get_version(domid_t dom, uint32_t *version)
{
    struct gnttab_get_version v = { .dom = dom };
    long rc = hv_grant_table_op(GNTTABOP_get_version, &v, 1);

    *version = v.version;
    return rc;
}

static long status_frames(domid_t dom, unsigned int nr, uint64_t *list)
{
    struct gnttab_get_status_frames s = { .dom = dom, .nr_frames = nr };

    set_xen_guest_handle(s.frame_list, list);
    long rc = hv_grant_table_op(GNTTABOP_get_status_frames, &s, 1);

    return rc ? rc : s.status;
}

static long swap(grant_ref_t a, grant_ref_t b)
{
    struct gnttab_swap_grant_ref s = { .ref_a = a, .ref_b = b };
    long rc = hv_grant_table_op(GNTTABOP_swap_grant_ref, &s, 1);

    return rc ? rc : s.status;
}

TEST(query_size)
{
    struct gnttab_query_size q;

    REQUIRE_EQ(gt_use(1), 0);
    EXPECT_EQ(query(DOMID_SELF, &q), GNTST_okay);
    EXPECT_EQ(q.nr_frames, gnttab_frames());
    EXPECT(q.max_nr_frames >= q.nr_frames);
    EXPECT_EQ(query(0, &q), GNTST_okay);
    EXPECT_EQ(query(NO_SUCH_DOMAIN, &q), GNTST_bad_domain);
    EXPECT_EQ(query(DOMID_IO, &q), GNTST_bad_domain);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_query_size, BAD_POINTER, 1), -EFAULT);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_query_size, &q, 2), -EINVAL);
}

TEST(setup_table)
{
    xen_pfn_t list[4] = { 0 }, again[4] = { 0 };
    struct gnttab_query_size q;

    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(gnttab_grow(4), 0);
    EXPECT_EQ(setup(DOMID_SELF, 4, list), GNTST_okay);
    EXPECT_EQ(setup(0, 4, again), GNTST_okay);
    EXPECT(!memcmp(list, again, sizeof(list)));
    EXPECT(list[0] != list[1] && list[0] && list[3]);
    /* A table never shrinks. */
    EXPECT_EQ(setup(DOMID_SELF, 1, again), GNTST_okay);
    EXPECT_EQ(query(DOMID_SELF, &q), GNTST_okay);
    EXPECT_EQ(q.nr_frames, 4);
    EXPECT_EQ(setup(DOMID_SELF, q.max_nr_frames + 1, list), GNTST_general_error);
    EXPECT_EQ(setup(DOMID_SELF, ~0u, list), GNTST_general_error);
    EXPECT_EQ(setup(NO_SUCH_DOMAIN, 1, list), GNTST_bad_domain);
    EXPECT_EQ(setup(DOMID_SELF, 4, BAD_POINTER), GNTST_bad_virt_addr);
    EXPECT_EQ(setup(DOMID_SELF, 0, BAD_POINTER), GNTST_okay);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_setup_table, BAD_POINTER, 1), -EFAULT);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_setup_table, &q, 2), -EINVAL);
}

TEST(version)
{
    uint32_t now = 0;

    REQUIRE_EQ(gt_use(1), 0);
    EXPECT_EQ(get_version(DOMID_SELF, &now), 0);
    EXPECT_EQ(now, 1);
    EXPECT_EQ(set_version(1, &now), 0);
    EXPECT_EQ(now, 1);
    EXPECT_EQ(set_version(0, &now), -EINVAL);
    EXPECT_EQ(now, 1);
    EXPECT_EQ(set_version(3, &now), -EINVAL);
    EXPECT_EQ(now, 1);
    EXPECT_EQ(set_version(~0u, &now), -EINVAL);
    EXPECT_EQ(get_version(NO_SUCH_DOMAIN, &now), -ESRCH);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_set_version, BAD_POINTER, 1), -EFAULT);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_get_version, BAD_POINTER, 1), -EFAULT);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_set_version, &now, 2), -EINVAL);
    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(2), 0);
    EXPECT_EQ(get_version(DOMID_SELF, &now), 0);
    EXPECT_EQ(now, 2);
    EXPECT_EQ(gt_use(1), 0);
}

/* What is built in and allowed, no less and no more; what is not says so and changes nothing. */
TEST(offered)
{
    struct gnttab_transfer op = { .mfn = virt_to_mfn(pt_root), .status = 99 };
    bool v2 = !gt_told_without("v2"), transfers = !gt_told_without("transfer");
    uint64_t frame = 77;
    uint32_t now = 0;

    REQUIRE_EQ(gt_use(1), 0);
    EXPECT_EQ(gt_versions(), v2 ? 2 : 1);
    EXPECT_EQ(gt_has_transfer(), transfers);
    if (!v2) {
        EXPECT_EQ(set_version(2, &now), -ENOSYS);
        EXPECT_EQ(now, 1);
        EXPECT_EQ(get_version(DOMID_SELF, &now), 0);
        EXPECT_EQ(now, 1);
        EXPECT_EQ(status_frames(DOMID_SELF, 1, &frame), GNTST_general_error);
        EXPECT_EQ(frame, 77);
    }
    if (!transfers) {
        EXPECT_EQ(hv_grant_table_op(GNTTABOP_transfer, &op, 1), -ENOSYS);
        EXPECT_EQ(op.status, 99);
    }
}

/* A child that may have version 1 only. */
TEST(version_limit_of_a_child)
{
    uint32_t now = 7;
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    EXPECT_EQ(get_version(id, &now), 0);
    EXPECT_EQ(now, 1);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(status_frames)
{
    uint64_t list[2] = { 0 };

    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(1), 0);
    EXPECT_EQ(status_frames(DOMID_SELF, 1, list), GNTST_general_error);
    REQUIRE_EQ(gt_use(2), 0);
    EXPECT_EQ(status_frames(DOMID_SELF, 1, list), GNTST_okay);
    EXPECT(list[0] != 0);
    EXPECT_EQ(status_frames(NO_SUCH_DOMAIN, 1, list), GNTST_bad_domain);
    EXPECT_EQ(status_frames(DOMID_SELF, ~0u, list), GNTST_general_error);
    EXPECT_EQ(status_frames(DOMID_SELF, 1, BAD_POINTER), GNTST_bad_virt_addr);
    EXPECT_EQ(status_frames(DOMID_SELF, 0, BAD_POINTER), GNTST_okay);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_get_status_frames, BAD_POINTER, 1), -EFAULT);
    EXPECT_EQ(gt_use(1), 0);
}

/* Capacity is counted in status frames, never in bytes or in table frames. */
TEST(xsa_382_status_frame_count)
{
    uint64_t list[4] = { 1, 2, 3, 4 };

    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(2), 0);
    REQUIRE_EQ(gnttab_grow(2), 0); /* as many status words as one frame has */
    EXPECT_EQ(status_frames(DOMID_SELF, 1, list), GNTST_okay);
    EXPECT_EQ(list[1], 2);
    EXPECT_EQ(status_frames(DOMID_SELF, 2, list), GNTST_general_error);
    EXPECT_EQ(status_frames(DOMID_SELF, gnttab_max_frames(), list), GNTST_general_error);
    EXPECT_EQ(list[1], 2);
    EXPECT_EQ(gt_use(1), 0);
}

static void check_swap(unsigned int version)
{
    void *page = page_alloc(2);
    unsigned long va = gt_window(1);
    struct gnttab_map_grant_ref op;
    grant_ref_t a, b;

    REQUIRE_EQ(gt_use(version), 0);
    REQUIRE(page && va);
    memset(page, 0xaa, PAGE_SIZE);
    memset((char *)page + PAGE_SIZE, 0xbb, PAGE_SIZE);
    a = gnttab_grant(0, virt_to_mfn(page), 0);
    b = gnttab_grant(0, virt_to_mfn((char *)page + PAGE_SIZE), 0);
    EXPECT_EQ(swap(a, b), GNTST_okay);
    EXPECT_EQ(gt_map(&op, a, 0, GNTMAP_host_map, va), GNTST_okay);
    EXPECT_EQ(*(volatile uint8_t *)va, 0xbb);
    /* In use: stays where it is. */
    EXPECT_EQ(swap(a, b), GNTST_eagain);
    EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_okay);
    EXPECT_EQ(swap(a, a), GNTST_okay);
    EXPECT(gnttab_end(a));
    EXPECT(gnttab_end(b));
    page_free(page, 2);
}

TEST(swap)
{
    GT_EACH_VERSION (version) {
        check_swap(version);
    }
    EXPECT_EQ(gt_use(1), 0);
}

TEST(xsa_18_swap_range)
{
    REQUIRE_EQ(gt_use(1), 0);
    EXPECT_EQ(swap(LAST_REF + 1, 8), GNTST_bad_gntref);
    EXPECT_EQ(swap(8, LAST_REF + 1), GNTST_bad_gntref);
    EXPECT_EQ(swap(8, ~0u), GNTST_bad_gntref);
    EXPECT_EQ(swap(0x80000000u, 8), GNTST_bad_gntref);
    EXPECT_EQ(swap(0, LAST_REF), GNTST_okay);
    EXPECT_EQ(swap(LAST_REF, 0), GNTST_okay);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_swap_grant_ref, BAD_POINTER, 1), -EFAULT);
}

/* A domain that never set its table up has the first frame of it, and entries that swap. */
ROLE(gnttab_virgin)
{
    struct gnttab_query_size q = { 0 };

    printf("REPORT swap %ld\n", swap(0, 1));
    printf("REPORT query %ld\n", query(DOMID_SELF, &q));
    printf("REPORT frames %u\n", q.nr_frames);
    return SHUTDOWN_poweroff;
}

TEST(xsa_134_swap_without_table)
{
    static struct child c;
    long value = 77;

    EXPECT_EQ(child_run(&c, "role=gnttab_virgin", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&c, "swap", &value));
    EXPECT_EQ(value, GNTST_okay);
    EXPECT(child_reported(&c, "query", &value));
    EXPECT_EQ(value, GNTST_okay);
    EXPECT(child_reported(&c, "frames", &value));
    EXPECT(value >= 1);
}

TEST(unknown)
{
    struct gnttab_query_size q = { 0 };

    EXPECT_EQ(hv_grant_table_op(13, &q, 1), -ENOSYS);
    EXPECT_EQ(hv_grant_table_op(0xfff, &q, 1), -ENOSYS);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, &q, 0x80000000u), -EINVAL);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, &q, 0), 0);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_map_grant_ref, BAD_POINTER, 0), 0);
}
