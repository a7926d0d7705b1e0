/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runtime's own side of grants: references, callbacks, growth, suspend and resume.
 */
#define SUITE "gnttab_guest"
#include "gnttab_test.h"
#include "child.h"

static void called(void *arg)
{
    ++*(unsigned int *)arg;
}

/* Every reference once, the table grown to its limit, the callback when enough came back. */
ROLE(gnttab_refs)
{
    static grant_ref_t refs[4 * 512];
    struct gnttab_callback cb = { 0 };
    unsigned int nr = 0, calls = 0, want;

    if (gnttab_init()) {
        return SHUTDOWN_crash;
    }
    want = gnttab_max_frames() * gnttab_abi->per_frame - GNTTAB_NR_RESERVED_ENTRIES;
    while (nr < ARRAY_SIZE(refs) && (refs[nr] = gnttab_take()) != GNTTAB_NO_REF) {
        nr++;
    }
    printf("REPORT refs %u\nREPORT want %u\n", nr, want);
    printf("REPORT version %u\nREPORT lowest %u\n", gnttab_abi->version, refs[0]);
    gnttab_request_callback(&cb, called, &calls, 2);
    gnttab_give(refs[--nr]);
    printf("REPORT early %u\n", calls);
    gnttab_give(refs[--nr]);
    printf("REPORT calls %u\n", calls);
    gnttab_request_callback(&cb, called, &calls, 3);
    gnttab_cancel_callback(&cb);
    gnttab_give(refs[--nr]);
    printf("REPORT cancelled %u\n", calls);
    return SHUTDOWN_poweroff;
}

static void expect_report(struct child *c, const char *key, long want)
{
    long value = -1;

    EXPECT(child_reported(c, key, &value));
    EXPECT_EQ(value, want);
}

static void check_refs(unsigned int version)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=gnttab_refs", .gnttab_version = version };
    long want = -1;

    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT(child_reported(&c, "want", &want));
    EXPECT_EQ(want, 4 * (version == 1 ? 512 : 256) - 8);
    expect_report(&c, "refs", want);
    expect_report(&c, "version", version);
    expect_report(&c, "lowest", GNTTAB_NR_RESERVED_ENTRIES);
    expect_report(&c, "early", 0);
    expect_report(&c, "calls", 1);
    expect_report(&c, "cancelled", 1);
}

TEST(references_v1)
{
    check_refs(1);
}

TEST(references_v2)
{
    GT_NEEDS_VERSION_2();
    check_refs(2);
}

/* Used a sub-page entry, and finds only version 1 afterwards. */
ROLE(gnttab_downgrade)
{
    grant_ref_t ref;

    if (gnttab_init() || !gnttab_sub_page_available() || !gnttab_transitive_available()) {
        return SHUTDOWN_crash;
    }
    ref = gnttab_grant_sub_page(0, virt_to_mfn(page_alloc(1)), 0, 0, 64);
    if (!gnttab_end(ref)) {
        return SHUTDOWN_crash;
    }
    gnttab_suspend();
    gnttab_limit_version(1);
    gnttab_resume();
    return SHUTDOWN_poweroff;
}

TEST(resume_without_version_2)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=gnttab_downgrade", .gnttab_version = 2 };

    GT_NEEDS_VERSION_2();
    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_crash);
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT(strstr(c.log, "version 2 features were in use") != NULL);
}

TEST(features_of_version_1)
{
    REQUIRE_EQ(gt_use(1), 0);
    EXPECT(!gnttab_sub_page_available());
    EXPECT(!gnttab_transitive_available());
    EXPECT_EQ(gnttab_grant_sub_page(0, 0, 0, 0, 64), GNTTAB_NO_REF);
    EXPECT_EQ(gnttab_grant_transitive(0, 0, 0, 8), GNTTAB_NO_REF);
}

TEST(suspend_and_resume)
{
    GT_EACH_VERSION (version) {
        void *page = page_alloc(1);
        unsigned long va = gt_window(1);
        struct gnttab_map_grant_ref op;
        grant_ref_t ref;

        REQUIRE_EQ(gt_use(version), 0);
        gnttab_suspend();
        gnttab_resume();
        REQUIRE_EQ(gnttab_abi->version, version);
        ref = gnttab_grant(0, virt_to_mfn(page), GTF_readonly);
        EXPECT_EQ(gnttab_abi->query_foreign_access(ref), 0);
        REQUIRE_EQ(gt_map(&op, ref, 0, GNTMAP_host_map | GNTMAP_readonly, va), GNTST_okay);
        EXPECT_EQ(gnttab_abi->query_foreign_access(ref), GTF_reading);
        EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_okay);
        EXPECT_EQ(gnttab_abi->query_foreign_access(ref), 0);
        EXPECT(gnttab_end(ref));
        page_free(page, 1);
    }
    EXPECT_EQ(gt_use(1), 0);
}

/* Nobody took the offer: it is withdrawn, and no frame came. */
TEST(transfer_withdrawn)
{
    GT_NEEDS_TRANSFER();
    GT_EACH_VERSION (version) {
        grant_ref_t ref;

        REQUIRE_EQ(gt_use(version), 0);
        ref = gnttab_grant_transfer(0, 5);
        REQUIRE(ref != GNTTAB_NO_REF);
        EXPECT_EQ(gnttab_abi->end_foreign_transfer(ref), 0);
        gnttab_give(ref);
    }
    EXPECT_EQ(gt_use(1), 0);
}
