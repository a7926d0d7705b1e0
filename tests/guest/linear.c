/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linear page tables at a domain's death: tables that nothing but another table's linear entries
 * keeps go with that one, in as many parts as it takes, and the domain with them.
 */
#define SUITE "linear"
#include "test.h"
#include "child.h"

#define FIRST     280u /* a slot of a root that nobody uses */
#define MAX_ROOTS 8u

/* Frames are visited in the order in which they came to the domain, which is that of addresses. */
static void sort(pte_t *table[], unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        for (unsigned int j = i; j && table[j] < table[j - 1]; j--) {
            pte_t *swap = table[j];

            table[j] = table[j - 1];
            table[j - 1] = swap;
        }
    }
}

/* An L3 table with so many L1 tables of 512 mappings each below it. */
static pte_t *tree(unsigned int nr_l1)
{
    pte_t *l3 = page_alloc(1), *l2 = NULL, *leaf = page_alloc(1);

    for (unsigned int i = 0; i < nr_l1; i++) {
        pte_t *l1 = page_alloc(1);

        for (unsigned int j = 0; j < 512; j++) {
            l1[j] = pte_make(virt_to_mfn(leaf), PTE_RO);
        }
        if (i % 512 == 0) {
            l2 = page_alloc(1);
            l3[i / 512] = pte_make(virt_to_mfn(l2), PTE_TABLE);
        }
        l2[i % 512] = pte_make(virt_to_mfn(l1), PTE_TABLE);
        pt_set_readonly(l1);
    }
    for (unsigned int i = 0; i * 512 < nr_l1; i++) {
        pt_set_readonly(mfn_to_virt(pte_mfn(l3[i])));
    }
    pt_set_readonly(l3);
    return l3;
}

/*
 * Pins roots with much below each, and one more, whose linear entries name them. That one comes
 * last in the domain's list: when the pins of the others go, its entries are all that is left.
 */
static int pin_roots(unsigned int nr, unsigned int nr_l1)
{
    pte_t *root[MAX_ROOTS + 1];
    long rc = 0;

    for (unsigned int i = 0; i <= nr; i++) {
        root[i] = page_alloc(1);
    }
    sort(root, nr + 1);
    for (unsigned int i = 0; i < nr; i++) {
        pte_t *l3[2] = { tree(nr_l1), tree(1) };

        for (unsigned int j = 0; j < 8; j++) {
            root[i][FIRST + j] = pte_make(virt_to_mfn(l3[j & 1]), PTE_TABLE);
        }
        root[nr][FIRST + i] = pte_make(virt_to_mfn(root[i]), PTE_RO);
    }
    for (unsigned int i = 0; i <= nr && !rc; i++) {
        struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };

        pin.arg1.mfn = virt_to_mfn(root[i]);
        rc = pt_set_readonly(root[i]);
        if (!rc) {
            rc = hv_mmuext_op(&pin, 1, NULL, DOMID_SELF);
        }
    }
    printf("REPORT pinned %ld\n", rc);
    return SHUTDOWN_poweroff;
}

ROLE(linear_roots)
{
    return pin_roots(2, 1);
}

ROLE(linear_trees)
{
    return pin_roots(4, 700);
}

/* While the domain goes, this one's other vCPU sends events, so that its death is preempted. */
static evtchn_port_t port;
static volatile bool quiet;

static void heard(evtchn_port_t from, void *arg)
{
    (void)from;
    (void)arg;
}

static void send_events(void *arg)
{
    (void)arg;
    while (!quiet) {
        event_send(port);
    }
}

static void dies_with_all(const char *cmdline, unsigned int megabytes)
{
    static struct child c;
    struct child_options o = { .cmdline = cmdline, .megabytes = megabytes };
    long value = -1, before = child_settle();

    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 30 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&c, "pinned", &value));
    EXPECT_EQ(value, 0);
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT(child_settles_to(before));
}

TEST(roots_at_death)
{
    dies_with_all("role=linear_roots", 4);
}

TEST(trees_at_death)
{
    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(event_bind_ipi(0, &port), 0);
    event_set_handler(port, heard, NULL);
    event_unmask(port);
    quiet = false;
    REQUIRE_EQ(smp_start(1, send_events, NULL), 0);
    dies_with_all("role=linear_trees", 32);
    quiet = true;
    smp_join(1);
    event_close(port);
}
