/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: each operation with each of its errors, states and notifications, over the
 * 2-level ABI.
 */
#define SUITE "evtchn"
#include "test.h"
#include "child.h"

#define NO_DOMAIN 0x7000

static long status(evtchn_port_t port, struct evtchn_status *s)
{
    memset(s, 0, sizeof(*s));
    s->dom = DOMID_SELF;
    s->port = port;
    return hv_event_channel_op(EVTCHNOP_status, s);
}

static uint32_t state_of(evtchn_port_t port)
{
    struct evtchn_status s;

    return status(port, &s) ? ~0u : s.status;
}

TEST(unknown_op)
{
    evtchn_port_t port = 0;

    EXPECT_EQ(hv_event_channel_op(15, &port), -ENOSYS);
    EXPECT_EQ(hv_event_channel_op(1000, &port), -ENOSYS);
    EXPECT_EQ(hv_event_channel_op(~0u, &port), -ENOSYS);
}

TEST(bad_pointer)
{
    for (unsigned int op = 0; op <= EVTCHNOP_set_priority; op++) {
        if (!EXPECT_EQ(hv_event_channel_op(op, BAD_POINTER), -EFAULT) ||
            !EXPECT_EQ(hv_event_channel_op(op, HV_POINTER), -EFAULT)) {
            printf("#    operation %u\n", op);
        }
    }
}

TEST(alloc_unbound)
{
    struct evtchn_status s;
    evtchn_port_t a, b;

    REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &a), 0);
    REQUIRE_EQ(event_alloc_unbound(0, 5, &b), 0);
    EXPECT(a != b && a && b);
    EXPECT_EQ(status(a, &s), 0);
    EXPECT_EQ(s.status, EVTCHNSTAT_unbound);
    EXPECT_EQ(s.u.unbound.dom, 0);
    EXPECT_EQ(s.vcpu, 0);
    EXPECT_EQ(status(b, &s), 0);
    EXPECT_EQ(s.u.unbound.dom, 5);
    EXPECT_EQ(event_close(a), 0);
    EXPECT_EQ(event_close(b), 0);
    EXPECT_EQ(state_of(a), EVTCHNSTAT_closed);
    EXPECT_EQ(event_alloc_unbound(NO_DOMAIN, DOMID_SELF, &a), -ESRCH);
}

/* The lowest free port is given out; port 0 never is. */
TEST(lowest_port_first)
{
    evtchn_port_t p[4];

    for (unsigned int i = 0; i < 4; i++) {
        REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &p[i]), 0);
    }
    EXPECT(p[0] < p[1] && p[1] < p[2] && p[2] < p[3]);
    EXPECT_EQ(event_close(p[1]), 0);
    EXPECT_EQ(event_close(p[2]), 0);
    EXPECT_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &p[2]), 0);
    EXPECT_EQ(p[2], p[1]);
    EXPECT_EQ(event_close(p[0]), 0);
    EXPECT_EQ(event_close(p[2]), 0);
    EXPECT_EQ(event_close(p[3]), 0);
}

TEST(bind_interdomain_loopback)
{
    struct evtchn_status s;
    evtchn_port_t a, b, c;

    REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &a), 0);
    REQUIRE_EQ(event_bind_interdomain(DOMID_SELF, a, &b), 0);
    EXPECT_EQ(status(a, &s), 0);
    EXPECT_EQ(s.status, EVTCHNSTAT_interdomain);
    EXPECT_EQ(s.u.interdomain.dom, 0);
    EXPECT_EQ(s.u.interdomain.port, b);
    EXPECT_EQ(status(b, &s), 0);
    EXPECT_EQ(s.u.interdomain.port, a);
    /* Binding leaves the new end pending, in case an event was lost before. */
    EXPECT(event_pending(b));
    event_clear(b);
    EXPECT(!event_pending(a));
    EXPECT_EQ(event_send(a), 0);
    EXPECT(event_pending(b) && !event_pending(a));
    event_clear(b);
    EXPECT_EQ(event_send(b), 0);
    EXPECT(event_pending(a));
    event_clear(a);
    EXPECT_EQ(event_bind_interdomain(DOMID_SELF, a, &c), -EINVAL);
    EXPECT_EQ(event_close(a), 0);
    /* The other end waits for a new partner. */
    EXPECT_EQ(status(b, &s), 0);
    EXPECT_EQ(s.status, EVTCHNSTAT_unbound);
    EXPECT_EQ(s.u.unbound.dom, 0);
    EXPECT_EQ(event_send(b), 0);
    EXPECT_EQ(event_close(b), 0);
}

TEST(bind_interdomain_errors)
{
    evtchn_port_t a, b;

    REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, 5, &a), 0);
    EXPECT_EQ(event_bind_interdomain(DOMID_SELF, a, &b), -EINVAL);
    EXPECT_EQ(event_bind_interdomain(NO_DOMAIN, a, &b), -ESRCH);
    EXPECT_EQ(event_bind_interdomain(DOMID_SELF, 0, &b), -EINVAL);
    EXPECT_EQ(event_bind_interdomain(DOMID_SELF, 4000, &b), -EINVAL);
    EXPECT_EQ(event_bind_interdomain(DOMID_SELF, 1u << 30, &b), -EINVAL);
    EXPECT_EQ(event_close(a), 0);
}

TEST(send_errors)
{
    evtchn_port_t port;

    EXPECT_EQ(event_send(0), -EINVAL);
    EXPECT_EQ(event_send(4000), -EINVAL);
    EXPECT_EQ(event_send(1u << 20), -EINVAL);
    EXPECT_EQ(event_send(~0u), -EINVAL);
    REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &port), 0);
    EXPECT_EQ(event_send(port), 0);
    EXPECT(!event_pending(port));
    EXPECT_EQ(event_close(port), 0);
    EXPECT_EQ(event_send(port), -EINVAL);
    REQUIRE_EQ(event_bind_virq(VIRQ_DEBUG, 0, &port), 0);
    EXPECT_EQ(event_send(port), -EINVAL);
    EXPECT_EQ(event_close(port), 0);
}

TEST(close_errors)
{
    EXPECT_EQ(event_close(0), -EINVAL);
    EXPECT_EQ(event_close(4000), -EINVAL);
    EXPECT_EQ(event_close(1u << 20), -EINVAL);
    EXPECT_EQ(event_close(~0u), -EINVAL);
}

TEST(status_errors)
{
    struct evtchn_status s = { .dom = NO_DOMAIN, .port = 1 };

    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_status, &s), -ESRCH);
    s.dom = DOMID_SELF;
    s.port = 1u << 20;
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_status, &s), -EINVAL);
    s.port = 0;
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_status, &s), 0);
    EXPECT_EQ(s.status, EVTCHNSTAT_closed);
}

TEST(bind_ipi)
{
    struct evtchn_status s;
    evtchn_port_t a, b;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(event_bind_ipi(1, &a), 0);
    REQUIRE_EQ(event_bind_ipi(0, &b), 0);
    EXPECT_EQ(status(a, &s), 0);
    EXPECT_EQ(s.status, EVTCHNSTAT_ipi);
    EXPECT_EQ(s.vcpu, 1);
    EXPECT_EQ(event_send(b), 0);
    EXPECT(event_pending(b));
    event_clear(b);
    EXPECT_EQ(event_bind_vcpu(a, 0), -EINVAL);
    EXPECT_EQ(event_close(a), 0);
    EXPECT_EQ(event_close(b), 0);
    EXPECT_EQ(event_bind_ipi(2, &a), -ENOENT);
    EXPECT_EQ(event_bind_ipi(~0u, &a), -ENOENT);
}

TEST(bind_virq)
{
    struct evtchn_status s;
    evtchn_port_t a, b;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(event_bind_virq(VIRQ_TIMER, 1, &a), 0);
    EXPECT_EQ(status(a, &s), 0);
    EXPECT_EQ(s.status, EVTCHNSTAT_virq);
    EXPECT_EQ(s.u.virq, VIRQ_TIMER);
    EXPECT_EQ(s.vcpu, 1);
    EXPECT_EQ(event_bind_virq(VIRQ_TIMER, 1, &b), -EEXIST);
    REQUIRE_EQ(event_bind_virq(VIRQ_TIMER, 0, &b), 0);
    EXPECT_EQ(event_bind_vcpu(a, 0), -EINVAL);
    EXPECT_EQ(event_close(a), 0);
    EXPECT_EQ(event_close(b), 0);
}

TEST(bind_virq_every_number)
{
    static const unsigned int global[] = { VIRQ_CONSOLE,   VIRQ_DOM_EXC,  VIRQ_TBUF,
                                           VIRQ_DEBUGGER,  VIRQ_CON_RING, VIRQ_PCPU_STATE,
                                           VIRQ_MEM_EVENT, VIRQ_ENOMEM };
    evtchn_port_t port;

    for (unsigned int virq = 0; virq < 32; virq++) {
        bool is_global = false;
        long want = virq < NR_VIRQS ? 0 : -EINVAL;

        for (unsigned int i = 0; i < ARRAY_SIZE(global); i++) {
            is_global |= global[i] == virq;
        }
        if (!EXPECT_EQ(event_bind_virq(virq, 0, &port), want)) {
            printf("#    VIRQ %u\n", virq);
        }
        if (want == 0) {
            EXPECT_EQ(event_close(port), 0);
        }
        /* Global ones are born on vCPU 0. */
        if (is_global && !EXPECT_EQ(event_bind_virq(virq, 1, &port), -EINVAL)) {
            printf("#    VIRQ %u on vCPU 1\n", virq);
        }
    }
    EXPECT_EQ(event_bind_virq(VIRQ_TIMER, 2, &port), -ENOENT);
    EXPECT_EQ(event_bind_virq(VIRQ_TIMER, ~0u, &port), -ENOENT);
    EXPECT_EQ(event_bind_virq(~0u, 0, &port), -EINVAL);
}

TEST(bind_vcpu)
{
    struct evtchn_status s;
    evtchn_port_t port;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &port), 0);
    EXPECT_EQ(event_bind_vcpu(port, 1), 0);
    EXPECT_EQ(status(port, &s), 0);
    EXPECT_EQ(s.vcpu, 1);
    EXPECT_EQ(event_bind_vcpu(port, 2), -ENOENT);
    EXPECT_EQ(event_bind_vcpu(port, 0), 0);
    EXPECT_EQ(event_close(port), 0);
    EXPECT_EQ(event_bind_vcpu(port, 0), -EINVAL);
    EXPECT_EQ(event_bind_vcpu(0, 0), -EINVAL);
    EXPECT_EQ(event_bind_vcpu(1u << 20, 0), -EINVAL);
    REQUIRE_EQ(event_bind_virq(VIRQ_CON_RING, 0, &port), 0);
    EXPECT_EQ(event_bind_vcpu(port, 1), 0);
    EXPECT_EQ(event_close(port), 0);
}

TEST(bind_pirq_errors)
{
    struct evtchn_bind_pirq op = { .pirq = 100000 };

    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_bind_pirq, &op), -EINVAL);
    op.pirq = ~0u;
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_bind_pirq, &op), -EINVAL);
}

static volatile unsigned long hits;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    *(volatile unsigned long *)arg += 1;
}

TEST(upcall)
{
    evtchn_port_t port;

    hits = 0;
    REQUIRE_EQ(event_bind_ipi(0, &port), 0);
    event_set_handler(port, on_event, (void *)&hits);
    EXPECT_EQ(event_send(port), 0);
    EXPECT_EQ(hits, 0);
    EXPECT(event_masked(port));
    EXPECT_EQ(event_unmask(port), 0);
    EXPECT_EQ(hits, 1);
    EXPECT_EQ(event_send(port), 0);
    EXPECT_EQ(hits, 2);
    /* With upcalls masked it waits for the mask. */
    events_mask();
    EXPECT_EQ(event_send(port), 0);
    EXPECT_EQ(hits, 2);
    EXPECT_EQ(this_cpu()->info->evtchn_upcall_pending, 1);
    events_unmask();
    EXPECT_EQ(hits, 3);
    EXPECT_EQ(event_close(port), 0);
    EXPECT(!event_pending(port));
}

TEST(unmask_errors)
{
    EXPECT_EQ(event_unmask(1u << 20), -EINVAL);
    EXPECT_EQ(event_unmask(~0u), -EINVAL);
}

static volatile unsigned long other_hits;
static volatile bool other_stop;

static void other_vcpu(void *arg)
{
    (void)arg;
    while (!other_stop) {
        cpu_relax();
    }
}

TEST(other_vcpu_gets_it)
{
    evtchn_port_t port;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    other_stop = false;
    other_hits = 0;
    REQUIRE_EQ(smp_start(1, other_vcpu, NULL), 0);
    REQUIRE_EQ(event_bind_ipi(1, &port), 0);
    event_set_handler(port, on_event, (void *)&other_hits);
    EXPECT_EQ(event_unmask(port), 0);
    for (unsigned long i = 1; i <= 20; i++) {
        EXPECT_EQ(event_send(port), 0);
        for (uint64_t end = time_now() + 10 * NSEC_PER_SEC; other_hits < i && time_now() < end;) {
            hv_sched_op(SCHEDOP_yield, NULL);
        }
        REQUIRE_EQ(other_hits, i);
    }
    other_stop = true;
    EXPECT_EQ(smp_join(1), 0);
    EXPECT_EQ(event_close(port), 0);
}

TEST(reset)
{
    struct evtchn_reset op = { .dom = NO_DOMAIN };
    evtchn_port_t a, b;

    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_reset, &op), -ESRCH);
    REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &a), 0);
    REQUIRE_EQ(event_bind_virq(VIRQ_TIMER, 0, &b), 0);
    op.dom = DOMID_SELF;
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_reset, &op), 0);
    EXPECT_EQ(state_of(a), EVTCHNSTAT_closed);
    EXPECT_EQ(state_of(b), EVTCHNSTAT_closed);
    REQUIRE_EQ(event_bind_virq(VIRQ_TIMER, 0, &b), 0);
    EXPECT_EQ(event_close(b), 0);
}

/* All 4095 ports of the 2-level ABI, and not one more. */
TEST(every_port)
{
    evtchn_port_t port, first, last = 0;
    struct evtchn_reset op = { .dom = DOMID_SELF };
    unsigned int nr = 0;
    long rc;

    REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &first), 0);
    while ((rc = event_alloc_unbound(DOMID_SELF, DOMID_SELF, &port)) == 0) {
        last = port;
        if (++nr > 5000) {
            break;
        }
    }
    EXPECT_EQ(rc, -ENOSPC);
    EXPECT_EQ(last, 4095);
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_reset, &op), 0);
    EXPECT_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &port), 0);
    EXPECT_EQ(event_close(port), 0);
}

TEST(set_priority_needs_fifo)
{
    struct evtchn_set_priority op = { .priority = 3 };

    REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF, &op.port), 0);
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_set_priority, &op), -ENOSYS);
    EXPECT_EQ(event_close(op.port), 0);
    op.port = 1u << 20;
    EXPECT_EQ(hv_event_channel_op(EVTCHNOP_set_priority, &op), -EINVAL);
}

/* Between domains: a child binds the port that was named to it, both ends notify, its death
 * unbinds. */
ROLE(partner)
{
    evtchn_port_t port;
    long remote = 0, rc;
    const char *at = strstr((const char *)guest_start_info->cmd_line, "port=");

    remote = at ? strtol(at + 5, NULL, 10) : 0;
    rc = event_bind_interdomain(0, (evtchn_port_t)remote, &port);
    printf("REPORT bind %ld\n", rc);
    printf("REPORT other %ld\n", event_bind_interdomain(0, (evtchn_port_t)remote + 1, &port));
    printf("REPORT foreign %ld\n", event_alloc_unbound(0, DOMID_SELF, &port));
    struct evtchn_status s = { .dom = 0, .port = (evtchn_port_t)remote };

    printf("REPORT status %ld\n", hv_event_channel_op(EVTCHNOP_status, &s));
    struct evtchn_reset reset = { .dom = 0 };

    printf("REPORT reset %ld\n", hv_event_channel_op(EVTCHNOP_reset, &reset));
    printf("REPORT send %ld\n", event_send(1) == 0 || event_send(2) == 0 ? 0l : -1l);
    return SHUTDOWN_poweroff;
}

TEST(with_a_child)
{
    static struct child c;
    struct child_options o = { .paused = true };
    evtchn_port_t port;
    struct evtchn_status s;
    char line[64];
    long value = -1;

    REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, 0, &port), 0);
    EXPECT_EQ(event_close(port), 0);
    snprintf(line, sizeof(line), "role=partner port=%u", port);
    o.cmdline = line;
    REQUIRE_EQ(child_create(&c, &o), 0);
    {
        evtchn_port_t again;

        REQUIRE_EQ(event_alloc_unbound(DOMID_SELF, c.id, &again), 0);
        REQUIRE_EQ(again, port);
    }
    EXPECT_EQ(child_unpause(&c), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&c, "bind", &value));
    EXPECT_EQ(value, 0);
    EXPECT(child_reported(&c, "other", &value));
    EXPECT_EQ(value, -EINVAL);
    EXPECT(child_reported(&c, "foreign", &value));
    EXPECT_EQ(value, -EPERM);
    EXPECT(child_reported(&c, "status", &value));
    EXPECT_EQ(value, -EPERM);
    EXPECT(child_reported(&c, "reset", &value));
    EXPECT_EQ(value, -EPERM);
    EXPECT(child_reported(&c, "send", &value));
    EXPECT_EQ(value, 0);
    EXPECT(event_pending(port));
    event_clear(port);
    EXPECT_EQ(status(port, &s), 0);
    EXPECT_EQ(s.status, EVTCHNSTAT_interdomain);
    EXPECT_EQ(s.u.interdomain.dom, c.id);
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT_EQ(state_of(port), EVTCHNSTAT_unbound);
    EXPECT_EQ(event_close(port), 0);
}

/* A limit given at creation counts ports, port 0 included. */
TEST(port_limit)
{
    struct child_options o = { .max_ports = 20 };
    static struct child c;
    evtchn_port_t port, last = 0;
    unsigned int nr = 0;
    long rc;

    REQUIRE_EQ(child_create(&c, &o), 0);
    struct xen_domctl d;

    child_domctl_init(&d, XEN_DOMCTL_max_vcpus, c.id);
    d.u.max_vcpus.max = 1;
    REQUIRE_EQ(hv_domctl(&d), 0);
    while ((rc = event_alloc_unbound(c.id, 0, &port)) == 0 && nr < 100) {
        last = port;
        nr++;
    }
    EXPECT_EQ(rc, -ENOSPC);
    EXPECT_EQ(nr, 20);
    EXPECT_EQ(last, 20);
    EXPECT_EQ(child_destroy_id(c.id), 0);
}
