/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant_table_op by a domain that grants to itself: every operation once as it should be and with
 * each refusal that needs no second domain. Runs on version 1, then on version 2.
 */
#define SUITE "grant"
#include "gnttab_test.h"

#include <public/domctl.h>
#include <public/grant_table.h>
#include <public/memory.h>

#define NR_FRAMES 2
#define FIRST     16 /* the first reference that these tests use */

static union {
    grant_entry_v1_t *v1;
    union grant_entry_v2 *v2;
} table;
static grant_status_t *status_words;
static unsigned int version = 1;

static domid_t self(void)
{
    return 0; /* test kernels are dom0 */
}

/* The table's frames, mapped once. */
static bool table_map(void)
{
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = NR_FRAMES };
    static unsigned long va;
    xen_pfn_t frames[NR_FRAMES];

    if (va) {
        return true;
    }
    set_xen_guest_handle(op.frame_list, frames);
    if (hv_grant_table_op(GNTTABOP_setup_table, &op, 1) || op.status != GNTST_okay) {
        return false;
    }
    va = pt_vmap_reserve(NR_FRAMES + 1);
    for (unsigned int i = 0; i < NR_FRAMES; i++) {
        if (pt_map(va + i * PAGE_SIZE, pte_make(frames[i], PTE_KERN))) {
            return false;
        }
    }
    table.v1 = (void *)va;
    return true;
}

static unsigned int flags_of(grant_ref_t ref)
{
    return version == 1 ? *(volatile uint16_t *)&table.v1[ref].flags
                        : *(volatile uint16_t *)&table.v2[ref].hdr.flags |
                              (status_words ? *(volatile uint16_t *)&status_words[ref] : 0);
}

static void grant(grant_ref_t ref, const void *page, unsigned int flags)
{
    if (version == 1) {
        table.v1[ref].frame = (uint32_t)virt_to_mfn(page);
        table.v1[ref].domid = self();
        *(volatile uint16_t *)&table.v1[ref].flags = (uint16_t)flags;
    } else {
        table.v2[ref].full_page.frame = virt_to_mfn(page);
        table.v2[ref].hdr.domid = self();
        *(volatile uint16_t *)&table.v2[ref].hdr.flags = (uint16_t)flags;
    }
}

static int map_op(struct gnttab_map_grant_ref *op, unsigned long at, grant_ref_t ref,
                  uint32_t flags)
{
    *op = (struct gnttab_map_grant_ref){
        .host_addr = at, .flags = flags, .ref = ref, .dom = self(), .status = 99
    };
    return hv_grant_table_op(GNTTABOP_map_grant_ref, op, 1) ? -1000 : op->status;
}

static int unmap_op(unsigned long at, uint64_t bus, grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = at, .dev_bus_addr = bus, .handle = handle, .status = 99
    };

    return hv_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1) ? -1000 : op.status;
}

TEST(query_size)
{
    struct gnttab_query_size op = { .dom = DOMID_SELF };

    EXPECT_EQ(hv_grant_table_op(GNTTABOP_query_size, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_okay);
    EXPECT(op.nr_frames >= 1 && op.max_nr_frames == 64);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_query_size, &op, 2), -EINVAL);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_query_size, BAD_POINTER, 1), -EFAULT);
    op.dom = 0x7000;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_query_size, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_bad_domain);
}

TEST(setup_table)
{
    struct gnttab_setup_table op = { .dom = 0x7000, .nr_frames = 1 };
    xen_pfn_t frame;

    REQUIRE(table_map());
    set_xen_guest_handle(op.frame_list, &frame);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_setup_table, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_bad_domain);
    op.dom = DOMID_SELF;
    op.nr_frames = 65;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_setup_table, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_general_error);
    op.nr_frames = 0;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_setup_table, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_okay);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_setup_table, &op, 0), -EINVAL);
}

TEST(counts_and_commands)
{
    struct gnttab_unmap_grant_ref op = { 0 };

    EXPECT_EQ(hv_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 0), 0);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 0x80000000u), -EINVAL);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_map_grant_ref, BAD_POINTER, 1), -EFAULT);
    EXPECT_EQ(hv_grant_table_op(100, &op, 1), -ENOSYS);
}

static void map_and_unmap(void)
{
    unsigned char *page = page_alloc(1);
    unsigned long at = pt_vmap_reserve(1), other = pt_vmap_reserve(1);
    struct gnttab_unmap_and_replace replace;
    struct gnttab_map_grant_ref op;

    REQUIRE(page && table_map());
    REQUIRE_EQ(pt_map(at, pte_make(virt_to_mfn(page), PTE_RO)), 0);
    REQUIRE_EQ(pt_map(other, pte_make(virt_to_mfn(page), PTE_RO)), 0);
    page[7] = 42;
    grant(FIRST, page, GTF_permit_access);

    EXPECT_EQ(map_op(&op, at, FIRST, 0), GNTST_bad_gntref);
    EXPECT_EQ(map_op(&op, at, 1u << 20, GNTMAP_host_map), GNTST_bad_gntref);
    EXPECT_EQ(map_op(&op, at, FIRST + 1, GNTMAP_host_map), GNTST_general_error);
    EXPECT_EQ(map_op(&op, 0x1000, FIRST, GNTMAP_host_map), GNTST_general_error);
    EXPECT_EQ(flags_of(FIRST), GTF_permit_access);

    REQUIRE_EQ(map_op(&op, at, FIRST, GNTMAP_host_map), GNTST_okay);
    EXPECT_EQ(op.dev_bus_addr, virt_to_maddr(page) & PAGE_MASK);
    EXPECT_EQ(flags_of(FIRST), GTF_permit_access | GTF_reading | GTF_writing);
    EXPECT_EQ(((volatile unsigned char *)at)[7], 42);
    ((volatile unsigned char *)at)[8] = 43;
    EXPECT_EQ(page[8], 43);
    /* Another mapping of the frame, with other rights, is not the grant's. */
    EXPECT_EQ(unmap_op(other, 0, op.handle), GNTST_general_error);
    EXPECT_EQ(unmap_op(at, 0, op.handle), GNTST_okay);
    EXPECT_EQ(unmap_op(at, 0, op.handle), GNTST_bad_handle);
    EXPECT_EQ(unmap_op(at, 0, 1u << 30), GNTST_bad_handle);
    EXPECT_EQ(flags_of(FIRST), GTF_permit_access);

    grant(FIRST, page, GTF_permit_access | GTF_readonly);
    EXPECT_EQ(map_op(&op, at, FIRST, GNTMAP_host_map), GNTST_general_error);
    REQUIRE_EQ(map_op(&op, at, FIRST, GNTMAP_host_map | GNTMAP_device_map | GNTMAP_readonly),
               GNTST_okay);
    EXPECT_EQ(flags_of(FIRST), GTF_permit_access | GTF_readonly | GTF_reading);
    EXPECT_EQ(unmap_op(at, op.dev_bus_addr + PAGE_SIZE, op.handle), GNTST_bad_dev_addr);
    EXPECT_EQ(unmap_op(0, op.dev_bus_addr, op.handle), GNTST_okay);
    EXPECT_EQ(flags_of(FIRST), GTF_permit_access | GTF_readonly | GTF_reading);
    EXPECT_EQ(unmap_op(at, 0, op.handle), GNTST_okay);
    EXPECT_EQ(flags_of(FIRST), GTF_permit_access | GTF_readonly);

    REQUIRE_EQ(map_op(&op, at, FIRST, GNTMAP_host_map | GNTMAP_readonly), GNTST_okay);
    REQUIRE_EQ(pt_map(other, pte_make(virt_to_mfn(page), PTE_RO)), 0);
    replace = (struct gnttab_unmap_and_replace){ .host_addr = at,
                                                 .new_addr = other,
                                                 .handle = op.handle };
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_unmap_and_replace, &replace, 1), 0);
    EXPECT_EQ(replace.status, GNTST_okay);
    EXPECT_EQ(*pt_walk(other, 1), 0);
    EXPECT_EQ(pte_mfn(*pt_walk(at, 1)), virt_to_mfn(page));
    grant(FIRST, page, 0);
    EXPECT_EQ(pt_unmap(at), 0);
    page_free(page, 1);
}

static void copy_bytes(void)
{
    unsigned char *from = page_alloc(1), *to = page_alloc(1);
    struct gnttab_copy op[2];

    REQUIRE(from && to && table_map());
    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        from[i] = (unsigned char)(i * 7);
    }
    grant(FIRST, from, GTF_permit_access | GTF_readonly);
    grant(FIRST + 1, to, GTF_permit_access);
    op[0] = (struct gnttab_copy){ .source.u.ref = FIRST,
                                  .source.domid = self(),
                                  .source.offset = 100,
                                  .dest.u.ref = FIRST + 1,
                                  .dest.domid = self(),
                                  .dest.offset = 200,
                                  .len = 300,
                                  .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref };
    op[1] = op[0];
    op[1].dest.u.gmfn = virt_to_mfn(to);
    op[1].dest.domid = DOMID_SELF;
    op[1].dest.offset = 600;
    op[1].flags = GNTCOPY_source_gref;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, op, 2), 0);
    EXPECT_EQ(op[0].status, GNTST_okay);
    EXPECT_EQ(op[1].status, GNTST_okay);
    EXPECT(!memcmp(to + 200, from + 100, 300) && !memcmp(to + 600, from + 100, 300));
    EXPECT_EQ(flags_of(FIRST), GTF_permit_access | GTF_readonly);
    EXPECT_EQ(flags_of(FIRST + 1), GTF_permit_access);

    op[0].source.offset = PAGE_SIZE - 299;
    op[1].dest.domid = self();
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, op, 2), 0);
    EXPECT_EQ(op[0].status, GNTST_bad_copy_arg);
    EXPECT_EQ(op[1].status, GNTST_permission_denied);
    op[0].source.offset = 0;
    op[0].dest.u.ref = FIRST;
    op[1].dest.domid = DOMID_SELF;
    op[1].dest.u.gmfn = ~0ul >> PAGE_SHIFT;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, op, 2), 0);
    EXPECT_EQ(op[0].status, GNTST_general_error);
    EXPECT_EQ(op[1].status, GNTST_bad_page);
    op[0].source.u.ref = 1u << 20;
    op[1].source.domid = 0x7000;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_copy, op, 2), 0);
    EXPECT_EQ(op[0].status, GNTST_bad_gntref);
    EXPECT_EQ(op[1].status, GNTST_bad_domain);
    grant(FIRST, from, 0);
    grant(FIRST + 1, to, 0);
    page_free(from, 1);
    page_free(to, 1);
}

static void swap_entries(void)
{
    struct gnttab_swap_grant_ref op = { .ref_a = FIRST, .ref_b = FIRST + 1 };
    unsigned char *a = page_alloc(1);

    REQUIRE(a && table_map());
    grant(FIRST, a, GTF_permit_access);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_swap_grant_ref, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_okay);
    EXPECT_EQ(flags_of(FIRST), 0);
    EXPECT_EQ(flags_of(FIRST + 1), GTF_permit_access);
    op.ref_a = 1u << 20;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_swap_grant_ref, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_bad_gntref);
    grant(FIRST + 1, a, 0);
    page_free(a, 1);
}

TEST(map_grant_ref)
{
    map_and_unmap();
}

TEST(copy)
{
    copy_bytes();
}

TEST(swap_grant_ref)
{
    swap_entries();
}

TEST(set_version)
{
    struct gnttab_get_version get = { .dom = DOMID_SELF };
    struct gnttab_get_status_frames sf = { .dom = DOMID_SELF, .nr_frames = 1 };
    struct gnttab_set_version set = { .version = 3 };
    uint64_t frame = 0;
    unsigned long va;

    REQUIRE(table_map());
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_set_version, &set, 1), -EINVAL);
    set.version = 1;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_set_version, &set, 1), 0);
    set_xen_guest_handle(sf.frame_list, &frame);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_get_status_frames, &sf, 1), 0);
    EXPECT_EQ(sf.status, GNTST_general_error);
    set.version = 2;
    if (gt_told_without("v2")) {
        EXPECT_EQ(hv_grant_table_op(GNTTABOP_set_version, &set, 1), -ENOSYS);
        EXPECT_EQ(set.version, 1);
        return;
    }
    REQUIRE_EQ(hv_grant_table_op(GNTTABOP_set_version, &set, 1), 0);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_get_version, &get, 1), 0);
    EXPECT_EQ(get.version, 2);
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_get_status_frames, &sf, 1), 0);
    REQUIRE_EQ(sf.status, GNTST_okay);
    va = pt_vmap_reserve(1);
    REQUIRE_EQ(pt_map(va, pte_make(frame, PTE_KERN)), 0);
    status_words = (void *)va;
    version = 2;
    map_and_unmap();
    copy_bytes();
    swap_entries();

    /* A mapped status frame keeps the version. */
    set.version = 1;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_set_version, &set, 1), -EBUSY);
    EXPECT_EQ(set.version, 2);
    EXPECT_EQ(pt_unmap(va), 0);
    status_words = NULL;
    set.version = 1;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_set_version, &set, 1), 0);
    version = 1;
    get.dom = 0x7000;
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_get_version, &get, 1), -ESRCH);
}

TEST(transfer)
{
    struct gnttab_transfer op = { .mfn = ~0ul >> PAGE_SHIFT, .domid = self(), .ref = FIRST };

    REQUIRE(table_map());
    if (gt_told_without("transfer")) {
        EXPECT_EQ(hv_grant_table_op(GNTTABOP_transfer, &op, 1), -ENOSYS);
        return;
    }
    EXPECT_EQ(hv_grant_table_op(GNTTABOP_transfer, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_bad_page);
}

TEST(cache_flush)
{
    struct gnttab_cache_flush op = { .op = GNTTAB_CACHE_CLEAN };

    EXPECT(hv_grant_table_op(GNTTABOP_cache_flush, &op, 1) <= 0);
}

TEST(acquire_resource)
{
    struct xen_mem_acquire_resource x = { .domid = DOMID_SELF,
                                          .type = XENMEM_resource_grant_table };

    EXPECT_EQ(hv_memory_op(XENMEM_acquire_resource, &x), -ESRCH);
    x.domid = self();
    EXPECT_EQ(hv_memory_op(XENMEM_acquire_resource, &x), -EPERM);
    x.pad = 1;
    EXPECT_EQ(hv_memory_op(XENMEM_acquire_resource, &x), -EINVAL);
}

/* What came and went while nobody asked has been counted, to the last one. */
static void peak_is_seen_later(struct xen_domctl *op, const unsigned char *page)
{
    enum { NR = 37 };
    unsigned long at = pt_vmap_reserve(NR);
    struct gnttab_map_grant_ref map[NR];

    for (unsigned int i = 0; i < NR; i++) {
        grant(FIRST + i, page, GTF_permit_access);
        REQUIRE_EQ(pt_map(at + i * PAGE_SIZE, 0), 0);
        REQUIRE_EQ(map_op(&map[i], at + i * PAGE_SIZE, FIRST + i, GNTMAP_host_map), GNTST_okay);
    }
    for (unsigned int i = 0; i < NR; i++) {
        EXPECT_EQ(unmap_op(at + i * PAGE_SIZE, 0, map[i].handle), GNTST_okay);
        grant(FIRST + i, page, 0);
    }
    EXPECT_EQ(hv_domctl(op), 0);
    EXPECT_EQ(op->u.get_grant_usage.maptrack, 0);
    EXPECT_EQ(op->u.get_grant_usage.peak_maptrack, NR);
    EXPECT_EQ(op->u.get_grant_usage.peak_entries, NR);
}

/* XEN_DOMCTL_get_grant_usage, our extension. */
TEST(usage)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_get_grant_usage,
                             .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                             .domain = self() };
    const struct xen_domctl_get_grant_usage *u = &op.u.get_grant_usage;
    unsigned char *page = page_alloc(1);
    unsigned long at = pt_vmap_reserve(1);
    struct gnttab_map_grant_ref map;
    uint32_t refused;
    long rc = hv_domctl(&op);

    if (rc == -ENOSYS) {
        test_skip("an extension");
        return;
    }
    REQUIRE_EQ(rc, 0);
    EXPECT_EQ(u->max_frames, 64);
    EXPECT_EQ(u->entries, 0);
    EXPECT_EQ(u->maptrack, 0);
    REQUIRE(page && table_map());
    REQUIRE_EQ(pt_map(at, pte_make(virt_to_mfn(page), PTE_RO)), 0);
    grant(FIRST, page, GTF_permit_access);
    REQUIRE_EQ(map_op(&map, at, FIRST, GNTMAP_host_map), GNTST_okay);
    EXPECT_EQ(hv_domctl(&op), 0);
    EXPECT_EQ(u->entries, 1);
    EXPECT_EQ(u->maptrack, 1);
    EXPECT_EQ(unmap_op(at, 0, map.handle), GNTST_okay);
    EXPECT_EQ(hv_domctl(&op), 0);
    EXPECT_EQ(u->entries, 0);
    EXPECT_EQ(u->maptrack, 0);
    EXPECT(u->peak_entries >= 1 && u->peak_maptrack >= 1);
    refused = u->failed_entries;
    EXPECT_EQ(map_op(&map, at, FIRST + 1, GNTMAP_host_map), GNTST_general_error);
    EXPECT_EQ(hv_domctl(&op), 0);
    EXPECT_EQ(u->failed_entries, refused + 1);
    peak_is_seen_later(&op, page);
    grant(FIRST, page, 0);
    page_free(page, 1);
    op.domain = 0x7000;
    EXPECT_EQ(hv_domctl(&op), -ESRCH);
}
