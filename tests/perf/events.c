/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: sending to a masked port and with an upcall, over both ABIs; allocating and
 * closing a port with few and with many open.
 */
#include <guest/event.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include "bench.h"

#define MANY      1000
#define VERY_MANY 100000

static void ignore(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
}

static void send_rows(const char *masked, const char *upcall)
{
    evtchn_port_t port;

    if (event_bind_ipi(0, &port)) {
        bench_report(masked, ~0ull);
        return;
    }
    event_mask(port);
    BENCH_MEASURE(masked, 100, event_clear(port); event_send(port));
    event_clear(port);
    event_set_handler(port, ignore, NULL);
    event_unmask(port);
    BENCH_MEASURE(upcall, 100, event_send(port));
    event_close(port);
}

static void alloc_close(const char *name, unsigned int iterations)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_close c;

    BENCH_MEASURE(name, iterations, hv_event_channel_op(EVTCHNOP_alloc_unbound, &a);
                  c.port = a.port; hv_event_channel_op(EVTCHNOP_close, &c));
}

static bool open_ports(unsigned int nr)
{
    evtchn_port_t port;

    while (nr--) {
        if (event_alloc_unbound(DOMID_SELF, DOMID_SELF, &port)) {
            return false;
        }
    }
    return true;
}

static void reset(void)
{
    struct evtchn_reset op = { .dom = DOMID_SELF };

    hv_event_channel_op(EVTCHNOP_reset, &op);
}

void bench_events(void)
{
    send_rows("event-send-masked-2l", "event-send-upcall-2l");
    alloc_close("port-alloc-close", 50);
    if (open_ports(MANY)) {
        alloc_close("port-alloc-close-1000", 20);
    }
    reset();
    if (event_fifo_init()) {
        bench_report("event-send-masked-fifo", ~0ull);
        return;
    }
    send_rows("event-send-masked-fifo", "event-send-upcall-fifo");
    reset();
    event_fifo_forget();
    event_init();
}
