/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hostile guests: every hypercall with boundary values from dom0's safe set, and random hypercalls
 * from a domU. The host must live, and the domU's death must be its own.
 */
#define SUITE "hostile"
#include "test.h"
#include "child.h"

static const unsigned long edges[] = {
    0,
    1,
    7,
    31,
    32,
    63,
    64,
    4095,
    4096,
    0x7fff,
    0x7ff0,
    0x7ff1,
    0x7ff2,
    0x7ff3,
    0x7ff4,
    0xffff,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x100000000,
    0x00007fffffffffff,
    0x0000800000000000,
    0xffff7fffffffffff,
    0xffff800000000000,
    0xffff82d000000000,
    0xffff830000000000,
    0xffff880000000000,
    0xffffffff80000000,
    0x7fffffffffffffff,
    0x8000000000000000,
    ~0ul - 4095,
    ~0ul,
};

static uint64_t seed;

static uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* A page that holds random numbers and edges: what structures are made of. */
static uint64_t *noise;

static unsigned long pick(void)
{
    switch (random64() % 6) {
    case 0:
        return random64();
    case 1:
        return random64() & 0xff;
    case 2:
    case 3:
        return edges[random64() % ARRAY_SIZE(edges)];
    default:
        return (unsigned long)noise + (random64() & 0xff8);
    }
}

static void refill(void)
{
    for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
        noise[i] = random64() % 3 ? edges[random64() % ARRAY_SIZE(edges)] : random64() & 0xffff;
    }
}

/* What would only end the domain at once, or stop it for good, teaches nothing. */
static bool pointless(unsigned int nr, unsigned long a1)
{
    switch (nr) {
    case __HYPERVISOR_iret:
    case __HYPERVISOR_set_trap_table:
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_stack_switch:
    case __HYPERVISOR_callback_op:
        return true;
    case __HYPERVISOR_set_segment_base:
        return true;
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_sched_op_compat:
        return (a1 & 0xffffffff) != SCHEDOP_yield && (a1 & 0xffffffff) < 8;
    case __HYPERVISOR_vcpu_op:
        return (a1 & 0xffffffff) == VCPUOP_down || (a1 & 0xffffffff) == VCPUOP_initialise;
    case __HYPERVISOR_update_va_mapping:
        return a1 >= VIRT_BASE;
    default:
        return false;
    }
}

static void fuzz(unsigned int rounds)
{
    for (unsigned int i = 0; i < rounds; i++) {
        unsigned int nr = (unsigned int)(random64() % 56);
        unsigned long a1 = random64() % 2 ? random64() % 24 : pick();

        if (i % 16 == 0) {
            refill();
        }
        if (!pointless(nr, a1)) {
            hypercall(nr, a1, pick(), pick(), pick(), pick());
        }
        events_mask();
    }
}

ROLE(fuzz)
{
    const char *at = strstr((const char *)guest_start_info->cmd_line, "seed=");

    seed = at ? strtoul(at + 5, NULL, 0) * 0x9e3779b97f4a7c15ul + 1 : 1;
    noise = page_alloc(1);
    hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    events_mask();
    fuzz(20000);
    return SHUTDOWN_poweroff;
}

/* Any end will do for the domU; the host must go on, and must get everything back. */
TEST(random_hypercalls)
{
    static struct child c;
    char line[64];
    domid_t id;

    for (unsigned int i = 1; i <= 12; i++) {
        struct child_options o = { .cmdline = line };
        long rc;

        snprintf(line, sizeof(line), "role=fuzz seed=%u", i);
        REQUIRE_EQ(child_create(&c, &o), 0);
        rc = child_wait(&c, NSEC_PER_SEC);
        EXPECT(rc >= 0 || rc == -ETIME);
        if (!EXPECT_EQ(child_destroy(&c), 0)) {
            printf("#    seed %u\n", i);
        }
    }
    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    EXPECT_EQ(child_destroy_id(id), 0);
}

/* Every edge as the only argument of the operations that take a plain number or pointer. */
TEST(edges_as_arguments)
{
    static const unsigned int calls[] = {
        __HYPERVISOR_mmu_update,
        __HYPERVISOR_memory_op,
        __HYPERVISOR_multicall,
        __HYPERVISOR_xen_version,
        __HYPERVISOR_vm_assist,
        __HYPERVISOR_mmuext_op,
        __HYPERVISOR_nmi_op,
        __HYPERVISOR_event_channel_op,
        __HYPERVISOR_physdev_op,
        __HYPERVISOR_get_debugreg,
        __HYPERVISOR_sysctl,
        __HYPERVISOR_domctl,
        __HYPERVISOR_update_descriptor,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        for (unsigned int j = 0; j < ARRAY_SIZE(edges); j++) {
            if (edges[j] >= VIRT_BASE) {
                continue;
            }
            hypercall(calls[i], edges[j], (unsigned long)BAD_POINTER, 1, DOMID_SELF, 0);
        }
    }
    EXPECT_EQ(hv_xen_version(XENVER_version, NULL), test_xen_version());
}

/* Entries flipped by another vCPU between check and use (I1): never a type that was not validated.
 */
static volatile bool flip_stop;
static struct mmu_update flip_req;
static pte_t flip_good, flip_bad;

static void flipper(void *arg)
{
    (void)arg;
    while (!flip_stop) {
        *(volatile uint64_t *)&flip_req.val = flip_bad;
        *(volatile uint64_t *)&flip_req.val = flip_good;
    }
}

TEST(flipped_request)
{
    unsigned long va = pt_vmap_reserve(1);
    void *page = page_alloc(1);
    unsigned int refused = 0, taken = 0;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(pt_map(va, 0), 0);
    flip_good = pte_make(virt_to_mfn(page), PTE_KERN);
    flip_bad = pte_make(virt_to_mfn(pt_root), PTE_KERN);
    flip_req.ptr = virt_to_maddr(pt_walk(va, 1));
    flip_req.val = flip_good;
    flip_stop = false;
    REQUIRE_EQ(smp_start(1, flipper, NULL), 0);
    for (unsigned int i = 0; i < 20000; i++) {
        long rc = hv_mmu_update(&flip_req, 1, NULL, DOMID_SELF);
        pte_t now = *(volatile pte_t *)pt_walk(va, 1);

        refused += rc != 0;
        taken += rc == 0;
        if (pte_mfn(now) == virt_to_mfn(pt_root)) {
            REQUIRE(pte_mfn(now) != virt_to_mfn(pt_root));
        }
    }
    flip_stop = true;
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(refused + taken, 20000);
    EXPECT(taken > 0);
    EXPECT_EQ(pt_unmap(va), 0);
    page_free(page, 1);
}

/* Two vCPUs pin, unpin and map the same page; in the end it is an ordinary page again. */
static void *fight_page;
static volatile bool fight_stop;

static void fighter(void *arg)
{
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE }, unpin = { .cmd = MMUEXT_UNPIN_TABLE };

    (void)arg;
    pin.arg1.mfn = unpin.arg1.mfn = virt_to_mfn(fight_page);
    while (!fight_stop) {
        hv_mmuext_op(&pin, 1, NULL, DOMID_SELF);
        hv_mmuext_op(&unpin, 1, NULL, DOMID_SELF);
    }
}

TEST(pin_against_map)
{
    unsigned int writable = 0;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    fight_page = page_alloc(1);
    fight_stop = false;
    REQUIRE_EQ(pt_set_readonly(fight_page), 0);
    REQUIRE_EQ(smp_start(1, fighter, NULL), 0);
    for (unsigned int i = 0; i < 3000; i++) {
        long rc = pt_set_writable(fight_page);

        writable += rc == 0;
        if (rc == 0) {
            pt_set_readonly(fight_page);
        } else if (rc != -EBUSY && rc != -EINVAL) {
            REQUIRE_EQ(rc, -EBUSY);
        }
    }
    fight_stop = true;
    EXPECT_EQ(smp_join(1), 0);
    EXPECT(writable > 0);
    EXPECT_EQ(pt_set_writable(fight_page), 0);
    page_free(fight_page, 1);
}
