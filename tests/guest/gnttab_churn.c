/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many mappings, and tables that change while they are used: handles of two vCPUs, 100,000 maps,
 * versions, acquisitions and transfers against each other.
 */
#define SUITE "gnttab_churn"
#include "gnttab_peer.h"

#include <public/memory.h>

#define BATCH 125u /* mappings of an entry: 4.17 has room for 128 */
#define LOTS  100000u

static struct peer peer;
static volatile unsigned long stop, turns;

/* Page-table entries for nr pages from va on, empty. */
static bool tables_for(unsigned long at, unsigned long nr)
{
    for (unsigned long i = 0; i < nr; i += 512) {
        if (pt_map(at + i * PAGE_SIZE, 0)) {
            return false;
        }
    }
    return pt_map(at + (nr - 1) * PAGE_SIZE, 0) == 0;
}

static unsigned int map_batch(struct gnttab_map_grant_ref *op, grant_ref_t ref, unsigned long va,
                              unsigned int nr)
{
    unsigned int good = 0;

    for (unsigned int i = 0; i < nr; i++) {
        op[i] = (struct gnttab_map_grant_ref){ .host_addr = va + i * PAGE_SIZE,
                                               .flags = GNTMAP_host_map,
                                               .ref = ref };
    }
    if (hv_grant_table_op(GNTTABOP_map_grant_ref, op, nr)) {
        return 0;
    }
    for (unsigned int i = 0; i < nr; i++) {
        good += op[i].status == GNTST_okay;
    }
    return good;
}

static unsigned int unmap_batch(const grant_handle_t *handle, unsigned long va, unsigned int nr)
{
    struct gnttab_unmap_grant_ref op[BATCH];
    unsigned int good = 0;

    for (unsigned int i = 0; i < nr; i++) {
        op[i] = (struct gnttab_unmap_grant_ref){ .host_addr = va + i * PAGE_SIZE,
                                                 .handle = handle[i] };
    }
    if (hv_grant_table_op(GNTTABOP_unmap_grant_ref, op, nr)) {
        return 0;
    }
    for (unsigned int i = 0; i < nr; i++) {
        good += op[i].status == GNTST_okay;
    }
    return good;
}

static struct lot {
    grant_ref_t ref;
    unsigned long va;
    unsigned int nr, good;
    grant_handle_t *handle;
} lots[2];

static void map_lot(struct lot *l)
{
    struct gnttab_map_grant_ref op[BATCH];

    l->good = 0;
    for (unsigned int i = 0; i < l->nr; i += BATCH) {
        l->good += map_batch(op, l->ref + i / BATCH, l->va + i * PAGE_SIZE, BATCH);
        for (unsigned int j = 0; j < BATCH; j++) {
            l->handle[i + j] = op[j].handle;
        }
    }
}

static void unmap_lot(struct lot *l)
{
    l->good = 0;
    for (unsigned int i = 0; i < l->nr; i += BATCH) {
        l->good += unmap_batch(l->handle + i, l->va + i * PAGE_SIZE, BATCH);
    }
}

static void map_other(void *arg)
{
    map_lot(arg);
}

static void unmap_other(void *arg)
{
    unmap_lot(arg);
}

/* References [first, first + nr) all of one page. */
static void grant_many(grant_ref_t first, unsigned int nr, const void *page)
{
    for (unsigned int i = 0; i < nr; i++) {
        gnttab_abi->update_entry(first + i, 0, virt_to_mfn(page), GTF_permit_access);
    }
}

static bool end_many(grant_ref_t first, unsigned int nr)
{
    bool all = true;

    for (unsigned int i = 0; i < nr; i++) {
        all &= gnttab_abi->end_foreign_access(first + i);
    }
    return all;
}

/* No handle is given twice, and the other vCPU may give it back. */
TEST(xsa_228_handles_of_two_vcpus)
{
    enum { EACH = 2500 };
    uint8_t *seen = malloc(1u << 18);
    void *page = page_alloc(1);

    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE(seen && page);
    grant_many(100, 2 * EACH / BATCH, page);
    for (unsigned int i = 0; i < 2; i++) {
        lots[i] = (struct lot){ .ref = 100 + i * (EACH / BATCH), .nr = EACH };
        lots[i].va = pt_vmap_reserve(EACH);
        lots[i].handle = malloc(EACH * sizeof(grant_handle_t));
        REQUIRE(lots[i].handle && tables_for(lots[i].va, EACH));
    }
    for (unsigned int round = 0; round < 2; round++) {
        memset(seen, 0, 1u << 18);
        REQUIRE_EQ(smp_start(1, map_other, &lots[1]), 0);
        map_lot(&lots[0]);
        REQUIRE_EQ(smp_join(1), 0);
        EXPECT_EQ(lots[0].good, EACH);
        EXPECT_EQ(lots[1].good, EACH);
        for (unsigned int i = 0; i < 2 * EACH; i++) {
            grant_handle_t h = lots[i / EACH].handle[i % EACH];

            REQUIRE(h < 1u << 18 && !seen[h]);
            seen[h] = 1;
        }
        REQUIRE_EQ(smp_start(1, unmap_other, &lots[0]), 0);
        unmap_lot(&lots[1]);
        REQUIRE_EQ(smp_join(1), 0);
        EXPECT_EQ(lots[0].good, EACH);
        EXPECT_EQ(lots[1].good, EACH);
    }
    EXPECT(end_many(100, 2 * EACH / BATCH));
    for (unsigned int i = 0; i < 2; i++) {
        free(lots[i].handle);
    }
    free(seen);
    page_free(page, 1);
}

TEST(hundred_thousand_maps)
{
    struct lot l = { .ref = 10, .nr = LOTS, .va = pt_vmap_reserve(LOTS) };
    void *page = page_alloc(1);

    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(gnttab_grow(2), 0);
    l.handle = malloc(LOTS * sizeof(grant_handle_t));
    REQUIRE(page && l.handle && tables_for(l.va, LOTS));
    grant_many(l.ref, LOTS / BATCH, page);
    map_lot(&l);
    EXPECT_EQ(l.good, LOTS);
    EXPECT_EQ(gnttab_abi->query_foreign_access(l.ref + LOTS / BATCH - 1),
              GTF_reading | GTF_writing);
    unmap_lot(&l);
    EXPECT_EQ(l.good, LOTS);
    EXPECT(end_many(l.ref, LOTS / BATCH));
    EXPECT_EQ(pt_set_readonly(page), 0);
    EXPECT_EQ(pt_set_writable(page), 0);
    free(l.handle);
    page_free(page, 1);
}

static long set_version(uint32_t version)
{
    struct gnttab_set_version v = { .version = version };

    return hv_grant_table_op(GNTTABOP_set_version, &v, 1);
}

static volatile unsigned long changes;

static void change_versions(void *arg)
{
    (void)arg;
    for (; !stop; turns++) {
        changes += set_version(1 + (turns & 1)) == 0;
    }
}

/* dom0's table under maps and copies while its version changes; what is in use keeps it. */
TEST(xsa_501_version_against_maps)
{
    const grant_ref_t ref = 40;
    unsigned long table, va = gt_window(2), frame;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    volatile union grant_entry_v2 *v2;
    volatile grant_entry_v1_t *v1;
    void *page = page_alloc(1);
    unsigned int mapped = 0;

    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(1), 0);
    gnttab_suspend();
    set_xen_guest_handle(setup.frame_list, (xen_pfn_t *)&frame);
    REQUIRE_EQ(hv_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    table = gt_window(1);
    REQUIRE_EQ(pt_map(table, pte_make(frame, PTE_KERN)), 0);
    v1 = (void *)table;
    v2 = (void *)table;
    stop = turns = changes = 0;
    REQUIRE_EQ(smp_start(1, change_versions, NULL), 0);
    for (unsigned int i = 0; i < 500 || !changes; i++) {
        struct gnttab_map_grant_ref op;
        long st;

        if (i & 1) {
            v1[ref].frame = (uint32_t)virt_to_mfn(page);
            v1[ref].domid = 0;
            v1[ref].flags = GTF_permit_access;
        } else {
            v2[ref].full_page.frame = virt_to_mfn(page);
            v2[ref].hdr.domid = 0;
            v2[ref].hdr.flags = GTF_permit_access;
        }
        st = gt_map(&op, ref, 0, GNTMAP_host_map, va);
        EXPECT(st == GNTST_okay || st == GNTST_general_error || st == GNTST_bad_page);
        if (st == GNTST_okay) {
            mapped++;
            /* It has one version, and keeps it. */
            EXPECT((set_version(1) == -EBUSY) != (set_version(2) == -EBUSY));
            EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_okay);
        }
        gt_copy(ref, 0, virt_to_mfn(page), 64, 64, GNTCOPY_source_gref);
    }
    stop = 1;
    EXPECT_EQ(smp_join(1), 0);
    EXPECT(mapped > 0);
    /* Nothing is left in use: the version may change. */
    EXPECT_EQ(set_version(2), 0);
    EXPECT_EQ(set_version(1), 0);
    EXPECT_EQ(pt_unmap(table), 0);
    gnttab_resume();
    EXPECT_EQ(pt_set_readonly(page), 0);
    EXPECT_EQ(pt_set_writable(page), 0);
    page_free(page, 1);
}

/* In the child: its version changes over and over; how often it did. */
static long change_many(const unsigned long *arg)
{
    long done = 0;

    gnttab_suspend();
    for (unsigned long i = 0; i < arg[0]; i++) {
        done += set_version(1 + (i & 1)) == 0;
    }
    return done;
}

TEST(xsa_379_acquire_against_version)
{
    xen_pfn_t list[2];
    struct xen_mem_acquire_resource x = { .type = XENMEM_resource_grant_table };
    unsigned long va = gt_window(1);
    long free, done;

    if (!test_on_corbel()) {
        SKIP("4.17 frees a frame that is being mapped now and then, and stops");
    }
    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(gt_use(1), 0);
    free = child_settle();
    REQUIRE_EQ(pg_start(&peer, 2, NULL), 0);
    x.domid = peer.c.id;
    set_xen_guest_handle(x.frame_list, list);
    peer_post(&peer, change_many, 2000);
    for (unsigned int i = 0; i < 1000; i++) {
        long rc;

        x.id = i & 1 ? XENMEM_resource_grant_table_id_status
                     : XENMEM_resource_grant_table_id_shared;
        x.nr_frames = 1;
        x.frame = i & 2 ? 3 : 0;
        rc = hv_memory_op(XENMEM_acquire_resource, &x);
        EXPECT(rc == 0 || rc == -EINVAL);
        /* The frame may be gone again by now. */
        if (!rc && !pt_map_foreign(va, pte_make(list[0], PTE_KERN), x.domid)) {
            EXPECT_EQ(pt_unmap(va), 0);
        }
    }
    done = peer_answer(&peer);
    EXPECT(done > 0);
    EXPECT_EQ(peer_stop(&peer), 0);
    EXPECT(child_settles_to(free));
}

/* A page that is given while its receiver changes version comes, or the giver is told. */
TEST(xsa_73_transfer_against_version)
{
    struct xen_domctl_getdomaininfo info;
    unsigned long had, came = 0;
    struct xen_domctl op;

    GT_NEEDS_TRANSFER();
    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    REQUIRE_EQ(child_info(peer.c.id, &info), 0);
    had = info.tot_pages;
    child_domctl_init(&op, XEN_DOMCTL_max_mem, peer.c.id);
    op.u.max_mem.max_memkb = (had + 64) * (PAGE_SIZE / 1024);
    REQUIRE_EQ(hv_domctl(&op), 0);
    /* A reserved entry is carried over from version to version. */
    peer_call(&peer, pg_accept, 0, 5);
    peer_post(&peer, change_many, 2000);
    for (unsigned int i = 0; i < 50; i++) {
        void *page = page_alloc(1);
        struct gnttab_transfer t = { .mfn = virt_to_mfn(page), .ref = 8 + i };

        t.domid = peer.c.id;
        REQUIRE_EQ(pt_unmap((unsigned long)page), 0);
        EXPECT_EQ(hv_grant_table_op(GNTTABOP_transfer, &t, 1), 0);
        EXPECT(t.status == GNTST_okay || t.status == GNTST_general_error);
        came += t.status == GNTST_okay;
    }
    EXPECT(peer_answer(&peer) > 0);
    REQUIRE_EQ(child_info(peer.c.id, &info), 0);
    EXPECT_EQ(info.tot_pages, had + came);
    EXPECT_EQ(peer_stop(&peer), 0);
}

static void store(void *at)
{
    ++*(volatile unsigned long *)at;
}

static volatile unsigned long faulted;

/* Writes until the mapping is really gone. */
static void write_on(void *at)
{
    struct trap_catch c;

    for (; !stop; turns++) {
        if (trap_call(&c, store, at)) {
            faulted = 1;
            return;
        }
    }
}

/* The giver took its mapping away without a flush: no vCPU of it writes to the page any more. */
TEST(xsa_217_stale_mapping_of_a_given_page)
{
    struct xen_domctl op;
    grant_ref_t ref;

    GT_NEEDS_TRANSFER();
    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    child_domctl_init(&op, XEN_DOMCTL_max_mem, peer.c.id);
    op.u.max_mem.max_memkb = (peer.c.nr_pages + 8) * (PAGE_SIZE / 1024);
    REQUIRE_EQ(hv_domctl(&op), 0);
    for (unsigned int i = 0; i < 4; i++) {
        struct gnttab_transfer t = { .domid = peer.c.id };
        void *page = page_alloc(1);

        t.mfn = virt_to_mfn(page);
        ref = t.ref = (grant_ref_t)peer_call(&peer, pg_accept, 0, 5 + i);
        stop = turns = faulted = 0;
        REQUIRE_EQ(smp_start(1, write_on, page), 0);
        EXPECT(time_wait_flag(&turns, 10 * NSEC_PER_SEC));
        REQUIRE_EQ(hv_update_va_mapping((unsigned long)page, 0, UVMF_NONE), 0);
        EXPECT_EQ(hv_grant_table_op(GNTTABOP_transfer, &t, 1), 0);
        EXPECT_EQ(t.status, GNTST_okay);
        EXPECT_EQ(peer_call(&peer, pg_accepted, ref), t.mfn);
        EXPECT_EQ(peer_call(&peer, pg_is_still, 0), 1);
        EXPECT(time_wait_flag(&faulted, 10 * NSEC_PER_SEC));
        stop = 1;
        EXPECT_EQ(smp_join(1), 0);
    }
    EXPECT_EQ(peer_stop(&peer), 0);
}

/* --- a handle that one vCPU gives back, and gets again, while the other unmaps it --- */

#define HELD 100u

static volatile grant_handle_t contested, tried;

static void unmap_contested(void *arg)
{
    (void)arg;
    for (; !stop; turns++) {
        grant_handle_t handle = contested;

        tried = handle;
        gt_unmap(handle, 0, 0);
    }
}

/* For devices, so that no TLB flush waits for the other vCPU. */
static long map_device(struct gnttab_map_grant_ref *op, long ref, unsigned long dom)
{
    return gt_map(op, (grant_ref_t)ref, (domid_t)dom, GNTMAP_device_map, 0);
}

/* The other vCPU is about to unmap it, or has begun to, some microseconds ago. */
static void contend_for(grant_handle_t handle, unsigned int us)
{
    uint64_t end = time_now() + NSEC_PER_SEC;

    contested = handle;
    while (tried != handle && time_now() < end) {
        __asm__ volatile("pause");
    }
    for (end = time_now() + us * NSEC_PER_USEC; time_now() < end;) {
        __asm__ volatile("pause");
    }
}

/*
 * In the child: so many mappings come and go that lists of free handles change their owner, with
 * the last of them. For each that goes the other vCPU has found that it is mapped, where
 * interleave=gnttab.unmap.mapped has that vCPU's CPU wait.
 */
static long contest(const unsigned long *arg)
{
    static struct gnttab_map_grant_ref held[HELD];
    uint64_t end = time_now() + arg[0] * NSEC_PER_MSEC;
    long ref = gnttab_grant((domid_t)arg[1], virt_to_mfn(page_alloc(1)), 0), rc;

    stop = turns = 0;
    contested = NO_HANDLE;
    rc = smp_start(1, unmap_contested, NULL);
    for (unsigned int round = 0; !rc && time_now() < end; round++) {
        for (unsigned int i = 0; !rc && i < HELD; i++) {
            rc = map_device(&held[i], ref, arg[1]);
        }
        for (unsigned int i = 0; !rc && i < HELD; i++) {
            contend_for(held[i].handle, round % 8 * 20);
            gt_unmap(held[i].handle, 0, held[i].dev_bus_addr);
        }
    }
    stop = 1;
    rc = rc ? rc : smp_join(1);
    return rc ? rc : !gnttab_end((grant_ref_t)ref);
}

/* Each vCPU of the peer has a CPU of its own. */
static long spread(struct peer *p, unsigned int vcpus)
{
    long rc = 0;

    for (unsigned int i = 0; !rc && i < vcpus; i++) {
        uint64_t mask = 1ull << i;
        struct xen_domctl op;

        child_domctl_init(&op, XEN_DOMCTL_setvcpuaffinity, p->c.id);
        op.u.vcpuaffinity.vcpu = i;
        op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
        set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)&mask);
        op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
        rc = hv_domctl(&op);
    }
    return rc;
}

TEST(handle_between_two_vcpus)
{
    REQUIRE_EQ(pg_start(&peer, 1, &(struct child_options){ .vcpus = 2 }), 0);
    REQUIRE_EQ(spread(&peer, 2), 0);
    EXPECT_EQ(peer_call(&peer, contest, 1500, peer.c.id), 0);
    EXPECT_EQ(peer_stop(&peer), 0);
}
