/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frame that could be written to becomes a table when no CPU has a writable translation of it any
 * more: also on an image whose stamps of the last use go round every few flushes, and for a CPU
 * that has not flushed for longer than that.
 */
#define SUITE "stamps"
#include "test.h"

static volatile unsigned long *alias; /* the frame's writable mapping, in the other CPU's TLB */
static volatile unsigned long value, writes;
static volatile bool stop, faulted;

static void write_on(void *arg)
{
    (void)arg;
    while (!stop) {
        *alias = value;
        writes++;
        __asm__ volatile("pause");
    }
}

static void writer(void *arg)
{
    static struct trap_catch catch;

    (void)arg;
    faulted = trap_call(&catch, write_on, NULL);
}

/* So many flushes of this CPU alone. */
static void flush_here(unsigned int nr)
{
    struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

    while (nr--) {
        EXPECT_EQ(hv_mmuext_op(&flush, 1, NULL, DOMID_SELF), 0);
    }
}

/* The writable mapping goes without a flush, as a guest may, and the frame becomes a table. */
static void becomes_table(unsigned long va, volatile pte_t *page)
{
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE }, unpin = { .cmd = MMUEXT_UNPIN_TABLE };
    pin.arg1.mfn = unpin.arg1.mfn = virt_to_mfn((void *)page);
    EXPECT_EQ(pt_write_entry(pt_walk(va, 1), pte_make(pin.arg1.mfn, PTE_RO)), 0);
    EXPECT_EQ(hv_mmuext_op(&pin, 1, NULL, DOMID_SELF), 0);
    /* What no table may have: a writable mapping of the root. Writing it is refused, by a fault. */
    value = pte_make(virt_to_mfn(pt_root), PTE_KERN);
    for (uint64_t end = time_now() + NSEC_PER_SEC; time_now() < end && !faulted && !page[0];) {
        __asm__ volatile("pause");
    }
    EXPECT(faulted);
    EXPECT_EQ(page[0], 0);
    EXPECT_EQ(hv_mmuext_op(&unpin, 1, NULL, DOMID_SELF), 0);
}

TEST(lagging_cpu)
{
    unsigned long va = pt_vmap_reserve(1);
    pte_t *page = page_alloc(1);

    REQUIRE(page != NULL);
    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(pt_set_readonly(page), 0);
    for (unsigned int flushes = 0; flushes < 150; flushes += 7) {
        REQUIRE_EQ(pt_map(va, pte_make(virt_to_mfn(page), PTE_KERN)), 0);
        alias = (volatile unsigned long *)va;
        value = writes = 0;
        stop = faulted = false;
        REQUIRE_EQ(smp_start(1, writer, NULL), 0);
        while (!writes) {
        }
        flush_here(flushes);
        becomes_table(va, page);
        stop = true;
        smp_join(1);
    }
    EXPECT_EQ(pt_unmap(va), 0);
    EXPECT_EQ(pt_set_writable(page), 0);
    page_free(page, 1);
}
