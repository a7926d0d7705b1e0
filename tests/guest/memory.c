/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op: reservations up and down, exchange, limits, the machine's maps; partial success and
 * its counts.
 */
#define SUITE "memory"
#include "test.h"
#include "child.h"

static long reserve(unsigned int cmd, domid_t domid, void *list, unsigned long nr,
                    unsigned int order)
{
    struct xen_memory_reservation r = { .domid = domid, .nr_extents = nr, .extent_order = order };

    set_xen_guest_handle(r.extent_start, list);
    return hv_memory_op(cmd, &r);
}

static long by_domid(unsigned int cmd, domid_t domid)
{
    return hv_memory_op(cmd, &domid);
}

#define MEM_MIN (128L << 8)
#define MEM_MAX (130L << 8)

TEST(counts)
{
    long current = by_domid(XENMEM_current_reservation, DOMID_SELF);
    long maximum = by_domid(XENMEM_maximum_reservation, DOMID_SELF);

    /* dom0_mem= of kernels.toml: raised to min, and no more than max ever. */
    EXPECT(current >= (long)mm_nr_pages);
    EXPECT_EQ(current, MEM_MIN);
    EXPECT_EQ(maximum, MEM_MAX);
    EXPECT_EQ(by_domid(XENMEM_current_reservation, 0), current);
    EXPECT_EQ(by_domid(XENMEM_maximum_gpfn, DOMID_SELF), 0);
    guest_shared_info->arch.max_pfn = 1000;
    EXPECT_EQ(by_domid(XENMEM_maximum_gpfn, DOMID_SELF), 999);
    guest_shared_info->arch.max_pfn = 0;
    EXPECT_EQ(by_domid(XENMEM_current_reservation, 0x7000), -ESRCH);
    EXPECT_EQ(by_domid(XENMEM_maximum_reservation, 0x7000), -ESRCH);
    EXPECT_EQ(by_domid(XENMEM_maximum_gpfn, 0x7000), -ESRCH);
    EXPECT_EQ(hv_memory_op(XENMEM_current_reservation, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_memory_op(XENMEM_maximum_gpfn, BAD_POINTER), -EFAULT);
}

TEST(maximum_ram_page)
{
    long last = hv_memory_op(XENMEM_maximum_ram_page, NULL);

    EXPECT(last > 0x1000 && last < 0x10000000);
    for (unsigned long i = 0; i < mm_nr_pages; i++) {
        if ((long)mm_p2m[i] > last) {
            REQUIRE((long)mm_p2m[i] <= last);
        }
    }
}

TEST(decrease_and_increase)
{
    void *page = page_alloc(1);
    unsigned long pfn = virt_to_pfn(page), mfn = virt_to_mfn(page), frame = mfn;
    long before = by_domid(XENMEM_current_reservation, DOMID_SELF);

    REQUIRE(page != NULL);
    /* While it is mapped the frame is given up but stays ours until the mapping goes. */
    REQUIRE_EQ(hv_update_va_mapping((unsigned long)page, 0, UVMF_INVLPG), 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, DOMID_SELF, &frame, 1, 0), 1);
    EXPECT_EQ(by_domid(XENMEM_current_reservation, DOMID_SELF), before - 1);
    frame = mfn;
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, DOMID_SELF, &frame, 1, 0), 0);
    frame = pfn;
    EXPECT_EQ(reserve(XENMEM_populate_physmap, DOMID_SELF, &frame, 1, 0), 1);
    EXPECT_EQ(by_domid(XENMEM_current_reservation, DOMID_SELF), before);
    EXPECT_EQ(machine_to_phys_mapping[frame], pfn);
    mm_p2m[pfn] = frame;
    REQUIRE_EQ(hv_update_va_mapping((unsigned long)page, pte_make(frame, PTE_KERN), UVMF_INVLPG),
               0);
    /* What comes from the hypervisor is clean. */
    for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
        if (((uint64_t *)page)[i]) {
            REQUIRE_EQ(((uint64_t *)page)[i], 0);
        }
    }
    page_free(page, 1);
}

/* A batch's element that is preempted goes on where it was: each frame is given up, and got, once.
 */
TEST(reservation_in_a_multicall)
{
    enum { NR = 16 };
    static unsigned long given[NR], got[NR];
    char *pages = page_alloc(NR);
    struct xen_memory_reservation give = { .nr_extents = NR, .domid = DOMID_SELF }, get = give;
    struct multicall_entry calls[2] = {
        { .op = __HYPERVISOR_memory_op,
          .args = { XENMEM_decrease_reservation, (unsigned long)&give } },
        { .op = __HYPERVISOR_memory_op, .args = { XENMEM_populate_physmap, (unsigned long)&get } },
    };

    REQUIRE(pages != NULL);
    for (unsigned int i = 0; i < NR; i++) {
        given[i] = virt_to_mfn(pages + i * PAGE_SIZE);
        got[i] = virt_to_pfn(pages) + i;
        REQUIRE_EQ(hv_update_va_mapping((unsigned long)pages + i * PAGE_SIZE, 0, UVMF_INVLPG), 0);
    }
    set_xen_guest_handle(give.extent_start, given);
    set_xen_guest_handle(get.extent_start, got);
    EXPECT_EQ(hv_multicall(calls, 2), 0);
    EXPECT_EQ(calls[0].result, NR);
    EXPECT_EQ(calls[1].result, NR);
    for (unsigned int i = 0; i < NR; i++) {
        mm_p2m[virt_to_pfn(pages) + i] = got[i];
        EXPECT_EQ(hv_update_va_mapping((unsigned long)pages + i * PAGE_SIZE,
                                       pte_make(got[i], PTE_KERN), UVMF_INVLPG),
                  0);
    }
    page_free(pages, NR);
}

TEST(decrease_errors)
{
    unsigned long frames[3] = { ~0ul, 0xffffffffful, virt_to_mfn(pt_root) };

    for (unsigned int i = 0; i < 3; i++) {
        unsigned long frame = frames[i];

        EXPECT_EQ(reserve(XENMEM_decrease_reservation, DOMID_SELF, &frame, 1, 0), i == 2 ? 1 : 0);
        if (i == 1) {
            break;
        }
    }
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, DOMID_SELF, BAD_POINTER, 1, 0), 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, 0x7000, frames, 1, 0), 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, DOMID_SELF, frames, 0, 0), 0);
    EXPECT_EQ(hv_memory_op(XENMEM_decrease_reservation, BAD_POINTER), 0);
}

TEST(increase_errors)
{
    unsigned long frame = 0;

    EXPECT_EQ(reserve(XENMEM_increase_reservation, 0x7000, &frame, 1, 0), 0);
    EXPECT_EQ(reserve(XENMEM_populate_physmap, 0x7000, &frame, 1, 0), 0);
    EXPECT_EQ(reserve(XENMEM_populate_physmap, DOMID_SELF, BAD_POINTER, 1, 0), 0);
    EXPECT_EQ(reserve(XENMEM_populate_physmap, DOMID_SELF, &frame, 0, 0), 0);
    EXPECT_EQ(reserve(XENMEM_increase_reservation, DOMID_SELF, &frame, 1, 60), 0);
    EXPECT_EQ(reserve(XENMEM_populate_physmap, DOMID_SELF, &frame, 1, 60), 0);
    EXPECT_EQ(reserve(XENMEM_increase_reservation, DOMID_SELF, &frame, ~0ul >> 1, 0), 0);
    EXPECT_EQ(hv_memory_op(XENMEM_populate_physmap, BAD_POINTER), 0);
}

/* max_mem is a limit: what does not fit any more is not allocated, and the count says so. */
TEST(limit_of_a_child)
{
    unsigned long frames[8];
    struct xen_domctl op;
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    child_domctl_init(&op, XEN_DOMCTL_max_mem, id);
    op.u.max_mem.max_memkb = 16;
    EXPECT_EQ(hv_domctl(&op), 0);
    EXPECT_EQ(by_domid(XENMEM_maximum_reservation, id), 4);
    for (unsigned int i = 0; i < 8; i++) {
        frames[i] = i;
    }
    EXPECT_EQ(reserve(XENMEM_populate_physmap, id, frames, 8, 0), 4);
    EXPECT_EQ(by_domid(XENMEM_current_reservation, id), 4);
    EXPECT_EQ(by_domid(XENMEM_maximum_gpfn, id), 0);
    frames[0] = 9;
    EXPECT_EQ(reserve(XENMEM_populate_physmap, id, frames, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(populate_order_nine)
{
    static unsigned long frames[1];
    struct xen_domctl op;
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    child_domctl_init(&op, XEN_DOMCTL_max_mem, id);
    op.u.max_mem.max_memkb = 4096;
    EXPECT_EQ(hv_domctl(&op), 0);
    frames[0] = 512;
    EXPECT_EQ(reserve(XENMEM_populate_physmap, id, frames, 1, 9), 1);
    EXPECT_EQ(frames[0] & 511, 0);
    EXPECT_EQ(by_domid(XENMEM_current_reservation, id), 512);
    EXPECT_EQ(machine_to_phys_mapping[frames[0]], 512);
    EXPECT_EQ(machine_to_phys_mapping[frames[0] + 511], 1023);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(exchange)
{
    enum { NR = 4 };
    unsigned long in[NR], out[NR];
    char *pages = page_alloc(NR);
    struct xen_memory_exchange x = {
        .in = { .nr_extents = NR, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .extent_order = 2, .domid = DOMID_SELF },
    };

    REQUIRE(pages != NULL);
    for (unsigned int i = 0; i < NR; i++) {
        in[i] = virt_to_mfn(pages + i * PAGE_SIZE);
        REQUIRE_EQ(hv_update_va_mapping((unsigned long)pages + i * PAGE_SIZE, 0, UVMF_INVLPG), 0);
    }
    out[0] = virt_to_pfn(pages);
    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, out);
    EXPECT_EQ(hv_memory_op(XENMEM_exchange, &x), 0);
    EXPECT_EQ(x.nr_exchanged, NR);
    EXPECT_EQ(out[0] & 3, 0);
    for (unsigned int i = 0; i < NR; i++) {
        unsigned long pfn = virt_to_pfn(pages) + i;

        EXPECT_EQ(machine_to_phys_mapping[out[0] + i], pfn);
        mm_p2m[pfn] = out[0] + i;
        EXPECT_EQ(hv_update_va_mapping((unsigned long)pages + i * PAGE_SIZE,
                                       pte_make(out[0] + i, PTE_KERN), UVMF_INVLPG),
                  0);
    }
    page_free(pages, NR);
}

TEST(exchange_errors)
{
    unsigned long in = ~0ul, out = 0;
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 1, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .domid = DOMID_SELF },
    };

    set_xen_guest_handle(x.in.extent_start, &in);
    set_xen_guest_handle(x.out.extent_start, &out);
    EXPECT_EQ(hv_memory_op(XENMEM_exchange, &x), -EINVAL);
    x.nr_exchanged = 5;
    EXPECT_EQ(hv_memory_op(XENMEM_exchange, &x), -EINVAL);
    x.nr_exchanged = 0;
    x.out.nr_extents = 2;
    EXPECT_EQ(hv_memory_op(XENMEM_exchange, &x), -EINVAL);
    x.out.nr_extents = 1;
    x.out.domid = 1;
    EXPECT_EQ(hv_memory_op(XENMEM_exchange, &x), -EINVAL);
    x.out.domid = DOMID_SELF;
    set_xen_guest_handle(x.in.extent_start, HV_POINTER);
    EXPECT_EQ(hv_memory_op(XENMEM_exchange, &x), -EFAULT);
    EXPECT_EQ(hv_memory_op(XENMEM_exchange, BAD_POINTER), -EFAULT);
}

/* Where the answer cannot go is seen before a frame is given up for it. */
TEST(exchange_without_place_for_the_answer)
{
    unsigned long in;
    char *page = page_alloc(1);
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 1, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .domid = DOMID_SELF },
    };

    REQUIRE(page != NULL);
    page[0] = 0x5a;
    in = virt_to_mfn(page);
    REQUIRE_EQ(hv_update_va_mapping((unsigned long)page, 0, UVMF_INVLPG), 0);
    set_xen_guest_handle(x.in.extent_start, &in);
    set_xen_guest_handle(x.out.extent_start, HV_POINTER);
    EXPECT_EQ(hv_memory_op(XENMEM_exchange, &x), -EFAULT);
    /* A list that ends there; what of it is done already does not count. */
    x.in.nr_extents = x.out.nr_extents = x.nr_exchanged = ((unsigned long)HV_POINTER -
                                                           (unsigned long)&in) /
                                                          sizeof(in);
    x.in.nr_extents = x.out.nr_extents += 1;
    set_xen_guest_handle(x.out.extent_start, &in);
    EXPECT_EQ(hv_memory_op(XENMEM_exchange, &x), -EFAULT);
    REQUIRE_EQ(hv_update_va_mapping((unsigned long)page, pte_make(in, PTE_KERN), UVMF_INVLPG), 0);
    EXPECT_EQ(page[0], 0x5a);
    page_free(page, 1);
}

TEST(machphys_mapping)
{
    struct xen_machphys_mapping m = { 0 };

    EXPECT_EQ(hv_memory_op(XENMEM_machphys_mapping, &m), 0);
    EXPECT_EQ(m.v_start, MACH2PHYS_VIRT_START);
    EXPECT_EQ(m.v_end, MACH2PHYS_VIRT_END);
    EXPECT_EQ(m.max_mfn, hv_memory_op(XENMEM_maximum_ram_page, NULL) - 1);
    EXPECT_EQ(hv_memory_op(XENMEM_machphys_mapping, BAD_POINTER), -EFAULT);
}

TEST(machphys_mfn_list)
{
    static xen_pfn_t frames[64];
    struct xen_machphys_mfn_list l = { .max_extents = 64 };

    set_xen_guest_handle(l.extent_start, frames);
    EXPECT_EQ(hv_memory_op(XENMEM_machphys_mfn_list, &l), 0);
    EXPECT(l.nr_extents >= 1 && l.nr_extents <= 64);
    EXPECT(frames[0] != 0);
    l.max_extents = 0;
    EXPECT_EQ(hv_memory_op(XENMEM_machphys_mfn_list, &l), 0);
    EXPECT_EQ(l.nr_extents, 0);
    EXPECT_EQ(hv_memory_op(XENMEM_machphys_mfn_list, BAD_POINTER), -EFAULT);
}

#define E820_ENTRY_SIZE 20
#define E820_RESERVED   2

/* Whether an entry of the map is reserved and has the address in it. */
static bool map_reserves(const uint8_t *entries, unsigned int nr, uint64_t addr)
{
    for (unsigned int i = 0; i < nr; i++) {
        const uint8_t *e = entries + i * E820_ENTRY_SIZE;
        uint64_t start = *(const uint64_t *)e, size = *(const uint64_t *)(e + 8);

        if (addr >= start && addr - start < size) {
            return *(const uint32_t *)(e + 16) == E820_RESERVED;
        }
    }
    return false;
}

/* Firmware's, with what the hypervisor keeps for itself in between: APICs, and where messages to
 * them go. */
TEST(memory_map)
{
    static uint8_t entries[32 * E820_ENTRY_SIZE];
    struct xen_memory_map map = { .nr_entries = 32 };
    unsigned int nr;

    set_xen_guest_handle(map.buffer, entries);
    EXPECT_EQ(hv_memory_op(XENMEM_machine_memory_map, &map), 0);
    EXPECT(map.nr_entries >= 2 && map.nr_entries < 32);
    EXPECT_EQ(*(uint64_t *)entries, 0);
    nr = map.nr_entries;
    EXPECT(map_reserves(entries, nr, 0xfec00000));
    EXPECT(map_reserves(entries, nr, 0xfee00000));
    EXPECT(map_reserves(entries, nr, 0xfeeff000));
    EXPECT(!map_reserves(entries, nr, 0xfef00000));
    map.nr_entries = nr + 1;
    EXPECT_EQ(hv_memory_op(XENMEM_machine_memory_map, &map), 0);
    EXPECT_EQ(map.nr_entries, nr);
    map.nr_entries = nr;
    EXPECT_EQ(hv_memory_op(XENMEM_machine_memory_map, &map), -EINVAL);
    map.nr_entries = 1;
    EXPECT_EQ(hv_memory_op(XENMEM_machine_memory_map, &map), -EINVAL);
    EXPECT_EQ(hv_memory_op(XENMEM_machine_memory_map, BAD_POINTER), -EFAULT);
    map.nr_entries = 32;
    EXPECT_EQ(hv_memory_op(XENMEM_memory_map, &map), -ENOSYS);
}

TEST(unknown)
{
    EXPECT_EQ(hv_memory_op(8, NULL), -ENOSYS);
    EXPECT_EQ(hv_memory_op(60, NULL), -ENOSYS);
    EXPECT_EQ(hv_memory_op(63, NULL), -ENOSYS);
    EXPECT_EQ(hv_memory_op(XENMEM_add_to_physmap, BAD_POINTER), -EFAULT);
}

ROLE(memory)
{
    static uint8_t buffer[256];
    struct xen_memory_map map = { .nr_entries = 4 };
    domid_t zero = 0, self = DOMID_SELF;
    unsigned long frame = 0;

    set_xen_guest_handle(map.buffer, buffer);
    printf("REPORT current %ld\n", hv_memory_op(XENMEM_current_reservation, &self));
    printf("REPORT foreign %ld\n", hv_memory_op(XENMEM_current_reservation, &zero));
    printf("REPORT map %ld\n", hv_memory_op(XENMEM_machine_memory_map, &map));
    printf("REPORT ram %d\n", hv_memory_op(XENMEM_maximum_ram_page, NULL) > 0);
    printf("REPORT take %ld\n", reserve(XENMEM_decrease_reservation, 0, &frame, 1, 0));
    printf("REPORT give %ld\n", reserve(XENMEM_populate_physmap, 0, &frame, 1, 0));
    printf("REPORT more %ld\n", reserve(XENMEM_populate_physmap, DOMID_SELF, &frame, 1, 0));
    printf("REPORT order %ld\n", reserve(XENMEM_populate_physmap, DOMID_SELF, &frame, 1, 10));
    return SHUTDOWN_poweroff;
}

TEST(from_domu)
{
    static const struct {
        const char *key;
        long want;
    } reports[] = {
        { "current", 1024 }, { "foreign", -EPERM }, { "map", -EPERM }, { "ram", 1 },
        { "take", 0 },       { "give", 0 },         { "more", 0 },     { "order", 0 },
    };
    static struct child c;

    REQUIRE_EQ(child_run(&c, "role=memory", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    for (unsigned int i = 0; i < ARRAY_SIZE(reports); i++) {
        long value = -999;

        if (!EXPECT(child_reported(&c, reports[i].key, &value)) ||
            !EXPECT_EQ(value, reports[i].want)) {
            printf("#    report %s\n", reports[i].key);
        }
    }
}
