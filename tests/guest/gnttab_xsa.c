/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Published mistakes in grant tables, by number: each class once, where one vCPU at a time can show
 * it. What needs two at once is gnttab_race.c.
 */
#define SUITE "gnttab_xsa"
#include "gnttab_peer.h"

#include <public/memory.h>

static struct peer peer;

/* A batch that runs into memory that is not there ends, and what came before it stands. */
TEST(xsa_24_batch_into_nothing)
{
    enum { NR = PAGE_SIZE / sizeof(struct gnttab_copy) };
    unsigned char *page = page_alloc(2);
    unsigned long va = gt_window(2), first;
    struct gnttab_copy *op;

    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pt_map(va, pte_make(virt_to_mfn(page), PTE_KERN)), 0);
    /* Whole elements up to the page's end. */
    first = va + PAGE_SIZE - NR * sizeof(*op);
    op = (struct gnttab_copy *)first;
    for (unsigned int i = 0; i < NR; i++) {
        op[i] = (struct gnttab_copy){ .len = 1, .status = 77, .dest.offset = (uint16_t)i };
        op[i].source.domid = op[i].dest.domid = DOMID_SELF;
        op[i].source.u.gmfn = op[i].dest.u.gmfn = virt_to_mfn(page + PAGE_SIZE);
    }
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, op, 0x7fffff), -EFAULT);
    for (unsigned int i = 0; i < NR; i++) {
        EXPECT_EQ(op[i].status, GNTST_okay);
    }
    EXPECT_EQ(pt_unmap(va), 0);
    page_free(page, 2);
}

static long free_after_cycle(void)
{
    if (gt_use(2) || gt_use(1)) {
        return -1;
    }
    return child_settle();
}

TEST(xsa_26_status_frames_of_many_changes)
{
    struct gnttab_set_version v;
    long free;

    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(1), 0);
    free = free_after_cycle();
    gnttab_suspend();
    for (unsigned int i = 0; i < 100; i++) {
        uint64_t frame = 0;
        struct gnttab_get_status_frames get = { .dom = DOMID_SELF, .nr_frames = 1 };

        v.version = 2;
        REQUIRE_EQ(hv_grant_table_op(GNTTABOP_set_version, &v, 1), 0);
        set_xen_guest_handle(get.frame_list, &frame);
        EXPECT_EQ(hv_grant_table_op(GNTTABOP_get_status_frames, &get, 1), 0);
        EXPECT_EQ(get.status, GNTST_okay);
        EXPECT(frame != 0);
        v.version = 1;
        REQUIRE_EQ(hv_grant_table_op(GNTTABOP_set_version, &v, 1), 0);
    }
    gnttab_resume();
    EXPECT_EQ(free_after_cycle(), free);
}

static long transfer_to(unsigned long mfn, domid_t domid, grant_ref_t ref)
{
    struct gnttab_transfer op = { .mfn = mfn, .domid = domid, .ref = ref, .status = 99 };
    long rc = hv_grant_table_op(GNTTABOP_transfer, &op, 1);

    return rc ? rc : op.status;
}

static long pin_l1(unsigned long mfn, bool pin)
{
    struct mmuext_op op = { .cmd = pin ? MMUEXT_PIN_L1_TABLE : MMUEXT_UNPIN_TABLE,
                            .arg1.mfn = mfn };

    return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* In the child: the page that came is writable, then a page table, then writable again. */
static long use_as_table(const unsigned long *arg)
{
    unsigned long va = gt_window(1), mfn = arg[0];
    long rc = pt_map(va, pte_make(mfn, PTE_KERN));

    if (!rc) {
        memset((void *)va, 0, PAGE_SIZE);
        rc = pt_map(va, pte_make(mfn, PTE_RO));
    }
    rc = rc ? rc : pin_l1(mfn, true);
    if (!rc && !pt_map(va, pte_make(mfn, PTE_KERN))) {
        return -1000;
    }
    rc = rc ? rc : pin_l1(mfn, false);
    return rc ? rc : pt_map(va, pte_make(mfn, PTE_KERN));
}

static long allow_pages(domid_t id, unsigned long more)
{
    struct xen_domctl_getdomaininfo info;
    struct xen_domctl op;
    long rc = child_info(id, &info);

    child_domctl_init(&op, XEN_DOMCTL_max_mem, id);
    op.u.max_mem.max_memkb = (info.tot_pages + more) * (PAGE_SIZE / 1024);
    return rc ? rc : hv_domctl(&op);
}

/* What a page was to its giver says nothing to who gets it. */
TEST(xsa_214_type_of_a_given_page)
{
    unsigned long *page = page_alloc(1), mfn = virt_to_mfn(page);
    grant_ref_t ref;

    GT_NEEDS_TRANSFER();
    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    EXPECT_EQ(allow_pages(peer.c.id, 1), 0);
    ref = (grant_ref_t)peer_call(&peer, pg_accept, 0, 5);
    /* A pinned table is not given. */
    page[7] = pte_make(virt_to_mfn(page), PTE_RO);
    REQUIRE_EQ(pt_set_readonly(page), 0);
    REQUIRE_EQ(pin_l1(mfn, true), 0);
    EXPECT_EQ(transfer_to(mfn, peer.c.id, ref), GNTST_bad_page);
    REQUIRE_EQ(pin_l1(mfn, false), 0);
    REQUIRE_EQ(pt_unmap((unsigned long)page), 0);
    EXPECT_EQ(transfer_to(mfn, peer.c.id, ref), GNTST_okay);
    EXPECT_EQ(peer_call(&peer, pg_accepted, ref), mfn);
    EXPECT_EQ(peer_call(&peer, pg_set_pte, 0, 0), 0);
    EXPECT_EQ(peer_call(&peer, use_as_table, mfn), 0);
    EXPECT_EQ(peer_stop(&peer), 0);
}

/* In the child: gives the page on, or back. */
static long pass_on(const unsigned long *arg)
{
    return transfer_to(arg[0], (domid_t)arg[1], (grant_ref_t)arg[2]);
}

/* A page that was given has its owner's reference and no other: it can be given again, and freed.
 */
TEST(xsa_284_references_of_a_given_page)
{
    unsigned char *page = page_alloc(1);
    unsigned long mfn = virt_to_mfn(page), one = mfn;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    grant_ref_t theirs, ours;
    long free;

    GT_NEEDS_TRANSFER();
    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    EXPECT_EQ(allow_pages(peer.c.id, 1), 0);
    REQUIRE_EQ(pt_unmap((unsigned long)page), 0);
    for (unsigned int i = 0; i < 3; i++) {
        theirs = (grant_ref_t)peer_call(&peer, pg_accept, 0, 5);
        ours = gnttab_grant_transfer(peer.c.id, virt_to_pfn(page));
        EXPECT_EQ(transfer_to(mfn, peer.c.id, theirs), GNTST_okay);
        EXPECT_EQ(peer_call(&peer, pg_accepted, theirs), mfn);
        EXPECT_EQ(peer_call(&peer, pg_set_pte, 0, 0), 0);
        EXPECT_EQ(peer_call(&peer, pass_on, mfn, 0, ours), GNTST_okay);
        EXPECT_EQ(gnttab_abi->end_foreign_transfer(ours), mfn);
        gnttab_give(ours);
    }
    EXPECT_EQ(peer_stop(&peer), 0);
    free = child_settle();
    set_xen_guest_handle(r.extent_start, &one);
    EXPECT_EQ(hv_memory_op(XENMEM_decrease_reservation, &r), 1);
    EXPECT(child_settles_to(free + 1));
}

/* An entry of the page table that no longer has the grant's rights is not the grant's mapping. */
TEST(xsa_234_rights_of_the_entry)
{
    GT_EACH_VERSION (version) {
        unsigned char *page = page_alloc(1);
        unsigned long va = gt_window(1);
        struct gnttab_map_grant_ref op;
        grant_ref_t ref;
        pte_t full;

        REQUIRE_EQ(gt_use(version), 0);
        ref = gnttab_grant(0, virt_to_mfn(page), 0);
        REQUIRE_EQ(gt_map(&op, ref, 0, GNTMAP_host_map, va), GNTST_okay);
        full = *pt_walk(va, 1);
        REQUIRE_EQ(pt_map(va, full & ~PTE_W), 0);
        EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_general_error);
        EXPECT_EQ(gnttab_abi->query_foreign_access(ref), GTF_reading | GTF_writing);
        REQUIRE_EQ(pt_map(va, full), 0);
        EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_okay);

        REQUIRE_EQ(gt_map(&op, ref, 0, GNTMAP_host_map | GNTMAP_readonly, va), GNTST_okay);
        full = *pt_walk(va, 1);
        REQUIRE_EQ(pt_map(va, full | PTE_W), 0);
        EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_general_error);
        REQUIRE_EQ(pt_map(va, full), 0);
        EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_okay);
        EXPECT(gnttab_end(ref));
        page_free(page, 1);
    }
    EXPECT_EQ(gt_use(1), 0);
}

static long acquire_range(domid_t id, uint32_t kind, uint64_t frame, uint32_t nr, xen_pfn_t *list)
{
    struct xen_mem_acquire_resource x = { .domid = id,
                                          .type = XENMEM_resource_grant_table,
                                          .id = kind,
                                          .nr_frames = nr,
                                          .frame = frame };

    set_xen_guest_handle(x.frame_list, list);
    return hv_memory_op(XENMEM_acquire_resource, &x);
}

/* In the child: back to version 1. */
static long back_to_1(const unsigned long *arg)
{
    struct gnttab_set_version v = { .version = 1 };

    (void)arg;
    gnttab_suspend();
    return hv_grant_table_op(GNTTABOP_set_version, &v, 1);
}

/* dom0 has a status frame of the child's: the child cannot leave version 2. */
TEST(xsa_255_status_frame_mapped_by_another)
{
    unsigned long va = gt_window(1);
    xen_pfn_t mfn = 0;

    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pg_start(&peer, 2, NULL), 0);
    REQUIRE_EQ(acquire_range(peer.c.id, XENMEM_resource_grant_table_id_status, 0, 1, &mfn), 0);
    REQUIRE_EQ(pt_map_foreign(va, pte_make(mfn, PTE_KERN), peer.c.id), 0);
    EXPECT_EQ(peer_call(&peer, back_to_1, 0), -EBUSY);
    EXPECT_EQ(pt_unmap(va), 0);
    EXPECT_EQ(peer_call(&peer, back_to_1, 0), 0);
    EXPECT_EQ(peer_stop(&peer), 0);
}

/* Frames of a table, acquired and mapped, outlive their domain until they are unmapped. */
TEST(xsa_276_acquired_frames_of_the_dead)
{
    volatile unsigned long *va = (void *)gt_window(2);
    struct xen_domctl_getdomaininfo info;
    xen_pfn_t shared = 0, status = 0;
    uint64_t limit;
    long free;
    domid_t id;

    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(1), 0);
    free = child_settle();
    REQUIRE_EQ(pg_start(&peer, 2, NULL), 0);
    id = peer.c.id;
    EXPECT_EQ(acquire_range(id, XENMEM_resource_grant_table_id_shared, 0, 1, &shared), 0);
    EXPECT_EQ(acquire_range(id, XENMEM_resource_grant_table_id_status, 0, 1, &status), 0);
    REQUIRE_EQ(pt_map_foreign((unsigned long)va, pte_make(shared, PTE_KERN), id), 0);
    REQUIRE_EQ(pt_map_foreign((unsigned long)va + PAGE_SIZE, pte_make(status, PTE_KERN), id), 0);
    EXPECT_EQ(pt_unmap(peer.c.console_va), 0);
    peer.c.console = NULL;
    EXPECT_EQ(peer_kill(&peer), 0);
    EXPECT_EQ(child_info(id, &info), 0);
    va[1] = 0x1234;
    va[512 + 1] = 0x5678;
    EXPECT_EQ(va[1], 0x1234);
    EXPECT_EQ(pt_unmap((unsigned long)va), 0);
    EXPECT_EQ(pt_unmap((unsigned long)va + PAGE_SIZE), 0);
    for (limit = time_now() + 5 * NSEC_PER_SEC; child_info(id, &info) == 0;) {
        REQUIRE(time_now() < limit);
        time_sleep(NSEC_PER_MSEC);
    }
    EXPECT_EQ(peer_stop(&peer), -ESRCH);
    EXPECT(child_settles_to(free));
}

/* In the child: words of its table's frames, and of its status frames, that are not 0. */
static long dirty_words(const unsigned long *arg)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 4 };
    struct gnttab_get_status_frames status = { .dom = DOMID_SELF, .nr_frames = 1 };
    uint64_t list[5] = { 0 };
    unsigned long va = gt_window(1), nr = arg[0] == 2 ? 5 : 4;
    long dirty = 0;

    set_xen_guest_handle(setup.frame_list, (xen_pfn_t *)list);
    set_xen_guest_handle(status.frame_list, list + 4);
    if (hv_grant_table_op(GNTTABOP_setup_table, &setup, 1) || setup.status) {
        return -EIO;
    }
    if (nr == 5 && (hv_grant_table_op(GNTTABOP_get_status_frames, &status, 1) || status.status)) {
        return -EIO;
    }
    for (unsigned long i = 0; i < nr; i++) {
        if (pt_map(va, pte_make(list[i], PTE_RO))) {
            return -EFAULT;
        }
        for (unsigned long j = 0; j < PAGE_SIZE / sizeof(long); j++) {
            dirty += ((volatile unsigned long *)va)[j] != 0;
        }
    }
    return dirty;
}

/* What a domain is given to share comes without anybody's bytes. */
TEST(xsa_313_new_frames_are_clear)
{
    REQUIRE_EQ(gt_use(1), 0);
    GT_EACH_VERSION (version) {
        struct child_options o = { .gnttab_version = gt_versions() };

        /* Pages that were full of something a moment ago. */
        REQUIRE_EQ(pg_start(&peer, version, &o), 0);
        EXPECT_EQ(peer_call(&peer, pg_fill, 0, 0xff), 0);
        EXPECT_EQ(peer_stop(&peer), 0);
        REQUIRE_EQ(pg_start(&peer, version, &o), 0);
        EXPECT_EQ(peer_call(&peer, dirty_words, version), 0);
        EXPECT_EQ(peer_stop(&peer), 0);
    }
}

/* Refused acquisitions leave nothing held: the domain goes at once. */
TEST(xsa_334_refused_acquisitions)
{
    xen_pfn_t list[8];
    long free;

    REQUIRE_EQ(gt_use(1), 0);
    free = child_settle();
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    for (unsigned int i = 0; i < 200; i++) {
        domid_t id = peer.c.id;
        xen_pfn_t one;

        EXPECT(acquire_range(id, 7, 0, 1, &one) < 0);
        EXPECT(acquire_range(id, XENMEM_resource_grant_table_id_status, 0, 1, &one) < 0);
        EXPECT(acquire_range(id, XENMEM_resource_grant_table_id_shared, ~0ull, 1, &one) < 0);
        EXPECT(acquire_range(id, XENMEM_resource_grant_table_id_shared, ~0ull, 2, list) < 0);
        EXPECT(acquire_range(id, XENMEM_resource_grant_table_id_shared, 2, 8, list) < 0);
        EXPECT(acquire_range(id, XENMEM_resource_grant_table_id_shared, 0, 1, BAD_POINTER) < 0);
        EXPECT(acquire_range(NO_SUCH_DOMAIN, 0, 0, 1, &one) < 0);
    }
    EXPECT_EQ(peer_stop(&peer), 0);
    EXPECT(child_settles_to(free));
}

/* Half of a mapping is left when its mapper dies: counted as the half that it is. */
TEST(xsa_394_half_a_mapping_at_death)
{
    unsigned char *page = page_alloc(1);
    unsigned long bus = virt_to_maddr(page);
    grant_ref_t ref;
    long handle;

    REQUIRE_EQ(gt_use(1), 0);
    for (unsigned int half = 0; half < 2; half++) {
        REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
        ref = gnttab_grant(peer.c.id, virt_to_mfn(page), 0);
        handle = peer_call(&peer, pg_map, ref, 0, GNTMAP_host_map | GNTMAP_device_map, 0);
        REQUIRE(handle >= 0);
        EXPECT_EQ(half ? peer_call(&peer, pg_unmap, (unsigned long)handle, 0, 0)
                       : gt_unmap(NO_HANDLE, 0, 0),
                  half ? GNTST_okay : GNTST_bad_handle);
        EXPECT_EQ(gnttab_abi->query_foreign_access(ref), GTF_reading | GTF_writing);
        EXPECT_EQ(peer_stop(&peer), 0);
        EXPECT_EQ(gnttab_abi->query_foreign_access(ref), 0);
        EXPECT(gnttab_end(ref));
        /* Nobody's right to write is left on it. */
        REQUIRE_EQ(pt_set_readonly(page), 0);
        EXPECT_EQ(pin_l1(bus >> PAGE_SHIFT, true), 0);
        EXPECT_EQ(pin_l1(bus >> PAGE_SHIFT, false), 0);
        REQUIRE_EQ(pt_set_writable(page), 0);
    }
    page_free(page, 1);
}

/* In the child: its entry leads to dom0's. */
static long relay(const unsigned long *arg)
{
    return gnttab_grant_transitive(0, GTF_readonly, (domid_t)arg[0], (grant_ref_t)arg[1]);
}

/* What fails beyond the first entry of two gives back what the first had. */
TEST(xsa_411_transitive_failures)
{
    unsigned char *page = page_alloc(1);
    struct gnttab_copy op = { .len = 64, .flags = GNTCOPY_source_gref };
    struct gnttab_set_version v = { .version = 1 };
    grant_ref_t base, other;
    long via[4];

    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(2), 0);
    REQUIRE_EQ(pg_start(&peer, 2, NULL), 0);
    base = gnttab_grant(peer.c.id, 0xfffffff, GTF_readonly); /* no such frame */
    other = gnttab_grant(7, virt_to_mfn(page), GTF_readonly);
    via[0] = peer_call(&peer, relay, 0, base);
    via[1] = peer_call(&peer, relay, 0, other);
    via[2] = peer_call(&peer, relay, 0, ~0u);
    via[3] = peer_call(&peer, relay, NO_SUCH_DOMAIN, base);
    for (unsigned int i = 0; i < 400; i++) {
        op.source.u.ref = (grant_ref_t)via[i % 4];
        op.source.domid = peer.c.id;
        op.dest.domid = DOMID_SELF;
        op.dest.u.gmfn = virt_to_mfn(page);
        REQUIRE_EQ(hv_grant_table_op(GNTTABOP_copy, &op, 1), 0);
        EXPECT(op.status < 0);
    }
    for (unsigned int i = 0; i < 4; i++) {
        EXPECT_EQ(peer_call(&peer, pg_end, (unsigned long)via[i]), 1);
    }
    EXPECT_EQ(peer_call(&peer, back_to_1, 0), 0);
    EXPECT(gnttab_end(base));
    EXPECT(gnttab_end(other));
    EXPECT_EQ(peer_stop(&peer), 0);
    gnttab_suspend();
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_set_version, &v, 1), 0);
    gnttab_resume();
    EXPECT_EQ(gt_use(1), 0);
    page_free(page, 1);
}
