/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants between dom0 and a child, each granting to the other: mapping, rights, copies. Each under
 * both versions of the entries, on both sides.
 */
#define SUITE "gnttab_pair"
#include "gnttab_peer.h"

static struct peer peer;

#define BOTH(what)                                                                                 \
    static void what##_on(domid_t peer_id);                                                        \
    TEST(what)                                                                                     \
    {                                                                                              \
        GT_EACH_VERSION (version) {                                                                \
            REQUIRE_EQ(gt_use(version), 0);                                                        \
            REQUIRE_EQ(pg_start(&peer, version, NULL), 0);                                         \
            what##_on(peer.c.id);                                                                  \
            EXPECT_EQ(peer_stop(&peer), 0);                                                        \
        }                                                                                          \
        EXPECT_EQ(gt_use(1), 0);                                                                   \
    }                                                                                              \
    static void what##_on(domid_t peer_id)

BOTH(dom0_maps)
{
    grant_ref_t ref = (grant_ref_t)peer_call(&peer, pg_grant, 0, 0, 0);
    volatile unsigned char *va = (void *)gt_window(1);
    struct gnttab_map_grant_ref op;

    EXPECT_EQ(peer_call(&peer, pg_fill, 0, 0x5a), 0);
    REQUIRE_EQ(gt_map(&op, ref, peer_id, GNTMAP_host_map, (unsigned long)va), GNTST_okay);
    EXPECT_EQ(op.dev_bus_addr >> PAGE_SHIFT, peer_call(&peer, pg_mfn, 0));
    EXPECT_EQ(va[4095], 0x5a);
    va[17] = 0x77;
    EXPECT_EQ(peer_call(&peer, pg_get, 0, 17), 0x77);
    EXPECT_EQ(peer_call(&peer, pg_query, ref), GTF_reading | GTF_writing);
    EXPECT_EQ(peer_call(&peer, pg_end, ref), 0);
    EXPECT_EQ(gt_unmap(op.handle, (unsigned long)va, 0), GNTST_okay);
    EXPECT_EQ(peer_call(&peer, pg_query, ref), 0);
    EXPECT_EQ(peer_call(&peer, pg_end, ref), 1);
    EXPECT_EQ(gt_map(&op, ref, peer_id, GNTMAP_host_map, (unsigned long)va), GNTST_general_error);
}

BOTH(child_maps)
{
    unsigned char *page = page_alloc(1);
    grant_ref_t ref = gnttab_grant(peer_id, virt_to_mfn(page), 0);
    long handle;

    page[99] = 0x42;
    handle = peer_call(&peer, pg_map, ref, 0, GNTMAP_host_map, 1);
    REQUIRE(handle >= 0);
    EXPECT_EQ(peer_call(&peer, pg_read, 1, 99), 0x42);
    EXPECT_EQ(peer_call(&peer, pg_write, 1, 100, 0x43), 0);
    EXPECT_EQ(*(volatile unsigned char *)&page[100], 0x43);
    EXPECT_EQ(gnttab_abi->query_foreign_access(ref), GTF_reading | GTF_writing);
    EXPECT_EQ(peer_call(&peer, pg_unmap, (unsigned long)handle, 1, 0), GNTST_okay);
    EXPECT_EQ(peer_call(&peer, pg_pte, 1) & PTE_P, 0);
    EXPECT_EQ(gnttab_abi->query_foreign_access(ref), 0);
    EXPECT(gnttab_end(ref));
    page_free(page, 1);
}

BOTH(read_only)
{
    unsigned char *page = page_alloc(1);
    grant_ref_t ref = gnttab_grant(peer_id, virt_to_mfn(page), GTF_readonly);
    unsigned long pte;
    long handle;

    EXPECT_EQ(peer_call(&peer, pg_map, ref, 0, GNTMAP_host_map, 1), GNTST_general_error);
    handle = peer_call(&peer, pg_map, ref, 0, GNTMAP_host_map | GNTMAP_readonly, 1);
    REQUIRE(handle >= 0);
    EXPECT_EQ(gnttab_abi->query_foreign_access(ref), GTF_reading);
    pte = (unsigned long)peer_call(&peer, pg_pte, 1);
    EXPECT_EQ(pte & (PTE_P | PTE_W), PTE_P);
    /* The right to write is not to be had by an entry of one's own making. */
    EXPECT(peer_call(&peer, pg_set_pte, 1, pte | PTE_W) < 0);
    EXPECT_EQ(peer_call(&peer, pg_pte, 1), pte);
    EXPECT_EQ(peer_call(&peer, pg_unmap, (unsigned long)handle, 1, 0), GNTST_okay);
    /* Nor is any mapping, without a grant. */
    EXPECT(peer_call(&peer, pg_set_pte, 1, pte) < 0);
    EXPECT_EQ(peer_call(&peer, pg_pte, 1) & PTE_P, 0);
    EXPECT(gnttab_end(ref));
    page_free(page, 1);
}

/* An entry is for the domain that it names. */
BOTH(wrong_grantee)
{
    unsigned char *page = page_alloc(1);
    grant_ref_t ours = gnttab_grant(0, virt_to_mfn(page), 0);
    grant_ref_t theirs = (grant_ref_t)peer_call(&peer, pg_grant, 0, 7, 0);
    unsigned long va = gt_window(1);
    struct gnttab_map_grant_ref op;

    EXPECT_EQ(peer_call(&peer, pg_map, ours, 0, GNTMAP_host_map, 1), GNTST_general_error);
    EXPECT_EQ(peer_call(&peer, pg_copy, 0, ours, DOMID_SELF, 1), GNTST_general_error);
    EXPECT_EQ(gt_map(&op, theirs, peer_id, GNTMAP_host_map, va), GNTST_general_error);
    /* A frame of somebody else's is none to grant. */
    EXPECT_EQ(peer_call(&peer, pg_regrant, theirs, 0, 0, 0), 0);
    gnttab_abi->update_entry(ours, peer_id, (unsigned long)peer_call(&peer, pg_mfn, 1),
                             GTF_permit_access);
    EXPECT_EQ(peer_call(&peer, pg_map, ours, 0, GNTMAP_host_map, 1), GNTST_bad_page);
    EXPECT_EQ(gnttab_abi->query_foreign_access(ours), 0);
    EXPECT(gnttab_end(ours));
    page_free(page, 1);
}

/* Every end of a copy, by either domain: grants of both, pages of the caller. */
BOTH(copies)
{
    unsigned char *page = page_alloc(2);
    grant_ref_t ours = gnttab_grant(peer_id, virt_to_mfn(page), 0);
    grant_ref_t theirs = (grant_ref_t)peer_call(&peer, pg_grant, 0, 0, 0);
    grant_ref_t other = (grant_ref_t)peer_call(&peer, pg_grant, 1, 0, 0);
    struct gnttab_copy op[2] = { { .source.u.ref = theirs,
                                   .source.domid = peer_id,
                                   .dest.u.gmfn = virt_to_mfn(page),
                                   .dest.domid = DOMID_SELF,
                                   .dest.offset = 64,
                                   .len = 64,
                                   .flags = GNTCOPY_source_gref },
                                 { .source.u.ref = theirs,
                                   .source.domid = peer_id,
                                   .dest.u.ref = other,
                                   .dest.domid = peer_id,
                                   .dest.offset = 1000,
                                   .len = 3000,
                                   .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref } };

    memset(page, 0x11, PAGE_SIZE);
    EXPECT_EQ(peer_call(&peer, pg_fill, 0, 0x99), 0);
    /* By the child: ours to its page, its page to ours, and ours to ours. */
    EXPECT_EQ(peer_call(&peer, pg_copy, 0, ours, DOMID_SELF, 0), GNTST_okay);
    EXPECT_EQ(peer_call(&peer, pg_get, 0, 128), 0x11);
    EXPECT_EQ(peer_call(&peer, pg_get, 0, 192), 0x99);
    EXPECT_EQ(peer_call(&peer, pg_copy, DOMID_SELF, 0, 0, ours), GNTST_okay);
    EXPECT_EQ(*(volatile unsigned char *)&page[191], 0x99);
    EXPECT_EQ(*(volatile unsigned char *)&page[192], 0x11);
    /* By us: its grant to our page, and between two of its grants. */
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, op, 2), 0);
    EXPECT_EQ(op[0].status, GNTST_okay);
    EXPECT_EQ(op[1].status, GNTST_okay);
    EXPECT_EQ(*(volatile unsigned char *)&page[64], 0x99);
    EXPECT_EQ(peer_call(&peer, pg_get, 1, 1000), 0x99);
    EXPECT_EQ(peer_call(&peer, pg_get, 1, 3999), 0x99);
    EXPECT_EQ(peer_call(&peer, pg_get, 1, 4000), 0);
    EXPECT_EQ(gnttab_abi->query_foreign_access(ours), 0);
    EXPECT_EQ(peer_call(&peer, pg_query, theirs), 0);
    EXPECT_EQ(peer_call(&peer, pg_query, other), 0);
    EXPECT(gnttab_end(ours));
    page_free(page, 2);
}

static long dump_answer(const unsigned long *arg)
{
    struct gnttab_dump_table op = { .dom = (domid_t)arg[0], .status = 1 };
    long rc = hv_grant_table_op(GNTTABOP_dump_table, &op, (unsigned int)arg[1]);

    return rc ? rc : op.status;
}

/* Nobody has a table printed, of whichever domain, whatever the array is. */
TEST(dump_table)
{
    static const domid_t whose[] = { DOMID_SELF, 0, 0x7000, DOMID_XEN };

    REQUIRE_EQ(pg_start(&peer, 1, NULL), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(whose); i++) {
        for (unsigned long count = 0; count < 3; count++) {
            EXPECT_EQ(dump_answer((const unsigned long[]){ whose[i], count }), -ENOSYS);
            EXPECT_EQ(peer_call(&peer, dump_answer, whose[i], count), -ENOSYS);
        }
    }
    EXPECT_EQ(dump_answer((const unsigned long[]){ peer.c.id, 1 }), -ENOSYS);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_dump_table, (void *)8, 1), -ENOSYS);
    EXPECT_EQ(peer_stop(&peer), 0);
}
