/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes to page tables as plain instructions: emulated where they are legal, a page fault where
 * not.
 */
#define SUITE "ptwrite"
#include "test.h"

static unsigned long va;
static volatile pte_t *entry;
static struct trap_catch caught;

static bool setup(void)
{
    if (!va) {
        va = pt_vmap_reserve(4);
        if (pt_map(va, 0)) {
            return false;
        }
        entry = pt_walk(va, 1);
    }
    return true;
}

static void store(void *arg)
{
    *entry = *(pte_t *)arg;
}

static void store_half(void *arg)
{
    *(volatile uint32_t *)entry = (uint32_t) * (pte_t *)arg;
}

static void exchange(void *arg)
{
    pte_t *value = arg;

    __asm__ volatile("xchgq %0, %1" : "+r"(*value), "+m"(*entry));
}

static void compare_exchange(void *arg)
{
    pte_t *value = arg, old = 0;

    __asm__ volatile("lock cmpxchgq %2, %1" : "+a"(old), "+m"(*entry) : "r"(*value) : "cc");
    *value = old;
}

static void set_bit_locked(void *arg)
{
    (void)arg;
    __asm__ volatile("lock orq %1, %0" : "+m"(*entry) : "r"(PTE_AVL0) : "cc");
}

TEST(store)
{
    uint64_t *page = page_alloc(1);
    pte_t value;

    REQUIRE(setup() && page);
    page[0] = 0xfeed;
    value = pte_make(virt_to_mfn(page), PTE_KERN);
    REQUIRE(!trap_call(&caught, store, &value));
    EXPECT_EQ(pte_mfn(*entry), virt_to_mfn(page));
    EXPECT_EQ(*(volatile uint64_t *)va, 0xfeed);
    value = 0;
    EXPECT(!trap_call(&caught, store, &value));
    EXPECT_EQ(*entry, 0);
    EXPECT_EQ(hv_update_va_mapping(va, 0, UVMF_INVLPG), 0);
    page_free(page, 1);
}

TEST(store_refused)
{
    pte_t value;

    REQUIRE(setup());
    value = pte_make(virt_to_mfn(pt_root), PTE_KERN);
    EXPECT(trap_call(&caught, store, &value));
    EXPECT_EQ(caught.regs.vector, TRAP_PF);
    EXPECT_EQ(caught.regs.error, 3);
    EXPECT_EQ(caught.cr2, (unsigned long)entry);
    EXPECT_EQ(*entry, 0);
    value = pte_make(0xffffffffful, PTE_RO);
    EXPECT(trap_call(&caught, store, &value));
    EXPECT_EQ(*entry, 0);
}

TEST(exchange)
{
    void *page = page_alloc(1);
    pte_t value;

    REQUIRE(setup() && page);
    value = pte_make(virt_to_mfn(page), PTE_RO);
    EXPECT(!trap_call(&caught, exchange, &value));
    EXPECT_EQ(value, 0);
    EXPECT_EQ(pte_mfn(*entry), virt_to_mfn(page));
    value = 0;
    EXPECT(!trap_call(&caught, exchange, &value));
    EXPECT_EQ(pte_mfn(value), virt_to_mfn(page));
    EXPECT_EQ(*entry, 0);
    page_free(page, 1);
}

TEST(compare_exchange)
{
    void *page = page_alloc(1);
    pte_t value, first;

    REQUIRE(setup() && page);
    first = value = pte_make(virt_to_mfn(page), PTE_RO);
    EXPECT(!trap_call(&caught, compare_exchange, &value));
    EXPECT_EQ(value, 0);
    EXPECT_EQ(pte_mfn(*entry), virt_to_mfn(page));
    /* The second does not match and only tells what is there. */
    value = 0x1000;
    EXPECT(!trap_call(&caught, compare_exchange, &value));
    EXPECT_EQ(value & PTE_ADDR, first & PTE_ADDR);
    EXPECT_EQ(pte_mfn(*entry), virt_to_mfn(page));
    EXPECT_EQ(hv_update_va_mapping(va, 0, UVMF_INVLPG), 0);
    page_free(page, 1);
}

TEST(read_modify_write)
{
    void *page = page_alloc(1);
    pte_t value;

    REQUIRE(setup() && page);
    value = pte_make(virt_to_mfn(page), PTE_RO);
    REQUIRE(!trap_call(&caught, store, &value));
    EXPECT(!trap_call(&caught, set_bit_locked, NULL));
    EXPECT_EQ(*entry & PTE_AVL0, PTE_AVL0);
    EXPECT_EQ(hv_update_va_mapping(va, 0, UVMF_INVLPG), 0);
    page_free(page, 1);
}

/* Half an entry, not present: allowed; the other half stays. */
TEST(partial_store)
{
    pte_t value = 0x5000;

    REQUIRE(setup());
    EXPECT(!trap_call(&caught, store_half, &value));
    EXPECT_EQ(*entry, 0x5000);
    value = 0;
    EXPECT(!trap_call(&caught, store_half, &value));
    EXPECT_EQ(*entry, 0);
}

/* Only level 1 tables are written this way. */
TEST(upper_level_store)
{
    volatile pte_t *saved = entry;
    pte_t value = 0;

    REQUIRE(setup());
    entry = &pt_root[290];
    EXPECT(trap_call(&caught, store, &value));
    EXPECT_EQ(caught.regs.vector, TRAP_PF);
    entry = saved ? saved : pt_walk(va, 1);
}
