/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels as other rooms see them. A domain's ports live in struct evtchn_domain; sending takes
 * no global lock; all functions may be called with interrupts off unless they say otherwise.
 */
#ifndef HV_EVTCHN_H
#define HV_EVTCHN_H

#include <hv/list.h>
#include <hv/lock.h>
#include <public/event_channel.h>
#include <public/xen.h>

struct domain;
struct vcpu;

typedef struct {
    uint32_t port;
} evtchn_boxed_port_t;

struct evtchn;        /* one port; common/evtchn/ */
struct evtchn_fifo;   /* FIFO state of a domain */
struct evtchn_fifo_vcpu;

#define NR_GLOBAL_AND_VCPU_VIRQS NR_VIRQS

/* The part of struct domain that common/evtchn/ owns. Locks: `lock` for binding and closing, a lock a
 * port for its state while interrupts deliver. */
struct evtchn_domain {
    spinlock_t lock;
    struct evtchn ***groups;     /* published with release; only grows until teardown */
    unsigned int valid;          /* ports [0, valid) have storage; only grows */
    unsigned int max_port;       /* highest port that this domain may have */
    unsigned int in_use;         /* ports that are not free */
    unsigned int xen_consumers;  /* ports whose consumer is the hypervisor */
    uint32_t free_head;          /* free ports, linked inside them: O(1) alloc and close */
    uint32_t next_to_close;      /* progress of reset and teardown */
    bool destroying;
    struct evtchn_fifo *fifo;    /* NULL: 2-level */
};

struct evtchn_vcpu {
    irqlock_t virq_lock;
    uint32_t virq_to_evtchn[NR_VIRQS];
    struct evtchn_fifo_vcpu *fifo;
    uint32_t pirq_evtchn_head;
};

int evtchn_init(struct domain *d, unsigned int max_port) __must_check;
void evtchn_vcpu_init(struct vcpu *v);
/* Closes every port; -ERESTART when preempted. Domain is dying. */
int evtchn_destroy(struct domain *d) __must_check;
/* Frees storage; nobody can reach the domain any more. */
void evtchn_destroy_final(struct domain *d);
void evtchn_vcpu_destroy(struct vcpu *v);

/* The VIRQ of this vCPU (per-vCPU ones such as TIMER and DEBUG); interrupt context allowed. */
void send_guest_vcpu_virq(struct vcpu *v, unsigned int virq);
/* A global VIRQ to whoever has it bound on d's vCPU; false when d has not bound it. */
bool send_guest_domain_virq(struct domain *d, unsigned int virq);
/* A hypervisor-raised send on a port of d (xen consumer side); 0 or -errno. */
int evtchn_send(struct domain *ld, uint32_t lport);

/* Is port pending for v's domain / for poll: reads guest-visible state. */
bool evtchn_is_pending(const struct domain *d, uint32_t port);
bool evtchn_port_is_valid(const struct domain *d, uint32_t port);

/* Implemented by the scheduler's room: wakes what polls or sleeps. */
void vcpu_mark_events_pending(struct vcpu *v);
/* A port of d became pending: wakes vCPUs of d that poll it. */
void sched_wake_pollers(struct domain *d, struct vcpu *v, uint32_t port);

/* Debug key 'e': all ports of all domains. */
void evtchn_dump(unsigned char key);

#endif
