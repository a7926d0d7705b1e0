/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched_op and the timers: yielding, blocking, polling, shutting down, watchdogs, one-shot and
 * periodic timers, and the clock.
 */
#define SUITE "sched"
#include "test.h"
#include "child.h"

#define NO_DOMAIN 0x7000

static volatile unsigned long ticks;

static void on_tick(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    ticks++;
}

static evtchn_port_t bind_timer(void)
{
    evtchn_port_t port = 0;

    ticks = 0;
    if (event_bind_virq(VIRQ_TIMER, 0, &port)) {
        return 0;
    }
    event_set_handler(port, on_tick, NULL);
    event_unmask(port);
    ticks = 0;
    return port;
}

TEST(yield_and_unknown)
{
    EXPECT_EQ(hv_sched_op(SCHEDOP_yield, NULL), 0);
    EXPECT_EQ(hv_sched_op(8, NULL), -ENOSYS);
    EXPECT_EQ(hv_sched_op(1000, NULL), -ENOSYS);
    EXPECT_EQ(hv_sched_op(~0u, NULL), -ENOSYS);
}

TEST(bad_pointers)
{
    EXPECT_EQ(hv_sched_op(SCHEDOP_shutdown, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_sched_op(SCHEDOP_poll, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_sched_op(SCHEDOP_remote_shutdown, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_sched_op(SCHEDOP_shutdown_code, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_sched_op(SCHEDOP_watchdog, BAD_POINTER), -EFAULT);
}

TEST(clock_goes_forward)
{
    uint64_t last = time_now();

    for (unsigned int i = 0; i < 20000; i++) {
        uint64_t now = time_now();

        if (now < last) {
            REQUIRE(now >= last);
        }
        last = now;
    }
    EXPECT(last > 0);
    EXPECT_EQ(this_cpu()->info->time.version & 1, 0);
}

TEST(wall_clock)
{
    volatile struct shared_info *s = guest_shared_info;

    EXPECT_EQ(s->wc_version & 1, 0);
    EXPECT(s->wc_version > 0);
    /* Between 2001 and 2100, and a real fraction of a second. */
    EXPECT(s->wc_sec > 1000000000u && s->wc_sec < 4102444800u);
    EXPECT(s->wc_nsec < 1000000000u);
    EXPECT_EQ(s->wc_sec_hi, 0);
}

TEST(set_timer)
{
    evtchn_port_t port = bind_timer();
    uint64_t start = time_now();

    REQUIRE(port != 0);
    EXPECT_EQ(hv_set_timer_op(start + 2 * NSEC_PER_MSEC), 0);
    EXPECT(time_wait_flag(&ticks, 5 * NSEC_PER_SEC));
    EXPECT(time_now() >= start + 2 * NSEC_PER_MSEC);
    EXPECT_EQ(event_close(port), 0);
}

/* 0 stops it; a time in the past fires at once. */
TEST(set_timer_edges)
{
    evtchn_port_t port = bind_timer();
    uint64_t due, delay = NSEC_PER_MSEC;

    REQUIRE(port != 0);
    /* On a busy host the time may be over before the timer is stopped: then with more of it. */
    do {
        delay *= 3;
        ticks = 0;
        due = time_now() + delay;
        EXPECT_EQ(hv_set_timer_op(due), 0);
        EXPECT_EQ(hv_set_timer_op(0), 0);
    } while (time_now() >= due);
    time_sleep(2 * delay);
    EXPECT_EQ(ticks, 0);
    EXPECT_EQ(hv_set_timer_op(1), 0);
    EXPECT(time_wait_flag(&ticks, 5 * NSEC_PER_SEC));
    EXPECT_EQ(event_close(port), 0);
}

TEST(block_until_timer)
{
    evtchn_port_t port = bind_timer();
    uint64_t start = time_now();

    REQUIRE(port != 0);
    EXPECT_EQ(hv_set_timer_op(start + NSEC_PER_MSEC), 0);
    while (!ticks && time_now() < start + 5 * NSEC_PER_SEC) {
        EXPECT_EQ(hv_sched_op(SCHEDOP_block, NULL), 0);
    }
    EXPECT_EQ(ticks, 1);
    EXPECT_EQ(event_close(port), 0);
}

/* Blocking clears the upcall mask: a masked vCPU wakes and takes its event. */
TEST(block_unmasks)
{
    evtchn_port_t port = bind_timer();

    REQUIRE(port != 0);
    events_mask();
    EXPECT_EQ(hv_set_timer_op(time_now() + NSEC_PER_MSEC), 0);
    EXPECT_EQ(hv_sched_op(SCHEDOP_block, NULL), 0);
    EXPECT(!events_masked());
    EXPECT_EQ(ticks, 1);
    EXPECT_EQ(event_close(port), 0);
}

static long poll(evtchn_port_t *ports, unsigned int nr, uint64_t timeout)
{
    struct sched_poll op = { .nr_ports = nr, .timeout = timeout };

    set_xen_guest_handle(op.ports, ports);
    return hv_sched_op(SCHEDOP_poll, &op);
}

TEST(poll)
{
    evtchn_port_t port, bad = 4000, huge = 1u << 20;
    uint64_t start;

    REQUIRE_EQ(event_bind_ipi(0, &port), 0);
    event_mask(port);
    event_clear(port);
    /* Pending already: back at once. */
    EXPECT_EQ(event_send(port), 0);
    EXPECT_EQ(poll(&port, 1, 0), 0);
    event_clear(port);
    /* Nothing comes: the time-out does. */
    start = time_now();
    EXPECT_EQ(poll(&port, 1, start + 2 * NSEC_PER_MSEC), 0);
    EXPECT(time_now() >= start + 2 * NSEC_PER_MSEC);
    EXPECT(!event_pending(port));
    EXPECT_EQ(poll(&bad, 1, start), -EINVAL);
    EXPECT_EQ(poll(&huge, 1, start), -EINVAL);
    EXPECT_EQ(poll(BAD_POINTER, 1, start), -EFAULT);
    EXPECT_EQ(poll(&port, 129, start), -EINVAL);
    EXPECT_EQ(poll(&port, ~0u, start), -EINVAL);
    EXPECT_EQ(event_close(port), 0);
}

TEST(remote_shutdown_errors)
{
    struct sched_remote_shutdown op = { .domain_id = NO_DOMAIN };

    EXPECT_EQ(hv_sched_op(SCHEDOP_remote_shutdown, &op), -ESRCH);
    op.domain_id = DOMID_INVALID;
    EXPECT_EQ(hv_sched_op(SCHEDOP_remote_shutdown, &op), -ESRCH);
}

/* The caller's own number, which an unbound port for itself tells. */
static domid_t own_id(void)
{
    struct evtchn_status st = { .dom = DOMID_SELF };

    if (event_alloc_unbound(DOMID_SELF, DOMID_SELF, &st.port)) {
        return DOMID_INVALID;
    }
    hv_event_channel_op(EVTCHNOP_status, &st);
    event_close(st.port);
    return st.u.unbound.dom;
}

ROLE(shut_down_itself)
{
    struct sched_remote_shutdown op = { .domain_id = own_id(), .reason = SHUTDOWN_suspend };

    return hv_sched_op(SCHEDOP_remote_shutdown, &op) == -EPERM ? SHUTDOWN_poweroff : 77;
}

/* By its number a domain may name itself, if it may shut domains down at all; DOMID_SELF is none.
 */
TEST(remote_shutdown_of_oneself)
{
    struct sched_remote_shutdown op = { .domain_id = DOMID_SELF };
    static struct child c;

    EXPECT_EQ(hv_sched_op(SCHEDOP_remote_shutdown, &op), -ESRCH);
    EXPECT_EQ(child_run(&c, "role=shut_down_itself", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
}

TEST(remote_shutdown)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=spin" };
    struct sched_remote_shutdown op = { .reason = SHUTDOWN_suspend };

    REQUIRE_EQ(child_create(&c, &o), 0);
    REQUIRE(child_wait_text(&c, "SPINNING", 10 * NSEC_PER_SEC));
    op.domain_id = c.id;
    EXPECT_EQ(hv_sched_op(SCHEDOP_remote_shutdown, &op), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_suspend);
    EXPECT_EQ(child_destroy(&c), 0);
}

ROLE(spin)
{
    printf("SPINNING\n");
    for (;;) {
        cpu_relax();
    }
    return SHUTDOWN_crash;
}

ROLE(code)
{
    const char *at = strstr((const char *)guest_start_info->cmd_line, "reason=");

    return at ? (int)strtol(at + 7, NULL, 10) : 77;
}

TEST(shutdown_codes)
{
    static struct child c;
    char line[64];

    for (int reason = 0; reason <= SHUTDOWN_MAX; reason++) {
        snprintf(line, sizeof(line), "role=code reason=%d", reason);
        EXPECT_EQ(child_run(&c, line, 10 * NSEC_PER_SEC), reason);
    }
    EXPECT_EQ(child_run(&c, "role=code reason=200", 10 * NSEC_PER_SEC), 200);
}

/* A code set before a crash is the one reported, and it is set once. */
ROLE(code_first)
{
    struct sched_shutdown s = { .reason = SHUTDOWN_reboot };

    printf("REPORT first %ld\n", hv_sched_op(SCHEDOP_shutdown_code, &s));
    s.reason = SHUTDOWN_suspend;
    printf("REPORT second %ld\n", hv_sched_op(SCHEDOP_shutdown_code, &s));
    return SHUTDOWN_poweroff;
}

TEST(shutdown_code_kept)
{
    static struct child c;
    long value = -1;

    EXPECT_EQ(child_run(&c, "role=code_first", 10 * NSEC_PER_SEC), SHUTDOWN_reboot);
    EXPECT(child_reported(&c, "first", &value));
    EXPECT_EQ(value, 0);
    EXPECT(child_reported(&c, "second", &value));
    EXPECT_EQ(value, 0);
}

ROLE(watchdog)
{
    struct sched_watchdog w = { .id = 0, .timeout = 1 };

    printf("REPORT id %ld\n", hv_sched_op(SCHEDOP_watchdog, &w));
    for (;;) {
        hv_sched_op(SCHEDOP_block, NULL);
    }
    return SHUTDOWN_crash;
}

TEST(watchdog_fires)
{
    static struct child c;
    long value = 0;

    EXPECT_EQ(child_run(&c, "role=watchdog", 10 * NSEC_PER_SEC), SHUTDOWN_watchdog);
    EXPECT(child_reported(&c, "id", &value));
    EXPECT_EQ(value, 1);
}

TEST(watchdog_answers)
{
    struct sched_watchdog w = { .id = 0, .timeout = 100 };

    EXPECT_EQ(hv_sched_op(SCHEDOP_watchdog, &w), 1);
    EXPECT_EQ(hv_sched_op(SCHEDOP_watchdog, &w), 2);
    /* The reference answers with 32 bits here. */
    EXPECT_EQ((int)hv_sched_op(SCHEDOP_watchdog, &w), -ENOSPC);
    w.id = 1;
    EXPECT_EQ(hv_sched_op(SCHEDOP_watchdog, &w), 0);
    w.id = 3;
    EXPECT_EQ(hv_sched_op(SCHEDOP_watchdog, &w), -EINVAL);
    w.id = ~0u;
    EXPECT_EQ(hv_sched_op(SCHEDOP_watchdog, &w), -EINVAL);
    w.timeout = 0;
    w.id = 1;
    EXPECT_EQ(hv_sched_op(SCHEDOP_watchdog, &w), 0);
    w.id = 2;
    EXPECT_EQ(hv_sched_op(SCHEDOP_watchdog, &w), 0);
}

TEST(pin_override)
{
    struct sched_pin_override op = { .pcpu = 1000 };

    EXPECT_EQ(hv_sched_op(SCHEDOP_pin_override, &op), -EINVAL);
    op.pcpu = 0;
    EXPECT_EQ(hv_sched_op(SCHEDOP_pin_override, &op), 0);
    EXPECT_EQ(hv_sched_op(SCHEDOP_pin_override, &op), -EBUSY);
    op.pcpu = -1;
    EXPECT_EQ(hv_sched_op(SCHEDOP_pin_override, &op), 0);
}
