/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping grants: flags, entry kinds, handles, addresses, read-only rights, and what ends a
 * mapping; each under both versions of the entries.
 */
#define SUITE "gnttab_map"
#include "gnttab_test.h"

struct stage {
    char *page;
    unsigned long va;
    grant_ref_t ref, ro;
};

static bool stage_begin(struct stage *s, unsigned int version)
{
    if (!EXPECT_EQ(gt_use(version), 0)) {
        return false;
    }
    s->page = page_alloc(1);
    s->va = gt_window(2);
    s->ref = gnttab_grant(0, virt_to_mfn(s->page), 0);
    s->ro = gnttab_grant(0, virt_to_mfn(s->page), GTF_readonly);
    return EXPECT(s->page && s->va && s->ref != GNTTAB_NO_REF && s->ro != GNTTAB_NO_REF);
}

/* A reference that any mapping still pins cannot be ended: the audit of each test. */
static void stage_end(struct stage *s)
{
    EXPECT(gnttab_end(s->ref));
    EXPECT(gnttab_end(s->ro));
    page_free(s->page, 1);
}

#define BOTH(id)                                                                                   \
    static void id##_on(struct stage *s);                                                          \
    TEST(id)                                                                                       \
    {                                                                                              \
        GT_EACH_VERSION (version) {                                                                \
            struct stage s;                                                                        \
                                                                                                   \
            REQUIRE(stage_begin(&s, version));                                                     \
            id##_on(&s);                                                                           \
            stage_end(&s);                                                                         \
        }                                                                                          \
        EXPECT_EQ(gt_use(1), 0);                                                                   \
    }                                                                                              \
    static void id##_on(struct stage *s)

BOTH(read_and_write)
{
    struct gnttab_map_grant_ref op, second;

    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map, s->va), GNTST_okay);
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ref), GTF_reading | GTF_writing);
    EXPECT_EQ(gt_map(&second, s->ref, 0, GNTMAP_host_map, s->va + PAGE_SIZE), GNTST_okay);
    EXPECT(op.handle != second.handle);
    *(volatile char *)s->va = 0x5a;
    EXPECT_EQ(*(volatile char *)(s->va + PAGE_SIZE), 0x5a);
    EXPECT_EQ(s->page[0], 0x5a);
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ref), GTF_reading | GTF_writing);
    EXPECT_EQ(gt_unmap(second.handle, s->va + PAGE_SIZE, 0), GNTST_okay);
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ref), 0);
    EXPECT_EQ(*pt_walk(s->va, 1) & PTE_P, 0);
}

BOTH(flags)
{
    static const uint32_t none[] = { 0, GNTMAP_readonly, GNTMAP_application_map,
                                     GNTMAP_contains_pte };
    struct gnttab_map_grant_ref op;

    for (unsigned int i = 0; i < ARRAY_SIZE(none); i++) {
        EXPECT_EQ(gt_map(&op, s->ref, 0, none[i], s->va), GNTST_bad_gntref);
    }
    EXPECT_EQ(gt_map(&op, s->ro, 0, GNTMAP_host_map, s->va), GNTST_general_error);
    REQUIRE_EQ(gt_map(&op, s->ro, 0, GNTMAP_host_map | GNTMAP_readonly, s->va), GNTST_okay);
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ro), GTF_reading);
    EXPECT_EQ(*pt_walk(s->va, 1) & PTE_W, 0);
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map | GNTMAP_application_map, s->va), GNTST_okay);
    EXPECT(*pt_walk(s->va, 1) & PTE_U);
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
    /* The caller's own bits of the entry. */
    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map | 5u << _GNTMAP_guest_avail0, s->va),
               GNTST_okay);
    EXPECT_EQ(*pt_walk(s->va, 1) >> 9 & 7, 5);
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
}

BOTH(references)
{
    static const grant_ref_t beyond[] = { 0x7fffffff, 0x80000000, ~0u };
    struct gnttab_map_grant_ref op;

    EXPECT_EQ(gt_map(&op, LAST_REF + 1, 0, GNTMAP_host_map, s->va), GNTST_bad_gntref);
    for (unsigned int i = 0; i < ARRAY_SIZE(beyond); i++) {
        EXPECT_EQ(gt_map(&op, beyond[i], 0, GNTMAP_host_map, s->va), GNTST_bad_gntref);
    }
    /* Entries that grant nothing. */
    EXPECT_EQ(gt_map(&op, 0, 0, GNTMAP_host_map, s->va), GNTST_general_error);
    EXPECT_EQ(gt_map(&op, LAST_REF, 0, GNTMAP_host_map, s->va), GNTST_general_error);
    EXPECT_EQ(gt_map(&op, s->ref, NO_SUCH_DOMAIN, GNTMAP_host_map, s->va), GNTST_bad_domain);
    EXPECT_EQ(gt_map(&op, s->ref, DOMID_IO, GNTMAP_host_map, s->va), GNTST_bad_domain);
    EXPECT_EQ(op.handle, NO_HANDLE);
}

BOTH(wrong_grantee_and_frame)
{
    struct gnttab_map_grant_ref op;
    grant_ref_t other = gnttab_grant(1, virt_to_mfn(s->page), 0);
    grant_ref_t hole = gnttab_grant(0, 0xfffffff, 0);
    grant_ref_t offer = gnttab_grant_transfer(0, 5);

    EXPECT_EQ(gt_map(&op, other, 0, GNTMAP_host_map, s->va), GNTST_general_error);
    EXPECT_EQ(gt_map(&op, offer, 0, GNTMAP_host_map, s->va), GNTST_general_error);
    EXPECT_EQ(gt_map(&op, hole, 0, GNTMAP_host_map, s->va), GNTST_bad_page);
    EXPECT_EQ(gnttab_abi->end_foreign_transfer(offer), 0);
    gnttab_give(offer);
    EXPECT(gnttab_end(other));
    EXPECT(gnttab_end(hole));
}

BOTH(host_address)
{
    struct gnttab_map_grant_ref op;

    EXPECT_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map, (unsigned long)HV_POINTER),
              GNTST_general_error);
    EXPECT_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map, (unsigned long)BAD_POINTER),
              GNTST_general_error);
    /* All or nothing: the pin of a map that failed is gone. */
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ref), 0);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_map_grant_ref, BAD_POINTER, 1), -EFAULT);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_unmap_grant_ref, BAD_POINTER, 1), -EFAULT);
}

BOTH(handles)
{
    struct gnttab_map_grant_ref op;

    EXPECT_EQ(gt_unmap(NO_HANDLE, s->va, 0), GNTST_bad_handle);
    EXPECT_EQ(gt_unmap(0x7fffffff, s->va, 0), GNTST_bad_handle);
    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map, s->va), GNTST_okay);
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_bad_handle);
}

/* What user mode may use; in a 64-bit guest the kernel's own are marked. */
BOTH(application_map)
{
    struct gnttab_map_grant_ref op;

    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map | GNTMAP_application_map, s->va), GNTST_okay);
    EXPECT_EQ(*pt_walk(s->va, 1) & (1ul << 52 | PTE_U), PTE_U);
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map, s->va), GNTST_okay);
    EXPECT_EQ(*pt_walk(s->va, 1) & (1ul << 52 | PTE_U), 1ul << 52 | PTE_U);
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
}

static long replace(grant_handle_t handle, unsigned long va, unsigned long other)
{
    struct gnttab_unmap_and_replace r = { .host_addr = va, .new_addr = other, .handle = handle };
    long rc = hv_grant_table_op(GNTTABOP_unmap_and_replace, &r, 1);

    return rc ? rc : r.status;
}

/* A replacement that is refused leaves the mapping, and what was to come in its place. */
BOTH(replace_errors)
{
    unsigned long other = s->va + PAGE_SIZE;
    struct gnttab_map_grant_ref op;
    char *own = page_alloc(1);

    REQUIRE(own != NULL);
    own[0] = 0x44;
    s->page[0] = 0x55;
    REQUIRE_EQ(pt_map(other, pte_make(virt_to_mfn(own), PTE_KERN)), 0);
    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map, s->va), GNTST_okay);
    EXPECT_EQ(replace(NO_HANDLE, s->va, other), GNTST_bad_handle);
    EXPECT_EQ(replace(op.handle, s->va, (unsigned long)BAD_POINTER), GNTST_general_error);
    EXPECT_EQ(replace(op.handle, s->va, (unsigned long)HV_POINTER), GNTST_general_error);
    EXPECT_EQ(*(volatile char *)s->va, 0x55);
    EXPECT_EQ(*(volatile char *)other, 0x44);
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ref), GTF_reading | GTF_writing);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_unmap_and_replace, BAD_POINTER, 1), -EFAULT);
    EXPECT_EQ(replace(op.handle, s->va, other), GNTST_okay);
    EXPECT_EQ(replace(op.handle, s->va, other), GNTST_bad_handle);
    EXPECT_EQ(*(volatile char *)s->va, 0x44);
    EXPECT_EQ(pt_map(s->va, 0), 0);
    page_free(own, 1);
}

BOTH(contains_pte)
{
    struct gnttab_map_grant_ref op;
    uint64_t entry = virt_to_maddr(pt_walk(s->va, 1));

    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map | GNTMAP_contains_pte, entry), GNTST_okay);
    *(volatile char *)s->va = 0x33;
    EXPECT_EQ(s->page[0], 0x33);
    EXPECT_EQ(gt_unmap(op.handle, entry, 0), GNTST_okay);
    EXPECT_EQ(*pt_walk(s->va, 1) & PTE_P, 0);
}

BOTH(xsa_227_misaligned_pte)
{
    struct gnttab_map_grant_ref op;
    uint64_t entry = virt_to_maddr(pt_walk(s->va, 1));

    for (unsigned int off = 1; off < 8; off++) {
        EXPECT_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map | GNTMAP_contains_pte, entry + off),
                  GNTST_general_error);
    }
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ref), 0);
}

/* Host and device mappings of one handle are counted apart, and end apart. */
BOTH(xsa_224_host_and_device)
{
    struct gnttab_map_grant_ref op;

    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map | GNTMAP_device_map, s->va), GNTST_okay);
    EXPECT_EQ(op.dev_bus_addr, virt_to_maddr(s->page));
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ref), GTF_reading | GTF_writing);
    EXPECT_EQ(gt_unmap(op.handle, 0, op.dev_bus_addr + PAGE_SIZE), GNTST_bad_dev_addr);
    EXPECT_EQ(gt_unmap(op.handle, 0, op.dev_bus_addr), GNTST_okay);
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ref), 0);
}

/* The reading bit stays while a device pin does. */
BOTH(xsa_230_device_pin)
{
    struct gnttab_map_grant_ref host, dev;

    REQUIRE_EQ(gt_map(&dev, s->ro, 0, GNTMAP_device_map | GNTMAP_readonly, 0), GNTST_okay);
    REQUIRE_EQ(gt_map(&host, s->ro, 0, GNTMAP_host_map | GNTMAP_readonly, s->va), GNTST_okay);
    EXPECT_EQ(gt_unmap(host.handle, s->va, 0), GNTST_okay);
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ro), GTF_reading);
    EXPECT_EQ(gt_unmap(dev.handle, 0, dev.dev_bus_addr), GNTST_okay);
    EXPECT_EQ(gnttab_abi->query_foreign_access(s->ro), 0);
}

/* A failed map answers a status below 0 in the element and 0 from the call, never 1. */
BOTH(xsa_316_status)
{
    struct gnttab_map_grant_ref op[3] = {
        { .host_addr = s->va, .ref = s->ref, .flags = GNTMAP_host_map },
        { .host_addr = s->va, .ref = ~0u, .flags = GNTMAP_host_map },
        { .host_addr = s->va + PAGE_SIZE, .ref = s->ref, .flags = GNTMAP_host_map },
    };

    EXPECT_EQ(hv_grant_table_op(GNTTABOP_map_grant_ref, op, 3), 0);
    EXPECT_EQ(op[0].status, GNTST_okay);
    EXPECT_EQ(op[1].status, GNTST_bad_gntref);
    EXPECT_EQ(op[2].status, GNTST_okay);
    EXPECT_EQ(gt_unmap(op[0].handle, s->va, 0), GNTST_okay);
    EXPECT_EQ(gt_unmap(op[2].handle, s->va + PAGE_SIZE, 0), GNTST_okay);
}

/* In version 2 the end closes the entry for what comes after the last unmap; in version 1 it is
 * refused and changes nothing. */
BOTH(end_while_mapped)
{
    long later = gnttab_abi->version == 1 ? GNTST_okay : GNTST_general_error;
    struct gnttab_map_grant_ref op;

    REQUIRE_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map, s->va), GNTST_okay);
    EXPECT(!gnttab_abi->end_foreign_access(s->ref));
    *(volatile char *)s->va = 0x66;
    EXPECT_EQ(s->page[0], 0x66);
    EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
    EXPECT_EQ(gt_map(&op, s->ref, 0, GNTMAP_host_map, s->va), later);
    if (op.status == GNTST_okay) {
        EXPECT_EQ(gt_unmap(op.handle, s->va, 0), GNTST_okay);
    }
}

TEST(sub_page_and_transitive_are_for_copies)
{
    struct gnttab_map_grant_ref op;
    struct stage s;
    grant_ref_t sub, trans;

    GT_NEEDS_VERSION_2();
    REQUIRE(stage_begin(&s, 2));
    sub = gnttab_grant_sub_page(0, virt_to_mfn(s.page), 0, 0, 64);
    trans = gnttab_grant_transitive(0, 0, 0, s.ref);
    EXPECT_EQ(gt_map(&op, sub, 0, GNTMAP_host_map, s.va), GNTST_general_error);
    EXPECT_EQ(gt_map(&op, trans, 0, GNTMAP_host_map, s.va), GNTST_general_error);
    EXPECT(gnttab_end(sub));
    EXPECT(gnttab_end(trans));
    stage_end(&s);
    EXPECT_EQ(gt_use(1), 0);
}

/* The version cannot change under a mapping. */
/* Towards 1 a status frame that is mapped would refuse the change, too. */
TEST(xsa_384_version_while_mapped)
{
    GT_NEEDS_VERSION_2();
    GT_EACH_VERSION (version) {
        struct gnttab_set_version v = { .version = 3 - version };
        struct gnttab_map_grant_ref op;
        struct stage s;

        REQUIRE(stage_begin(&s, version));
        REQUIRE_EQ(gt_map(&op, s.ref, 0, GNTMAP_host_map, s.va), GNTST_okay);
        EXPECT_EQ(hv_grant_table_op(GNTTABOP_set_version, &v, 1), -EBUSY);
        EXPECT_EQ(v.version, version);
        EXPECT_EQ(gt_unmap(op.handle, s.va, 0), GNTST_okay);
        stage_end(&s);
    }
    EXPECT_EQ(gt_use(1), 0);
}
