/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxc's handle of event channels inside a PV kernel: what was notified is told once, and nothing
 * of a handle or a port that was closed.
 */
#define SUITE "libxc"
#include "test.h"

#include <xenctrl.h>

#define MANY 300u

struct ends {
    evtchn_port_or_error_t here, there; /* there is notified, here is told */
};

static struct ends ends_open(xenevtchn_handle *told, xenevtchn_handle *by)
{
    struct ends e = { .here = xenevtchn_bind_unbound_port(told, 0) };

    e.there = xenevtchn_bind_interdomain(by, 0, (evtchn_port_t)e.here);
    return e;
}

static uint32_t status(evtchn_port_or_error_t port)
{
    struct evtchn_status op = { .dom = DOMID_SELF, .port = (evtchn_port_t)port };

    return hv_event_channel_op(EVTCHNOP_status, &op) ? ~0u : op.status;
}

static evtchn_port_or_error_t next(xenevtchn_handle *xce)
{
    errno = 0;
    return xenevtchn_pending(xce);
}

TEST(close_ends_its_ports)
{
    xenevtchn_handle *told = xenevtchn_open(NULL, 0), *by = xenevtchn_open(NULL, 0), *after;
    struct ends e = ends_open(told, by), other;

    REQUIRE(e.here > 0 && e.there > 0);
    EXPECT_EQ(xenevtchn_notify(by, (evtchn_port_t)e.there), 0);
    EXPECT_EQ(xenevtchn_close(told), 0);
    EXPECT_EQ(status(e.here), EVTCHNSTAT_closed);
    EXPECT_EQ(status(e.there), EVTCHNSTAT_unbound);
    /* Whose port that becomes is told, nobody else; so it is with what the memory becomes. */
    after = xenevtchn_open(NULL, 0);
    other = ends_open(after, by);
    REQUIRE(other.here > 0 && other.there > 0);
    EXPECT_EQ(next(after), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(xenevtchn_notify(by, (evtchn_port_t)other.there), 0);
    EXPECT_EQ(next(after), other.here);
    EXPECT_EQ(xenevtchn_close(by), 0);
    EXPECT_EQ(xenevtchn_close(after), 0);
    EXPECT_EQ(status(other.here), EVTCHNSTAT_closed);
    EXPECT_EQ(status(other.there), EVTCHNSTAT_closed);
    EXPECT_EQ(status(e.there), EVTCHNSTAT_closed);
    EXPECT_EQ(xenevtchn_close(NULL), 0);
}

TEST(unbound_port_is_told_no_more)
{
    xenevtchn_handle *told = xenevtchn_open(NULL, 0), *by = xenevtchn_open(NULL, 0);
    struct ends first = ends_open(told, by), second = ends_open(told, by);

    REQUIRE(first.there > 0 && second.there > 0);
    EXPECT_EQ(xenevtchn_notify(by, (evtchn_port_t)first.there), 0);
    EXPECT_EQ(xenevtchn_notify(by, (evtchn_port_t)second.there), 0);
    EXPECT_EQ(xenevtchn_unbind(told, (evtchn_port_t)first.here), 0);
    EXPECT_EQ(xenevtchn_unbind(told, (evtchn_port_t)first.here), -1);
    EXPECT_EQ(xenevtchn_unbind(told, (evtchn_port_t)second.there), -1);
    EXPECT_EQ(next(told), second.here);
    EXPECT_EQ(next(told), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(xenevtchn_close(told), 0);
    EXPECT_EQ(xenevtchn_close(by), 0);
}

/* However many are notified before somebody asks, each is told, once, and may be again. */
TEST(each_port_is_told)
{
    static struct ends e[MANY];
    static uint8_t seen[EVTCHN_2L_NR_CHANNELS];
    xenevtchn_handle *told = xenevtchn_open(NULL, 0), *by = xenevtchn_open(NULL, 0);

    for (unsigned int i = 0; i < MANY; i++) {
        e[i] = ends_open(told, by);
        REQUIRE(e[i].here > 0 && e[i].there > 0);
    }
    for (unsigned int round = 0; round < 20; round++) {
        unsigned int nr = 0;
        evtchn_port_or_error_t port;

        memset(seen, 0, sizeof(seen));
        for (unsigned int i = 0; i < MANY; i++) {
            EXPECT_EQ(xenevtchn_notify(by, (evtchn_port_t)e[i].there), 0);
        }
        while (nr < 2 * MANY && (port = next(told)) > 0) {
            nr += !seen[port]++;
            EXPECT_EQ(xenevtchn_unmask(told, (evtchn_port_t)port), 0);
        }
        EXPECT_EQ(nr, MANY);
    }
    EXPECT_EQ(xenevtchn_close(by), 0);
    EXPECT_EQ(xenevtchn_close(told), 0);
}
