/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two vCPUs on one entry, one handle, one page: what one must never see of the other. vCPU 1 plays
 * the adversary until it is told to stop.
 */
#define SUITE "gnttab_race"
#include "gnttab_test.h"

#define ROUNDS 200u

static volatile unsigned long stop, turns;
static unsigned char *pages;
static grant_ref_t ref;
static unsigned long va;

static bool begin(unsigned int version)
{
    if (!EXPECT_EQ(gt_use(version), 0)) {
        return false;
    }
    pages = pages ? pages : page_alloc(2);
    va = gt_window(2);
    ref = gnttab_grant(0, virt_to_mfn(pages), 0);
    stop = turns = 0;
    return EXPECT(pages && va && ref != GNTTAB_NO_REF);
}

/* Starts the other and waits for its first turn. */
static bool start(void (*fn)(void *))
{
    if (!EXPECT_EQ(smp_start(1, fn, NULL), 0)) {
        return false;
    }
    return EXPECT(time_wait_flag(&turns, 10 * NSEC_PER_SEC));
}

static void finish(void)
{
    stop = 1;
    EXPECT_EQ(smp_join(1), 0);
}

static long pin_l1(const void *page, bool pin)
{
    struct mmuext_op op = { .cmd = pin ? MMUEXT_PIN_L1_TABLE : MMUEXT_UNPIN_TABLE,
                            .arg1.mfn = virt_to_mfn(page) };

    return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* No right to write is left on a page that can become a table. */
static void expect_unused(unsigned char *page)
{
    memset(page, 0, PAGE_SIZE);
    EXPECT_EQ(pt_set_readonly(page), 0);
    EXPECT_EQ(pin_l1(page, true), 0);
    EXPECT_EQ(pin_l1(page, false), 0);
    EXPECT_EQ(pt_set_writable(page), 0);
}

static void pause_for(unsigned int loops)
{
    while (loops--) {
        cpu_relax();
    }
}

/* Flags, domain and frame change all the time, together and apart, fast and slowly. */
static void flip_entry(void *arg)
{
    static const uint16_t flags[] = { GTF_permit_access,
                                      0,
                                      GTF_permit_access | GTF_readonly,
                                      GTF_accept_transfer,
                                      GTF_permit_access | GTF_sub_page,
                                      GTF_transitive };
    unsigned long frame[2] = { virt_to_mfn(pages), virt_to_mfn(pages + PAGE_SIZE) };

    (void)arg;
    for (; !stop; turns++) {
        gnttab_abi->update_entry(ref, turns % 7 ? 0 : 1, frame[turns & 1],
                                 flags[turns % ARRAY_SIZE(flags)]);
        gnttab_abi->update_entry(ref, 0, frame[turns >> 1 & 1], GTF_permit_access);
        pause_for((unsigned int)turns % 16 * 16);
    }
}

/* The frame that is mapped is one of those that were offered; every call ends, every pin goes. */
static void against_flips(unsigned int version)
{
    unsigned int mapped = 0;

    REQUIRE(begin(version));
    memset(pages, 1, PAGE_SIZE);
    memset(pages + PAGE_SIZE, 2, PAGE_SIZE);
    REQUIRE(start(flip_entry));
    for (unsigned int i = 0; i < ROUNDS || (!mapped && i < 100 * ROUNDS); i++) {
        struct gnttab_map_grant_ref op;
        unsigned int flags = i & 1 ? GNTMAP_host_map : GNTMAP_host_map | GNTMAP_readonly;
        long st = gt_map(&op, ref, 0, flags, va);

        EXPECT(st == GNTST_okay || st == GNTST_general_error || st == GNTST_bad_page);
        if (st == GNTST_okay) {
            unsigned int is = *(volatile unsigned char *)va;

            mapped++;
            EXPECT(is == 1 || is == 2);
            EXPECT_EQ(op.dev_bus_addr >> PAGE_SHIFT, virt_to_mfn(pages + (is - 1) * PAGE_SIZE));
            EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_okay);
        }
        st = gt_copy(ref, 0, ref, 64, 64, GNTCOPY_source_gref | GNTCOPY_dest_gref);
        EXPECT(st <= GNTST_okay && st >= GNTST_no_space);
    }
    finish();
    EXPECT(mapped > 0);
    gnttab_abi->update_entry(ref, 0, virt_to_mfn(pages), GTF_permit_access);
    EXPECT_EQ(gnttab_abi->query_foreign_access(ref), 0);
    EXPECT(gnttab_end(ref));
    expect_unused(pages);
    expect_unused(pages + PAGE_SIZE);
}

TEST(xsa_295_flipping_entry)
{
    GT_EACH_VERSION (version) {
        against_flips(version);
    }
    EXPECT_EQ(gt_use(1), 0);
}

static void map_and_unmap(void *arg)
{
    struct gnttab_map_grant_ref op;

    (void)arg;
    for (; !stop; turns++) {
        if (gt_map(&op, ref, 0, GNTMAP_host_map, va + PAGE_SIZE) == GNTST_okay) {
            gt_unmap(op.handle, va + PAGE_SIZE, 0);
        }
    }
}

TEST(map_against_map)
{
    GT_EACH_VERSION (version) {
        REQUIRE(begin(version));
        REQUIRE(start(map_and_unmap));
        for (unsigned int i = 0; i < ROUNDS; i++) {
            struct gnttab_map_grant_ref op;

            REQUIRE_EQ(gt_map(&op, ref, 0, GNTMAP_host_map, va), GNTST_okay);
            EXPECT(gnttab_abi->query_foreign_access(ref) & GTF_writing);
            EXPECT_EQ(gt_unmap(op.handle, va, 0), GNTST_okay);
        }
        finish();
        EXPECT_EQ(gnttab_abi->query_foreign_access(ref), 0);
        EXPECT(gnttab_end(ref));
        expect_unused(pages);
    }
    EXPECT_EQ(gt_use(1), 0);
}

/* One handle, unmapped by both at the same moment: one of them has done it. */
static volatile unsigned long turn_of_1;
static volatile grant_handle_t handle;
static volatile long status_of_1;

static void unmap_too(void *arg)
{
    (void)arg;
    for (turns = 1; !stop;) {
        if (turn_of_1) {
            status_of_1 = gt_unmap(handle, va, 0);
            __atomic_store_n(&turn_of_1, 0, __ATOMIC_RELEASE);
        }
    }
}

TEST(xsa_218_unmap_twice_at_once)
{
    GT_EACH_VERSION (version) {
        REQUIRE(begin(version));
        REQUIRE(start(unmap_too));
        for (unsigned int i = 0; i < ROUNDS; i++) {
            struct gnttab_map_grant_ref op;
            long mine;

            REQUIRE_EQ(gt_map(&op, ref, 0, GNTMAP_host_map, va), GNTST_okay);
            handle = op.handle;
            __atomic_store_n(&turn_of_1, 1, __ATOMIC_RELEASE);
            mine = gt_unmap(op.handle, va, 0);
            while (__atomic_load_n(&turn_of_1, __ATOMIC_ACQUIRE)) {
                cpu_relax();
            }
            EXPECT((mine == GNTST_okay) != (status_of_1 == GNTST_okay));
            EXPECT_EQ(gnttab_abi->query_foreign_access(ref), 0);
        }
        finish();
        EXPECT(gnttab_end(ref));
        expect_unused(pages);
    }
    EXPECT_EQ(gt_use(1), 0);
}

#define MANY 32u

static struct gnttab_map_grant_ref many_map[MANY];
static struct gnttab_unmap_grant_ref many_unmap[MANY];
static unsigned long many_va;

/* The entry, and after it many times another: the end of a batch takes long. */
static void map_and_unmap_many(void *arg)
{
    grant_ref_t other = *(grant_ref_t *)arg;

    for (; !stop; turns++) {
        unsigned int nr = 0;

        for (unsigned int i = 0; i < MANY; i++) {
            many_map[i] = (struct gnttab_map_grant_ref){ .host_addr = many_va + i * PAGE_SIZE,
                                                         .flags = GNTMAP_host_map,
                                                         .ref = i ? other : ref };
        }
        hv_grant_table_op(GNTTABOP_map_grant_ref, many_map, MANY);
        for (unsigned int i = 0; i < MANY; i++) {
            if (many_map[i].status == GNTST_okay) {
                many_unmap[nr++] = (struct gnttab_unmap_grant_ref){
                    .host_addr = many_map[i].host_addr, .handle = many_map[i].handle
                };
            }
        }
        hv_grant_table_op(GNTTABOP_unmap_grant_ref, many_unmap, nr);
    }
}

/* Once the entry says that nobody uses it, the page is its owner's alone. */
TEST(xsa_236_unused_is_free)
{
    many_va = gt_window(MANY);
    GT_EACH_VERSION (version) {
        grant_ref_t other;

        REQUIRE(begin(version));
        other = gnttab_grant(0, virt_to_mfn(pages + PAGE_SIZE), 0);
        memset(pages, 0, PAGE_SIZE);
        REQUIRE_EQ(pt_set_readonly(pages), 0); /* ready to be a table at once */
        REQUIRE_EQ(smp_start(1, map_and_unmap_many, &other), 0);
        EXPECT(time_wait_flag(&turns, 10 * NSEC_PER_SEC));
        for (unsigned int i = 0; i < ROUNDS; i++) {
            while (!gnttab_abi->end_foreign_access(ref)) {
                cpu_relax();
            }
            EXPECT_EQ(pin_l1(pages, true), 0);
            EXPECT_EQ(pin_l1(pages, false), 0);
            gnttab_abi->update_entry(ref, 0, virt_to_mfn(pages), GTF_permit_access);
            pause_for(i % 16 * 64);
        }
        finish();
        EXPECT_EQ(pt_set_writable(pages), 0);
        EXPECT(gnttab_end(other));
        EXPECT(gnttab_end(ref));
    }
    EXPECT_EQ(gt_use(1), 0);
}

#define OPEN   0x0a
#define SECRET 0x5e

static volatile unsigned long leaked, copied;

static void copy_all_the_time(void *arg)
{
    unsigned char *to = pages + PAGE_SIZE;

    (void)arg;
    for (; !stop; turns++) {
        if (gt_copy(ref, 0, virt_to_mfn(to), 0, PAGE_SIZE, GNTCOPY_source_gref) == GNTST_okay) {
            copied++;
            leaked += to[0] != OPEN || to[PAGE_SIZE - 1] != OPEN;
        }
    }
}

/* What is written after the end of access is never copied. */
TEST(end_against_copy)
{
    GT_EACH_VERSION (version) {
        REQUIRE(begin(version));
        leaked = copied = 0;
        memset(pages, OPEN, PAGE_SIZE);
        REQUIRE(start(copy_all_the_time));
        EXPECT(time_wait_flag(&copied, 10 * NSEC_PER_SEC));
        for (unsigned int i = 0; i < ROUNDS; i++) {
            while (!gnttab_abi->end_foreign_access(ref)) {
                cpu_relax();
            }
            /* What a copy under way would come to last, first. */
            ((volatile unsigned char *)pages)[PAGE_SIZE - 1] = SECRET;
            memset(pages, SECRET, PAGE_SIZE);
            memset(pages, OPEN, PAGE_SIZE);
            gnttab_abi->update_entry(ref, 0, virt_to_mfn(pages), GTF_permit_access);
            /* The other is copying again when access ends. */
            for (unsigned long seen = copied; copied == seen;) {
                cpu_relax();
            }
            for (volatile unsigned long wait = turns % 512; wait; wait--) {
            }
        }
        finish();
        EXPECT_EQ(leaked, 0);
        EXPECT(gnttab_end(ref));
    }
    EXPECT_EQ(gt_use(1), 0);
}
