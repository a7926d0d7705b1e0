/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: binding, sending, and dispatch of upcalls to handlers, over the 2-level or FIFO
 * ABI.
 *
 * A port without a handler stays pending and masked, so that tests can look at it. Handlers run
 * with events masked on the vCPU that took the upcall.
 */
#ifndef GUEST_EVENT_H
#define GUEST_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <public/event_channel.h>

#define EVENT_MAX_PORTS EVTCHN_FIFO_NR_CHANNELS

typedef void (*event_handler_fn)(evtchn_port_t port, void *arg);

/* The ABI in use: bit operations and the scan. */
struct event_abi {
    bool (*test_pending)(evtchn_port_t port);
    bool (*clear_pending)(evtchn_port_t port); /* answers the old value */
    bool (*test_masked)(evtchn_port_t port);
    void (*mask)(evtchn_port_t port);
    void (*unmask_bit)(
        evtchn_port_t port); /* only the bit; event_unmask() also tells the hypervisor */
    void (*scan)(void);
};

extern const struct event_abi event_abi_2l;
extern const struct event_abi event_abi_fifo;
extern const struct event_abi *event_abi;

/* All of these answer 0 or -errno; binders write *port. */
long event_alloc_unbound(domid_t dom, domid_t remote, evtchn_port_t *port);
long event_bind_interdomain(domid_t remote, evtchn_port_t remote_port, evtchn_port_t *port);
long event_bind_virq(unsigned int virq, unsigned int vcpu, evtchn_port_t *port);
long event_bind_ipi(unsigned int vcpu, evtchn_port_t *port);
long event_bind_vcpu(evtchn_port_t port, unsigned int vcpu);
long event_close(evtchn_port_t port);
long event_send(evtchn_port_t port);
long event_unmask(evtchn_port_t port);

void event_set_handler(evtchn_port_t port, event_handler_fn fn, void *arg);

static inline bool event_pending(evtchn_port_t port)
{
    return event_abi->test_pending(port);
}

static inline bool event_clear(evtchn_port_t port)
{
    return event_abi->clear_pending(port);
}

static inline bool event_masked(evtchn_port_t port)
{
    return event_abi->test_masked(port);
}

static inline void event_mask(evtchn_port_t port)
{
    event_abi->mask(port);
}

void event_init(void);

/* Called from the upcall stub. */
void event_upcall(void);

/* Called by an ABI's scan for each pending unmasked port it has cleared. */
void event_deliver(evtchn_port_t port);

/* Switches all vCPUs of this domain to FIFO; once. 0 or -errno. */
long event_fifo_init(void);
event_word_t *event_fifo_word(evtchn_port_t port);
void event_fifo_forget(void);

#endif
