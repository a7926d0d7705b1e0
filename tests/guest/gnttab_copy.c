/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies: every mix of frames and grants, page ends, rights, sub-page and transitive entries, and
 * batches.
 */
#define SUITE "gnttab_copy"
#include <guest/cmdline.h>
#include "gnttab_test.h"
#include "child.h"

#define BOTH_GREFS (GNTCOPY_source_gref | GNTCOPY_dest_gref)

static uint8_t *from, *to;

static bool begin(unsigned int version)
{
    if (!EXPECT_EQ(gt_use(version), 0)) {
        return false;
    }
    from = from ? from : page_alloc(1);
    to = to ? to : page_alloc(1);
    if (!EXPECT(from && to)) {
        return false;
    }
    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        from[i] = (uint8_t)(i * 7 + 1);
    }
    memset(to, 0, PAGE_SIZE);
    return true;
}

static void mixes(unsigned int version)
{
    grant_ref_t src, dst;

    REQUIRE(begin(version));
    src = gnttab_grant(0, virt_to_mfn(from), GTF_readonly);
    dst = gnttab_grant(0, virt_to_mfn(to), 0);
    for (unsigned int flags = 0; flags < 4; flags++) {
        unsigned long a = flags & GNTCOPY_source_gref ? src : virt_to_mfn(from);
        unsigned long b = flags & GNTCOPY_dest_gref ? dst : virt_to_mfn(to);

        memset(to, 0, PAGE_SIZE);
        EXPECT_EQ(gt_copy(a, 0, b, 0, PAGE_SIZE, flags), GNTST_okay);
        EXPECT(!memcmp(from, to, PAGE_SIZE));
        EXPECT_EQ(gt_copy(a, 1, b, 4095, 1, flags), GNTST_okay);
        EXPECT_EQ(to[4095], from[1]);
        EXPECT_EQ(gt_copy(a, 0, b, 1, PAGE_SIZE, flags), GNTST_bad_copy_arg);
        EXPECT_EQ(gt_copy(a, 1, b, 0, PAGE_SIZE, flags), GNTST_bad_copy_arg);
        EXPECT_EQ(gt_copy(a, 0, b, 0, PAGE_SIZE + 1, flags), GNTST_bad_copy_arg);
        EXPECT_EQ(gt_copy(a, 0xffff, b, 0, 1, flags), GNTST_bad_copy_arg);
        EXPECT_EQ(gt_copy(a, 0, b, 0, 0, flags), GNTST_okay);
    }
    EXPECT_EQ(gnttab_abi->query_foreign_access(src), 0);
    EXPECT_EQ(gnttab_abi->query_foreign_access(dst), 0);
    EXPECT(gnttab_end(src));
    EXPECT(gnttab_end(dst));
}

TEST(every_mix)
{
    GT_EACH_VERSION (version) {
        mixes(version);
    }
    EXPECT_EQ(gt_use(1), 0);
}

static void refusals(unsigned int version)
{
    grant_ref_t src, ro;

    REQUIRE(begin(version));
    src = gnttab_grant(0, virt_to_mfn(from), 0);
    ro = gnttab_grant(0, virt_to_mfn(to), GTF_readonly);
    EXPECT_EQ(gt_copy(src, 0, ro, 0, 64, BOTH_GREFS), GNTST_general_error);
    EXPECT_EQ(to[0], 0);
    EXPECT_EQ(gt_copy(LAST_REF + 1, 0, src, 0, 64, BOTH_GREFS), GNTST_bad_gntref);
    EXPECT_EQ(gt_copy(src, 0, ~0u, 0, 64, BOTH_GREFS), GNTST_bad_gntref);
    EXPECT_EQ(gt_copy(0, 0, src, 0, 64, BOTH_GREFS), GNTST_general_error);
    EXPECT_EQ(gt_copy(~0ul, 0, src, 0, 64, GNTCOPY_dest_gref), GNTST_bad_page);
    EXPECT_EQ(gt_copy(virt_to_mfn(pt_root), 0, src, 0, 64, GNTCOPY_dest_gref), GNTST_okay);
    /* Never into a page table. */
    EXPECT(gt_copy(src, 0, virt_to_mfn(pt_root), 0, 64, GNTCOPY_source_gref) < 0);
    EXPECT_EQ(gnttab_abi->query_foreign_access(src), 0);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, BAD_POINTER, 1), -EFAULT);
    EXPECT(gnttab_end(src));
    EXPECT(gnttab_end(ro));
}

TEST(refused)
{
    GT_EACH_VERSION (version) {
        refusals(version);
    }
    EXPECT_EQ(gt_use(1), 0);
}

TEST(sub_page)
{
    grant_ref_t sub;

    GT_NEEDS_VERSION_2();
    REQUIRE(begin(2));
    sub = gnttab_grant_sub_page(0, virt_to_mfn(from), GTF_readonly, 128, 64);
    REQUIRE(sub != GNTTAB_NO_REF);
    EXPECT_EQ(gt_copy(sub, 128, virt_to_mfn(to), 0, 64, GNTCOPY_source_gref), GNTST_okay);
    EXPECT(!memcmp(from + 128, to, 64));
    EXPECT_EQ(gt_copy(sub, 191, virt_to_mfn(to), 0, 1, GNTCOPY_source_gref), GNTST_okay);
    EXPECT_EQ(gt_copy(sub, 127, virt_to_mfn(to), 0, 1, GNTCOPY_source_gref), GNTST_general_error);
    EXPECT_EQ(gt_copy(sub, 128, virt_to_mfn(to), 0, 65, GNTCOPY_source_gref), GNTST_general_error);
    EXPECT_EQ(gt_copy(sub, 192, virt_to_mfn(to), 0, 1, GNTCOPY_source_gref), GNTST_general_error);
    EXPECT(gnttab_end(sub));
    EXPECT_EQ(gt_use(1), 0);
}

/* One's own domain is no place to go through. */
TEST(transitive_to_self)
{
    grant_ref_t base, via;

    GT_NEEDS_VERSION_2();
    REQUIRE(begin(2));
    base = gnttab_grant(0, virt_to_mfn(from), GTF_readonly);
    via = gnttab_grant_transitive(0, GTF_readonly, 0, base);
    REQUIRE(base != GNTTAB_NO_REF && via != GNTTAB_NO_REF);
    EXPECT_EQ(gt_copy(via, 0, virt_to_mfn(to), 0, PAGE_SIZE, GNTCOPY_source_gref),
              GNTST_general_error);
    EXPECT_EQ(gnttab_abi->query_foreign_access(via), 0);
    EXPECT_EQ(gnttab_abi->query_foreign_access(base), 0);
    EXPECT(gnttab_end(via));
    EXPECT(gnttab_end(base));
    EXPECT_EQ(gt_use(1), 0);
}

/* Passes dom0's grant back to dom0, and stays until it is destroyed. */
ROLE(gnttab_relay)
{
    char text[16];
    grant_ref_t ref;

    if (gnttab_init() || !cmdline_get("gref", text, sizeof(text))) {
        return SHUTDOWN_crash;
    }
    ref = gnttab_grant_transitive(0, GTF_readonly, 0, (grant_ref_t)strtol(text, NULL, 0));
    printf("REPORT via %u\nREADY\n", ref);
    for (;;) {
        time_sleep(NSEC_PER_SEC);
    }
}

static long copy_from(domid_t dom, grant_ref_t ref, unsigned int offset, unsigned int len)
{
    struct gnttab_copy op = { .len = (uint16_t)len, .flags = GNTCOPY_source_gref };
    long rc;

    op.source.u.ref = ref;
    op.source.domid = dom;
    op.source.offset = (uint16_t)offset;
    op.dest.u.gmfn = virt_to_mfn(to);
    op.dest.domid = DOMID_SELF;
    rc = hv_grant_table_op(GNTTABOP_copy, &op, 1);
    return rc ? rc : op.status;
}

/* dom0's page, by a child's transitive entry; the pins of both ends go with the copy. */
static void check_transitive(unsigned int version)
{
    static struct child c;
    char cmdline[48];
    struct child_options o = { .cmdline = cmdline, .gnttab_version = 2, .paused = true };
    grant_ref_t base;
    bool there = !gt_told_without("transitive");
    long via = 0;

    REQUIRE(begin(version));
    base = gnttab_take();
    snprintf(cmdline, sizeof(cmdline), "role=gnttab_relay gref=%u", base);
    REQUIRE_EQ(child_create(&c, &o), 0);
    gnttab_abi->update_entry(base, c.id, virt_to_mfn(from), GTF_permit_access | GTF_readonly);
    EXPECT_EQ(child_unpause(&c), 0);
    EXPECT(child_wait_text(&c, "READY", 10 * NSEC_PER_SEC));
    EXPECT(child_reported(&c, "via", &via));
    EXPECT_EQ(copy_from(c.id, (grant_ref_t)via, 0, PAGE_SIZE),
              there ? GNTST_okay : GNTST_general_error);
    EXPECT_EQ(!memcmp(from, to, PAGE_SIZE), there);
    EXPECT_EQ(copy_from(c.id, (grant_ref_t)via, 1, PAGE_SIZE),
              there ? GNTST_bad_copy_arg : GNTST_general_error);
    EXPECT_EQ(gnttab_abi->query_foreign_access(base), 0);
    /* The far end closed: nothing comes through any more. */
    EXPECT(gnttab_abi->end_foreign_access(base));
    EXPECT(copy_from(c.id, (grant_ref_t)via, 0, 64) < 0);
    EXPECT_EQ(child_destroy(&c), 0);
    gnttab_give(base);
}

TEST(transitive)
{
    GT_NEEDS_VERSION_2();
    check_transitive(2);
    check_transitive(1);
    EXPECT_EQ(gt_use(1), 0);
}

/* Entries that lead to themselves or to each other end in an error, not in a loop. */
TEST(xsa_226_transitive_loop)
{
    grant_ref_t a, b;

    GT_NEEDS_VERSION_2();
    REQUIRE(begin(2));
    a = gnttab_take();
    b = gnttab_take();
    gnttab_abi->update_transitive(a, 0, 0, 0, b);
    gnttab_abi->update_transitive(b, 0, 0, 0, a);
    EXPECT_EQ(gt_copy(a, 0, virt_to_mfn(to), 0, 64, GNTCOPY_source_gref), GNTST_general_error);
    gnttab_abi->update_transitive(b, 0, 0, 0, b);
    EXPECT_EQ(gt_copy(b, 0, virt_to_mfn(to), 0, 64, GNTCOPY_source_gref), GNTST_general_error);
    EXPECT(gnttab_end(a));
    EXPECT(gnttab_end(b));
    EXPECT_EQ(gt_use(1), 0);
}

/* A batch larger than a hypervisor does in one go is done to its end, each element once. */
TEST(xsa_318_long_batch)
{
    enum { NR = 1024 };
    struct gnttab_copy *ops = malloc(NR * sizeof(*ops));

    REQUIRE(begin(1));
    REQUIRE(ops != NULL);
    for (unsigned int i = 0; i < NR; i++) {
        ops[i] = (struct gnttab_copy){ .len = 1, .status = 77 };
        ops[i].source.u.gmfn = virt_to_mfn(from);
        ops[i].source.domid = DOMID_SELF;
        ops[i].source.offset = (uint16_t)i;
        ops[i].dest.u.gmfn = i == 500 ? ~0ul : virt_to_mfn(to);
        ops[i].dest.domid = DOMID_SELF;
        ops[i].dest.offset = (uint16_t)i;
    }
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, ops, NR), 0);
    for (unsigned int i = 0; i < NR; i++) {
        REQUIRE_EQ(ops[i].status, i == 500 ? GNTST_bad_page : GNTST_okay);
        REQUIRE_EQ(to[i], i == 500 ? 0 : from[i]);
    }
    free(ops);
}
