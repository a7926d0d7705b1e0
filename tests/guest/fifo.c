/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO event ABI: initialisation and its errors, delivery, order within and between priorities,
 * growth of the array, and the way back by reset.
 */
#define SUITE "fifo"
#include "test.h"

#define MAX_ORDER 64

static unsigned int order[MAX_ORDER];
static volatile unsigned long nr_order;

static void record(evtchn_port_t port, void *arg)
{
    (void)port;
    if (nr_order < MAX_ORDER) {
        order[nr_order++] = (unsigned int)(unsigned long)arg;
    }
}

static long init(uint64_t gfn, uint32_t offset, uint32_t vcpu)
{
    struct evtchn_init_control op = { .control_gfn = gfn, .offset = offset, .vcpu = vcpu };

    return hv_event_channel_op(EVTCHNOP_init_control, &op);
}

static long expand(uint64_t gfn)
{
    struct evtchn_expand_array op = { .array_gfn = gfn };

    return hv_event_channel_op(EVTCHNOP_expand_array, &op);
}

static long priority(evtchn_port_t port, uint32_t prio)
{
    struct evtchn_set_priority op = { .port = port, .priority = prio };

    return hv_event_channel_op(EVTCHNOP_set_priority, &op);
}

static void leave_fifo(void)
{
    struct evtchn_reset op = { .dom = DOMID_SELF };

    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_reset, &op), 0);
    event_fifo_forget();
    event_init();
}

TEST(init_errors)
{
    void *page = page_alloc(1);
    unsigned long mfn = virt_to_mfn(page);

    REQUIRE(page != NULL);
    EXPECT_EQ(expand(mfn), -EOPNOTSUPP);
    EXPECT_EQ(init(~0ul, 0, 0), -EINVAL);
    EXPECT_EQ(init(0xffffffffful, 0, 0), -EINVAL);
    EXPECT_EQ(init(mfn, 0, 2), -ENOENT);
    EXPECT_EQ(init(mfn, 0, ~0u), -ENOENT);
    EXPECT_EQ(init(mfn, PAGE_SIZE, 0), -EINVAL);
    EXPECT_EQ(init(mfn, PAGE_SIZE - 64, 0), -EINVAL);
    EXPECT_EQ(init(mfn, 4, 0), -EINVAL);
    EXPECT_EQ(init(mfn, ~7u, 0), -EINVAL);
    EXPECT_EQ(init(virt_to_mfn(pt_root), 0, 0), -EINVAL);
    page_free(page, 1);
}

TEST(init_and_leave)
{
    struct evtchn_init_control op = { .vcpu = 0 };
    void *page = page_alloc(1);

    REQUIRE_EQ(event_fifo_init(), 0);
    op.control_gfn = virt_to_mfn(page);
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_init_control, &op), -EINVAL);
    EXPECT_EQ(expand(~0ul), -EINVAL);
    EXPECT_EQ(expand(virt_to_mfn(pt_root)), -EINVAL);
    leave_fifo();
    /* Back on two levels, everything works as before. */
    evtchn_port_t port;

    REQUIRE_EQ(event_bind_ipi(0, &port), 0);
    EXPECT_EQ(event_send(port), 0);
    EXPECT(event_pending(port));
    EXPECT_EQ(event_close(port), 0);
    page_free(page, 1);
}

TEST(link_bits)
{
    struct evtchn_init_control op = { .vcpu = 0 };
    void *page = page_alloc(1);

    op.control_gfn = virt_to_mfn(page);
    op.offset = 8;
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_init_control, &op), 0);
    EXPECT_EQ(op.link_bits, EVTCHN_FIFO_LINK_BITS);
    leave_fifo();
    page_free(page, 1);
}

TEST(delivery)
{
    evtchn_port_t port;

    REQUIRE_EQ(event_fifo_init(), 0);
    REQUIRE_EQ(event_bind_ipi(0, &port), 0);
    event_mask(port);
    nr_order = 0;
    event_set_handler(port, record, (void *)1);
    EXPECT_EQ(event_send(port), 0);
    EXPECT(event_pending(port));
    EXPECT_EQ(nr_order, 0);
    EXPECT_EQ(event_unmask(port), 0);
    EXPECT_EQ(nr_order, 1);
    EXPECT(!event_pending(port));
    EXPECT_EQ(event_send(port), 0);
    EXPECT_EQ(nr_order, 2);
    EXPECT_EQ(*event_fifo_word(port) & (1u << EVTCHN_FIFO_LINKED), 0);
    EXPECT_EQ(event_close(port), 0);
    leave_fifo();
}

TEST(first_in_first_out)
{
    enum { NR = 16 };
    evtchn_port_t ports[NR];

    REQUIRE_EQ(event_fifo_init(), 0);
    nr_order = 0;
    for (unsigned int i = 0; i < NR; i++) {
        REQUIRE_EQ(event_bind_ipi(0, &ports[i]), 0);
        event_set_handler(ports[i], record, (void *)(unsigned long)i);
        EXPECT_EQ(event_unmask(ports[i]), 0);
    }
    events_mask();
    for (unsigned int i = 0; i < NR; i++) {
        EXPECT_EQ(event_send(ports[(i * 7) % NR]), 0);
    }
    events_unmask();
    EXPECT_EQ(nr_order, NR);
    for (unsigned int i = 0; i < NR; i++) {
        EXPECT_EQ(order[i], (i * 7) % NR);
    }
    leave_fifo();
}

TEST(priorities)
{
    enum { NR = 16 };
    evtchn_port_t ports[NR];

    REQUIRE_EQ(event_fifo_init(), 0);
    nr_order = 0;
    for (unsigned int i = 0; i < NR; i++) {
        REQUIRE_EQ(event_bind_ipi(0, &ports[i]), 0);
        event_set_handler(ports[i], record, (void *)(unsigned long)i);
        EXPECT_EQ(priority(ports[i], i), 0);
        EXPECT_EQ(event_unmask(ports[i]), 0);
    }
    events_mask();
    for (unsigned int i = NR; i-- > 0;) {
        EXPECT_EQ(event_send(ports[i]), 0);
    }
    events_unmask();
    EXPECT_EQ(nr_order, NR);
    for (unsigned int i = 0; i < NR; i++) {
        EXPECT_EQ(order[i], i);
    }
    EXPECT_EQ(priority(ports[0], 16), -EINVAL);
    EXPECT_EQ(priority(ports[0], ~0u), -EINVAL);
    EXPECT_EQ(priority(0, 3), -EACCES);
    EXPECT_EQ(priority(1u << 20, 3), -EINVAL);
    leave_fifo();
}

/* More ports than one page holds need a second page; an event on a port without a word is kept. */
TEST(array_growth)
{
    evtchn_port_t port = 0, last = 0;
    void *page = page_alloc(1);

    REQUIRE_EQ(event_fifo_init(), 0);
    while (last < 1100) {
        REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &last), 0);
    }
    REQUIRE_EQ(event_bind_ipi(0, &port), 0);
    EXPECT(port > 1023);
    EXPECT_EQ(event_send(port), 0);
    EXPECT_EQ(expand(virt_to_mfn(page)), 0);
    /* The hypervisor marks what was sent before the page was there. */
    EXPECT(((volatile event_word_t *)page)[port - 1024] & (1u << EVTCHN_FIFO_PENDING));
    EXPECT_EQ(event_send(port), 0);
    EXPECT(((volatile event_word_t *)page)[port - 1024] & (1u << EVTCHN_FIFO_PENDING));
    leave_fifo();
    page_free(page, 1);
}

TEST(array_limit)
{
    enum { NR = 128 };
    char *pages = page_alloc(NR);
    unsigned int added = 0;
    long rc = 0;

    REQUIRE(pages != NULL);
    REQUIRE_EQ(event_fifo_init(), 0);
    for (unsigned int i = 0; i < NR && !rc; i++) {
        rc = expand(virt_to_mfn(pages + i * PAGE_SIZE));
        added += rc == 0;
    }
    EXPECT_EQ(rc, -ENOSPC);
    EXPECT_EQ(added, 127);
    leave_fifo();
    page_free(pages, NR);
}

/* Past the 2-level ABI's 4096. */
TEST(many_ports)
{
    evtchn_port_t port = 0;
    unsigned int nr = 0;

    REQUIRE_EQ(event_fifo_init(), 0);
    while (nr < 6000 && event_alloc_unbound(DOMID_SELF, DOMID_SELF, &port) == 0) {
        nr++;
    }
    EXPECT_EQ(nr, 6000);
    EXPECT(port >= 6000);
    leave_fifo();
}

/* Pages in use by the array cannot become page tables, and are writable again after reset. */
TEST(pages_are_pinned)
{
    void *page = page_alloc(1);
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };

    REQUIRE_EQ(event_fifo_init(), 0);
    REQUIRE_EQ(expand(virt_to_mfn(page)), 0);
    memset(page, 0, PAGE_SIZE);
    EXPECT_EQ(pt_set_readonly(page), 0);
    pin.arg1.mfn = virt_to_mfn(page);
    EXPECT_EQ(hv_mmuext_op(&pin, 1, NULL, DOMID_SELF), -EINVAL);
    leave_fifo();
    EXPECT_EQ(hv_mmuext_op(&pin, 1, NULL, DOMID_SELF), 0);
    pin.cmd = MMUEXT_UNPIN_TABLE;
    EXPECT_EQ(hv_mmuext_op(&pin, 1, NULL, DOMID_SELF), 0);
    EXPECT_EQ(pt_set_writable(page), 0);
    page_free(page, 1);
}

static volatile unsigned long taken;
static volatile bool stop;

static void on_flood(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    taken++;
}

static void flood_target(void *arg)
{
    (void)arg;
    while (!stop) {
        cpu_relax();
    }
}

/* Waits until more than this has been taken, and nothing is left to take. */
static bool flood_taken(evtchn_port_t port, unsigned long more_than)
{
    uint64_t end = time_now() + 5 * NSEC_PER_SEC;

    while ((taken <= more_than || event_pending(port)) && time_now() < end) {
        hv_sched_op(SCHEDOP_yield, NULL);
    }
    return taken > more_than && !event_pending(port);
}

/* Two vCPUs, one sends as fast as it can: no event is lost for good. */
TEST(flood_between_vcpus)
{
    evtchn_port_t port;
    unsigned long before;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(event_fifo_init(), 0);
    stop = false;
    taken = 0;
    REQUIRE_EQ(smp_start(1, flood_target, NULL), 0);
    REQUIRE_EQ(event_bind_ipi(1, &port), 0);
    event_set_handler(port, on_flood, NULL);
    EXPECT_EQ(event_unmask(port), 0);
    for (unsigned int i = 0; i < 5000; i++) {
        if (event_send(port)) {
            REQUIRE_EQ(i, 5000);
        }
    }
    EXPECT(flood_taken(port, 0));
    before = taken;
    EXPECT_EQ(event_send(port), 0);
    EXPECT(flood_taken(port, before));
    stop = true;
    EXPECT_EQ(smp_join(1), 0);
    leave_fifo();
}
