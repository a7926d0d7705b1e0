/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a domain that others have mapped, and of one that has mapped others.
 */
#define SUITE "gnttab_death"
#include "gnttab_peer.h"

static struct peer peer;

static bool gone(domid_t id)
{
    uint64_t limit = time_now() + 10 * NSEC_PER_SEC;
    struct xen_domctl_getdomaininfo info;

    while (child_info(id, &info) == 0) {
        if (time_now() > limit) {
            return false;
        }
        time_sleep(NSEC_PER_MSEC);
    }
    return true;
}

/* The granter dies while dom0 has its page: the page stays as it is until it is unmapped. */
static void granter_dies(unsigned int version)
{
    volatile unsigned char *va = (void *)gt_window(2);
    struct xen_domctl_getdomaininfo info;
    struct gnttab_map_grant_ref op, late;
    grant_ref_t ref, second;
    domid_t id;

    REQUIRE_EQ(pg_start(&peer, version, NULL), 0);
    id = peer.c.id;
    ref = (grant_ref_t)peer_call(&peer, pg_grant, 0, 0, 0);
    second = (grant_ref_t)peer_call(&peer, pg_grant, 1, 0, 0);
    EXPECT_EQ(peer_call(&peer, pg_fill, 0, 0x5a), 0);
    REQUIRE_EQ(gt_map(&op, ref, id, GNTMAP_host_map, (unsigned long)va), GNTST_okay);
    child_collect(&peer.c);
    pt_unmap(peer.c.console_va);
    peer.c.console = NULL;
    EXPECT_EQ(peer_kill(&peer), 0);
    EXPECT_EQ(child_info(id, &info), 0);
    EXPECT(info.flags & XEN_DOMINF_dying);
    EXPECT_EQ(va[4095], 0x5a);
    va[1] = 0x5b;
    EXPECT_EQ(va[1], 0x5b);
    /* Nothing new of a dying domain's. */
    EXPECT(gt_map(&late, second, id, GNTMAP_host_map, (unsigned long)va + PAGE_SIZE) < 0);
    EXPECT_EQ(gt_unmap(op.handle, (unsigned long)va, 0), GNTST_okay);
    EXPECT(gone(id));
    EXPECT_EQ(gt_unmap(op.handle, (unsigned long)va, 0), GNTST_bad_handle);
    EXPECT_EQ(gt_map(&op, ref, id, GNTMAP_host_map, (unsigned long)va), GNTST_bad_domain);
    EXPECT_EQ(peer_stop(&peer), -ESRCH);
}

TEST(granter_dies_while_mapped)
{
    REQUIRE_EQ(gt_use(1), 0);
    GT_EACH_VERSION (version) {
        granter_dies(version);
    }
}

#define MANY      4096ul
#define MANY_REFS 64ul /* each mapped MANY / MANY_REFS times */

/* In the child: maps references from `first` on, of dom0's, over and over; how many it has. */
static long map_many(const unsigned long *arg)
{
    static struct gnttab_map_grant_ref op[MANY_REFS];
    unsigned long va = gt_window(MANY), nr = 0;

    for (unsigned long i = 0; va && i < MANY; i += MANY_REFS) {
        for (unsigned long j = 0; j < MANY_REFS; j++) {
            op[j] = (struct gnttab_map_grant_ref){
                .host_addr = va + (i + j) * PAGE_SIZE,
                .ref = (grant_ref_t)(arg[0] + j),
                .flags = GNTMAP_host_map | (j % 4 == 3 ? GNTMAP_device_map : 0) |
                         (j % 2 ? GNTMAP_readonly : 0),
            };
        }
        if (hv_grant_table_op(GNTTABOP_map_grant_ref, op, MANY_REFS)) {
            break;
        }
        for (unsigned long j = 0; j < MANY_REFS; j++) {
            nr += op[j].status == GNTST_okay;
        }
    }
    return (long)nr;
}

/* The mapper dies: each pin goes back, and the granter may go on with its pages. */
static void mapper_dies(unsigned int version)
{
    struct child_options o = { .maptrack_frames = MANY / 256 };
    char *pages = page_alloc(MANY_REFS);
    unsigned long va = gt_window(1);
    struct gnttab_map_grant_ref op;
    grant_ref_t first, ref = 0;
    long free;
    domid_t id;

    REQUIRE_EQ(gt_use(version), 0);
    REQUIRE(pages != NULL);
    /* Entries side by side, away from the free list's; used once, so that their records are there.
     */
    first = gnttab_frames() * gnttab_abi->per_frame - MANY_REFS;
    gnttab_abi->update_entry(first, 0, virt_to_mfn(pages), GTF_permit_access);
    REQUIRE_EQ(gt_map(&op, first, 0, GNTMAP_host_map, va), GNTST_okay);
    EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_okay);
    free = child_settle();
    REQUIRE_EQ(pg_start(&peer, 1, &o), 0);
    id = peer.c.id;
    for (unsigned long i = 0; i < MANY_REFS; i++) {
        gnttab_abi->update_entry(first + i, id, virt_to_mfn(pages + i * PAGE_SIZE),
                                 GTF_permit_access);
    }
    EXPECT(peer_call(&peer, map_many, first) >= (long)MANY - 1); /* 4.17 keeps one handle */
    peer_call(&peer, pg_map, first, 0, GNTMAP_host_map, 1);
    EXPECT_EQ(peer_call(&peer, pg_map, first, 0, GNTMAP_host_map, 0), GNTST_no_space);
    EXPECT_EQ(gnttab_abi->query_foreign_access(first), GTF_reading | GTF_writing);
    EXPECT_EQ(gnttab_abi->query_foreign_access(first + 1), GTF_reading);
    EXPECT_EQ(peer_stop(&peer), 0);
    for (ref = first; ref < first + MANY_REFS; ref++) {
        EXPECT_EQ(gnttab_abi->query_foreign_access(ref), 0);
        EXPECT(gnttab_abi->end_foreign_access(ref));
    }
    /* No page keeps a right of a mapping that is gone. */
    for (unsigned long i = 0; i < MANY_REFS; i++) {
        EXPECT_EQ(pt_set_readonly(pages + i * PAGE_SIZE), 0);
        EXPECT_EQ(pt_set_writable(pages + i * PAGE_SIZE), 0);
    }
    page_free(pages, MANY_REFS);
    EXPECT(child_settles_to(free));
}

TEST(xsa_380_mapper_dies_with_thousands)
{
    GT_EACH_VERSION (version) {
        mapper_dies(version);
    }
    EXPECT_EQ(gt_use(1), 0);
}

/* Two that have each other's page die together. */
TEST(both_die)
{
    static struct peer two;
    long free, mine, theirs;
    domid_t a, b;

    REQUIRE_EQ(gt_use(1), 0);
    free = child_settle();
    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    REQUIRE_EQ(pg_start(&two, gt_versions(), NULL), 0);
    a = peer.c.id;
    b = two.c.id;
    mine = peer_call(&peer, pg_grant, 0, b, 0);
    theirs = peer_call(&two, pg_grant, 0, a, GTF_readonly);
    EXPECT(peer_call(&peer, pg_map, theirs, b, GNTMAP_host_map | GNTMAP_readonly, 0) >= 0);
    EXPECT(peer_call(&two, pg_map, mine, a, GNTMAP_host_map | GNTMAP_device_map, 0) >= 0);
    /* One's own page, too. */
    mine = peer_call(&peer, pg_grant, 1, a, 0);
    EXPECT(peer_call(&peer, pg_map, mine, a, GNTMAP_host_map, 1) >= 0);
    pt_unmap(peer.c.console_va);
    peer.c.console = NULL;
    EXPECT_EQ(peer_kill(&peer), 0);
    EXPECT_EQ(peer_stop(&two), 0);
    EXPECT(gone(a));
    EXPECT(gone(b));
    EXPECT_EQ(peer_stop(&peer), -ESRCH);
    EXPECT(child_settles_to(free));
}
