/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: operations and dispatch. The two ABIs are event_2l.c and event_fifo.c.
 *
 * The handler table is written before a port is unmasked and read in the upcall; no lock.
 */
#include <errno.h>
#include <string.h>
#include <guest/event.h>
#include <guest/cpu.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include <guest/shutdown.h>

#define MAX_HANDLED 4096

struct handler {
    event_handler_fn fn;
    void *arg;
};

const struct event_abi *event_abi = &event_abi_2l;
static struct handler handlers[MAX_HANDLED];

void event_init(void)
{
    for (evtchn_port_t port = 0; port < EVTCHN_2L_NR_CHANNELS; port++) {
        event_mask(port);
    }
}

long event_alloc_unbound(domid_t dom, domid_t remote, evtchn_port_t *port)
{
    struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };
    long rc = hv_event_channel_op(EVTCHNOP_alloc_unbound, &op);

    *port = op.port;
    return rc;
}

long event_bind_interdomain(domid_t remote, evtchn_port_t remote_port, evtchn_port_t *port)
{
    struct evtchn_bind_interdomain op = { .remote_dom = remote, .remote_port = remote_port };
    long rc = hv_event_channel_op(EVTCHNOP_bind_interdomain, &op);

    *port = op.local_port;
    return rc;
}

long event_bind_virq(unsigned int virq, unsigned int vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
    long rc = hv_event_channel_op(EVTCHNOP_bind_virq, &op);

    *port = op.port;
    return rc;
}

long event_bind_ipi(unsigned int vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_ipi op = { .vcpu = vcpu };
    long rc = hv_event_channel_op(EVTCHNOP_bind_ipi, &op);

    *port = op.port;
    return rc;
}

long event_bind_vcpu(evtchn_port_t port, unsigned int vcpu)
{
    struct evtchn_bind_vcpu op = { .port = port, .vcpu = vcpu };

    return hv_event_channel_op(EVTCHNOP_bind_vcpu, &op);
}

long event_close(evtchn_port_t port)
{
    struct evtchn_close op = { .port = port };
    long rc = hv_event_channel_op(EVTCHNOP_close, &op);

    if (port < MAX_HANDLED) {
        handlers[port].fn = NULL;
        event_mask(port);
    }
    return rc;
}

long event_send(evtchn_port_t port)
{
    struct evtchn_send op = { .port = port };

    return hv_event_channel_op(EVTCHNOP_send, &op);
}

long event_unmask(evtchn_port_t port)
{
    struct evtchn_unmask op = { .port = port };

    return hv_event_channel_op(EVTCHNOP_unmask, &op);
}

void event_set_handler(evtchn_port_t port, event_handler_fn fn, void *arg)
{
    if (port >= MAX_HANDLED) {
        guest_panic("port %u is past the handler table", port);
    }
    handlers[port].arg = arg;
    __atomic_store_n(&handlers[port].fn, fn, __ATOMIC_RELEASE);
}

void event_deliver(evtchn_port_t port)
{
    event_handler_fn fn = NULL;

    if (port < MAX_HANDLED) {
        fn = __atomic_load_n(&handlers[port].fn, __ATOMIC_ACQUIRE);
    }
    if (fn) {
        fn(port, handlers[port].arg);
    }
}

void event_upcall(void)
{
    struct guest_cpu *cpu = this_cpu();

    cpu->upcalls++;
    do {
        __atomic_store_n(&cpu->info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
        event_abi->scan();
    } while (__atomic_load_n(&cpu->info->evtchn_upcall_pending, __ATOMIC_SEQ_CST));
}
