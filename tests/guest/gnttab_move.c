/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that change hands, addresses that change mappings, and tables seen from outside: transfer,
 * unmap_and_replace, XENMEM_acquire_resource, and what is refused to a domain without privilege.
 */
#define SUITE "gnttab_move"
#include "gnttab_peer.h"

#include <public/memory.h>

static struct peer peer;

static long max_pages(domid_t id, unsigned long pages)
{
    struct xen_domctl op;

    child_domctl_init(&op, XEN_DOMCTL_max_mem, id);
    op.u.max_mem.max_memkb = pages * (PAGE_SIZE / 1024);
    return hv_domctl(&op);
}

static long transfer(unsigned long mfn, domid_t domid, grant_ref_t ref)
{
    struct gnttab_transfer op = { .mfn = mfn, .domid = domid, .ref = ref, .status = 99 };
    long rc = hv_grant_table_op(GNTTABOP_transfer, &op, 1);

    return rc ? rc : op.status;
}

static unsigned long pages_of(domid_t id)
{
    struct xen_domctl_getdomaininfo info;

    return child_info(id, &info) ? 0 : info.tot_pages;
}

/* A page out of dom0's address space; 4.17 loses a page whose transfer is refused. */
static unsigned long spare_page(int fill)
{
    unsigned char *page = page_alloc(1);
    unsigned long mfn = virt_to_mfn(page);

    memset(page, fill, PAGE_SIZE);
    return pt_unmap((unsigned long)page) ? 0 : mfn;
}

/* dom0 gives a page; the child finds it by its entry. */
static void give(unsigned int version)
{
    unsigned long mfn = spare_page(0x3c), had, mine = pages_of(0), va = gt_window(1);
    grant_ref_t ref;
    domid_t id;

    REQUIRE_EQ(pg_start(&peer, version, NULL), 0);
    id = peer.c.id;
    had = pages_of(id);
    ref = (grant_ref_t)peer_call(&peer, pg_accept, 0, 5);
    EXPECT_EQ(max_pages(id, had + 1), 0);
    EXPECT_EQ(transfer(mfn, id, ref), GNTST_okay);
    EXPECT_EQ(transfer(mfn, id, ref), GNTST_bad_page);
    EXPECT_EQ(pages_of(id), had + 1);
    EXPECT_EQ(pages_of(0), mine - 1);
    EXPECT_EQ(peer_call(&peer, pg_accepted, ref), mfn);
    EXPECT_EQ(peer_call(&peer, pg_read, 0, 4095), 0x3c);
    EXPECT(pt_map(va, pte_make(mfn, PTE_KERN)) < 0);
    EXPECT_EQ(peer_stop(&peer), 0);
    EXPECT_EQ(pages_of(0), mine - 1);
}

TEST(transfer_to_child)
{
    GT_NEEDS_TRANSFER();
    REQUIRE_EQ(gt_use(1), 0);
    GT_EACH_VERSION (version) {
        give(version);
    }
}

TEST(transfer_refused)
{
    unsigned char *mapped = page_alloc(1);
    grant_ref_t ref;
    domid_t id;

    GT_NEEDS_TRANSFER();
    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    id = peer.c.id;
    ref = (grant_ref_t)peer_call(&peer, pg_accept, 0, 5);
    EXPECT_EQ(transfer(spare_page(1), id, ref), GNTST_general_error); /* no room */
    EXPECT_EQ(max_pages(id, pages_of(id) + 1), 0);
    EXPECT_EQ(transfer(virt_to_mfn(mapped), id, ref), GNTST_bad_page);
    EXPECT_EQ(transfer((unsigned long)peer_call(&peer, pg_mfn, 0), id, ref), GNTST_bad_page);
    EXPECT_EQ(transfer(spare_page(1), id, ref + 1), GNTST_general_error);
    EXPECT_EQ(transfer(spare_page(1), id, ~0u), GNTST_general_error);
    EXPECT_EQ(transfer(spare_page(1), NO_SUCH_DOMAIN, ref), GNTST_bad_domain);
    EXPECT_EQ(peer_call(&peer, pg_accepted, ref), 0);
    EXPECT_EQ(peer_stop(&peer), 0);
}

/* In the child: gives one of its pages to dom0's reference. */
static long give_page(const unsigned long *arg)
{
    char *page = page_alloc(1);
    unsigned long mfn = virt_to_mfn(page);

    memset(page, 0x4d, PAGE_SIZE);
    if (pt_unmap((unsigned long)page)) {
        return -EIO;
    }
    return transfer(mfn, (domid_t)arg[0], (grant_ref_t)arg[1]);
}

static void take(unsigned int version)
{
    unsigned long va = gt_window(1), mine = pages_of(0), mfn;
    grant_ref_t ref;

    REQUIRE_EQ(gt_use(version), 0);
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    ref = gnttab_grant_transfer(peer.c.id, mm_nr_pages - 1);
    EXPECT_EQ(peer_call(&peer, give_page, 0, ref), GNTST_okay);
    EXPECT_EQ(peer_call(&peer, give_page, 0, ref), GNTST_general_error);
    mfn = gnttab_abi->end_foreign_transfer(ref);
    REQUIRE(mfn != 0);
    gnttab_give(ref);
    EXPECT_EQ(peer_stop(&peer), 0);
    /* The giver is gone, the page is ours. */
    EXPECT_EQ(pages_of(0), mine + 1);
    REQUIRE_EQ(pt_map(va, pte_make(mfn, PTE_KERN)), 0);
    EXPECT_EQ(*(volatile unsigned char *)va, 0x4d);
    EXPECT_EQ(pt_unmap(va), 0);
}

TEST(transfer_from_child)
{
    GT_NEEDS_TRANSFER();
    GT_EACH_VERSION (version) {
        take(version);
    }
    EXPECT_EQ(gt_use(1), 0);
}

/* In place of the child's page comes one of our own, in one step. */
TEST(unmap_and_replace)
{
    unsigned char *page = page_alloc(1);
    unsigned long va = gt_window(2), other = va + PAGE_SIZE;
    struct gnttab_unmap_and_replace r = { .host_addr = va, .new_addr = other };
    struct gnttab_map_grant_ref op;
    grant_ref_t ref;

    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    ref = (grant_ref_t)peer_call(&peer, pg_grant, 0, 0, 0);
    EXPECT_EQ(peer_call(&peer, pg_fill, 0, 0x21), 0);
    page[0] = 0x22;
    REQUIRE_EQ(pt_map(other, pte_make(virt_to_mfn(page), PTE_KERN)), 0);
    REQUIRE_EQ(gt_map(&op, ref, peer.c.id, GNTMAP_host_map, va), GNTST_okay);
    EXPECT_EQ(*(volatile unsigned char *)va, 0x21);
    r.handle = op.handle;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_unmap_and_replace, &r, 1), 0);
    EXPECT_EQ(r.status, GNTST_okay);
    EXPECT_EQ(*(volatile unsigned char *)va, 0x22);
    EXPECT_EQ(*pt_walk(other, 1) & PTE_P, 0);
    EXPECT_EQ(peer_call(&peer, pg_query, ref), 0);
    EXPECT_EQ(peer_call(&peer, pg_end, ref), 1);
    EXPECT_EQ(peer_stop(&peer), 0);
    EXPECT_EQ(pt_unmap(va), 0);
    page_free(page, 1);
}

/* A frame of the child's table or status words, as a toolstack reaches it. */
static long acquire(domid_t id, uint32_t kind, unsigned long frame, unsigned long *mfn)
{
    xen_pfn_t list = 0;
    struct xen_mem_acquire_resource x = {
        .domid = id, .type = XENMEM_resource_grant_table, .id = kind, .nr_frames = 1, .frame = frame
    };
    long rc;

    set_xen_guest_handle(x.frame_list, &list);
    rc = hv_memory_op(XENMEM_acquire_resource, &x);
    *mfn = list;
    return rc;
}

TEST(acquire_shared_frame)
{
    union {
        volatile grant_entry_v1_t *v1;
        volatile union grant_entry_v2 *v2;
    } t = { .v1 = (void *)gt_window(1) };
    unsigned long mfn = 0, again = 0;

    REQUIRE_EQ(gt_use(1), 0);
    GT_EACH_VERSION (version) {
        long ref;

        REQUIRE_EQ(pg_start(&peer, version, NULL), 0);
        REQUIRE_EQ(acquire(peer.c.id, XENMEM_resource_grant_table_id_shared, 0, &mfn), 0);
        REQUIRE_EQ(pt_map_foreign((unsigned long)t.v1, pte_make(mfn, PTE_KERN), peer.c.id), 0);
        ref = peer_call(&peer, pg_grant, 0, 0, GTF_readonly);
        if (version == 1) {
            EXPECT_EQ(t.v1[ref].flags, GTF_permit_access | GTF_readonly);
            EXPECT_EQ(t.v1[ref].frame, peer_call(&peer, pg_mfn, 0));
        } else {
            EXPECT_EQ(t.v2[ref].hdr.flags, GTF_permit_access | GTF_readonly);
            EXPECT_EQ(t.v2[ref].full_page.frame, peer_call(&peer, pg_mfn, 0));
        }
        /* The table grows to have the frame, within its limit. */
        EXPECT_EQ(acquire(peer.c.id, XENMEM_resource_grant_table_id_shared, 3, &again), 0);
        EXPECT(again && again != mfn);
        EXPECT_EQ(acquire(peer.c.id, XENMEM_resource_grant_table_id_shared, 4, &again), -EINVAL);
        EXPECT_EQ(pt_unmap((unsigned long)t.v1), 0);
        EXPECT_EQ(peer_stop(&peer), 0);
    }
}

TEST(acquire_status_frame)
{
    volatile grant_status_t *status = (void *)gt_window(1);
    unsigned long mfn = 0, va = gt_window(1);
    struct gnttab_map_grant_ref op;
    long ref;

    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    EXPECT_EQ(acquire(peer.c.id, XENMEM_resource_grant_table_id_status, 0, &mfn), -EINVAL);
    EXPECT_EQ(peer_stop(&peer), 0);
    REQUIRE_EQ(pg_start(&peer, 2, NULL), 0);
    REQUIRE_EQ(acquire(peer.c.id, XENMEM_resource_grant_table_id_status, 0, &mfn), 0);
    REQUIRE_EQ(pt_map_foreign((unsigned long)status, pte_make(mfn, PTE_KERN), peer.c.id), 0);
    ref = peer_call(&peer, pg_grant, 0, 0, 0);
    EXPECT_EQ(status[ref], 0);
    REQUIRE_EQ(gt_map(&op, (grant_ref_t)ref, peer.c.id, GNTMAP_host_map, va), GNTST_okay);
    EXPECT_EQ(status[ref], GTF_reading | GTF_writing);
    EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_okay);
    EXPECT_EQ(status[ref], 0);
    EXPECT_EQ(pt_unmap((unsigned long)status), 0);
    EXPECT_EQ(acquire(peer.c.id, 2, 0, &mfn), -EINVAL);
    EXPECT_EQ(peer_stop(&peer), 0);
}

/* In the child: what it is told about dom0's table, one operation each. */
static long ask_about(const unsigned long *arg)
{
    domid_t dom = (domid_t)arg[1];
    struct gnttab_query_size size = { .dom = dom };
    struct gnttab_setup_table setup = { .dom = dom };
    struct gnttab_get_status_frames status = { .dom = dom };
    struct gnttab_get_version version = { .dom = dom };
    unsigned long mfn;
    long rc;

    switch (arg[0]) {
    case GNTTABOP_query_size:
        rc = hv_grant_table_op(GNTTABOP_query_size, &size, 1);
        return rc ? rc : size.status;
    case GNTTABOP_setup_table:
        rc = hv_grant_table_op(GNTTABOP_setup_table, &setup, 1);
        return rc ? rc : setup.status;
    case GNTTABOP_get_status_frames:
        rc = hv_grant_table_op(GNTTABOP_get_status_frames, &status, 1);
        return rc ? rc : status.status;
    case GNTTABOP_get_version:
        return hv_grant_table_op(GNTTABOP_get_version, &version, 1);
    default:
        return acquire(dom, XENMEM_resource_grant_table_id_shared, 0, &mfn);
    }
}

TEST(others_tables_refused)
{
    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pg_start(&peer, gt_versions(), NULL), 0);
    for (domid_t dom = 0; dom <= peer.c.id; dom += peer.c.id) {
        bool own = dom == peer.c.id;

        EXPECT_EQ(peer_call(&peer, ask_about, GNTTABOP_query_size, dom),
                  own ? GNTST_okay : GNTST_permission_denied);
        EXPECT_EQ(peer_call(&peer, ask_about, GNTTABOP_setup_table, dom),
                  own ? GNTST_okay : GNTST_permission_denied);
        EXPECT_EQ(peer_call(&peer, ask_about, GNTTABOP_get_status_frames, dom),
                  own ? GNTST_okay : GNTST_permission_denied);
        EXPECT_EQ(peer_call(&peer, ask_about, GNTTABOP_get_version, dom), own ? 0 : -EPERM);
        EXPECT_EQ(peer_call(&peer, ask_about, 99, dom), -EPERM);
    }
    EXPECT_EQ(peer_stop(&peer), 0);
}
