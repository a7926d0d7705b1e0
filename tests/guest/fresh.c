/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in frames that a domain gets: nothing, or what was its own, whichever way they come. All
 * of the machine's free memory passes through here, what the boot loader left in it included.
 */
#define SUITE "fresh"
#include "test.h"
#include "child.h"

#define BATCH 512u

static xen_pfn_t frames[BATCH];
static unsigned long window;

/* What this domain leaves in a frame's first word. */
static unsigned long own(unsigned long mfn)
{
    return 0x0123456789000000ul ^ mfn;
}

/* Frames from `mfn` on, seen through the window; how many have somebody's bytes in them. */
static unsigned long not_clean(unsigned long mfn, unsigned long nr)
{
    unsigned long odd = 0;

    for (unsigned long i = 0; i < nr; i++) {
        const volatile unsigned long *p = (const volatile unsigned long *)window;
        unsigned int j;

        if (hv_update_va_mapping(window, pte_make(mfn + i, PTE_RO), UVMF_INVLPG | UVMF_LOCAL)) {
            return odd + 1;
        }
        j = p[0] == own(mfn + i);
        while (j < 512 && !p[j]) {
            j++;
        }
        if (j < 512 && odd++ == 0) {
            printf("#    frame %#lx, word %u: %#lx\n", mfn + i, j, p[j]);
        }
    }
    hv_update_va_mapping(window, 0, UVMF_INVLPG | UVMF_LOCAL);
    return odd;
}

static long reserve(unsigned int cmd, unsigned long nr, unsigned int order)
{
    struct xen_memory_reservation r = {
        .domid = DOMID_SELF,
        .nr_extents = nr,
        .extent_order = order,
    };

    set_xen_guest_handle(r.extent_start, frames);
    return hv_memory_op(cmd, &r);
}

/* Writes to each frame, which is not zero then when it is next given out. */
static void spoil(unsigned long mfn, unsigned long nr)
{
    for (unsigned long i = 0; i < nr; i++) {
        if (!hv_update_va_mapping(window, pte_make(mfn + i, PTE_KERN), UVMF_INVLPG | UVMF_LOCAL)) {
            *(volatile unsigned long *)window = own(mfn + i);
        }
    }
    hv_update_va_mapping(window, 0, UVMF_INVLPG | UVMF_LOCAL);
}

/* As much as there is, in extents of that order: looked at, spoiled, and given back. */
static void take_everything(unsigned int cmd, unsigned int order)
{
    static xen_pfn_t kept[BATCH * 512];
    unsigned long nr = 0, odd = 0;
    long done;

    do {
        unsigned long want = ARRAY_SIZE(kept) - nr < BATCH ? ARRAY_SIZE(kept) - nr : BATCH;

        for (unsigned int i = 0; i < BATCH; i++) {
            frames[i] = mm_nr_pages + i;
        }
        done = want ? reserve(cmd, want, order) : 0;
        for (long i = 0; i < done; i++) {
            odd += not_clean(frames[i], 1ul << order);
            spoil(frames[i], 1ul << order);
            kept[nr++] = frames[i];
        }
    } while (done == BATCH);
    printf("#    order %u: %lu extents\n", order, nr);
    EXPECT_EQ(odd, 0);
    EXPECT(nr > 0);
    while (nr) {
        frames[0] = kept[--nr];
        EXPECT_EQ(reserve(XENMEM_decrease_reservation, 1, order), 1);
    }
}

static bool setup(void)
{
    if (!window) {
        window = pt_vmap_reserve(1);
    }
    return pt_map(window, 0) == 0;
}

TEST(increased)
{
    REQUIRE(setup());
    take_everything(XENMEM_increase_reservation, 0);
}

TEST(populated)
{
    REQUIRE(setup());
    take_everything(XENMEM_populate_physmap, 5);
}

/* What comes for what went, by the frame for a block and a block for frames. */
static void exchange(unsigned int in_order, unsigned int out_order)
{
    static xen_pfn_t out[16];
    struct xen_memory_exchange x = {
        .in = { .domid = DOMID_SELF, .nr_extents = 16u >> in_order, .extent_order = in_order },
        .out = { .domid = DOMID_SELF, .nr_extents = 16u >> out_order, .extent_order = out_order },
    };

    REQUIRE_EQ(reserve(XENMEM_increase_reservation, 16u >> in_order, in_order), 16 >> in_order);
    for (unsigned int i = 0; i < 16u >> in_order; i++) {
        spoil(frames[i], 1ul << in_order);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(out); i++) {
        out[i] = mm_nr_pages + i;
    }
    set_xen_guest_handle(x.in.extent_start, frames);
    set_xen_guest_handle(x.out.extent_start, out);
    REQUIRE_EQ(hv_memory_op(XENMEM_exchange, &x), 0);
    for (unsigned int i = 0; i < 16u >> out_order; i++) {
        EXPECT_EQ(not_clean(out[i], 1ul << out_order), 0);
        frames[0] = out[i];
        EXPECT_EQ(reserve(XENMEM_decrease_reservation, 1, out_order), 1);
    }
}

TEST(exchanged)
{
    REQUIRE(setup());
    for (unsigned int i = 0; i < 20; i++) {
        exchange(0, 4);
        exchange(4, 0);
        exchange(2, 2);
    }
}

/*
 * Frames of the hypervisor's that one domain maps of another: a table that nobody has written to,
 * in frames that this domain has spoiled just before.
 */
TEST(acquired)
{
    struct xen_mem_acquire_resource x = { .type = XENMEM_resource_grant_table,
                                          .id = XENMEM_resource_grant_table_id_shared,
                                          .nr_frames = 4 };
    static xen_pfn_t list[4];
    domid_t id;

    REQUIRE(setup());
    REQUIRE_EQ(reserve(XENMEM_increase_reservation, BATCH, 0), BATCH);
    for (unsigned int i = 0; i < BATCH; i++) {
        spoil(frames[i], 1);
    }
    REQUIRE_EQ(reserve(XENMEM_decrease_reservation, BATCH, 0), BATCH);
    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    x.domid = id;
    set_xen_guest_handle(x.frame_list, list);
    EXPECT_EQ(hv_memory_op(XENMEM_acquire_resource, &x), 0);
    for (unsigned int i = 0; i < x.nr_frames; i++) {
        const volatile unsigned long *p = (const volatile unsigned long *)window;
        unsigned int j = 0;

        REQUIRE_EQ(pt_map_foreign(window, pte_make(list[i], PTE_RO), id), 0);
        while (j < 512 && !p[j]) {
            j++;
        }
        EXPECT_EQ(j, 512);
        EXPECT_EQ(pt_unmap(window), 0);
    }
    EXPECT_EQ(child_destroy_id(id), 0);
}
