/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels as other rooms see them. A domain's ports live in struct evtchn_domain; sending
 * takes no global lock; all functions may be called with interrupts off unless they say otherwise.
 */
#ifndef HV_EVTCHN_H
#define HV_EVTCHN_H

#include <hv/list.h>
#include <hv/lock.h>
#include <public/event_channel.h>
#include <public/xen.h>

struct domain;
struct vcpu;

struct evtchn;       /* a port's record; common/evtchn/ */
struct evtchn_group; /* storage of ports; common/evtchn/ */
struct evtchn_fifo;  /* FIFO state of a domain */

/* Ports [0, EVTCHN_MAX_PORTS) in groups of 4096, of 32 pages of 128 ports. */
#define EVTCHN_PAGE_SHIFT  7
#define EVTCHN_GROUP_SHIFT 12
#define EVTCHN_GROUPS      32
#define EVTCHN_MAX_PORTS   (EVTCHN_GROUPS << EVTCHN_GROUP_SHIFT)

/*
 * The part of struct domain that common/evtchn/ owns. `lock` guards the binding and closing of
 * ports and everything here; readers without it use `valid`, `groups` and `fifo` as their comments
 * say. Two domains' locks: the lower address first.
 */
struct evtchn_domain {
    uint32_t valid; /* ports [0, valid) have storage: only grows, published with release */
    uint32_t full;  /* bit g: no port of group g is free */
    struct evtchn *first_page;                  /* page 0 of group 0 */
    struct evtchn_group *groups[EVTCHN_GROUPS]; /* once set, set until the domain is freed */
    struct evtchn_fifo *fifo;                   /* NULL: 2-level; by evtchn_fifo_of() only */
    spinlock_t lock;
    uint32_t limit;         /* ports that this domain may have: [0, limit) */
    uint32_t in_use;        /* ports that are not free */
    uint32_t next_to_close; /* progress of reset and teardown; 0: none under way */
    uint32_t resetting;     /* who resets: domain id << 16 | vCPU id */
    unsigned long latched;  /* global VIRQs raised at it that it had not bound; atomic */
};

/* The part of struct vcpu. */
struct evtchn_vcpu {
    irqlock_t virq_lock;               /* guards virq_to_evtchn; held while a VIRQ is raised */
    uint32_t virq_to_evtchn[NR_VIRQS]; /* 0: not bound */
};

/* max_port: the highest port that d may have. */
int evtchn_init(struct domain *d, unsigned int max_port) __must_check;
void evtchn_vcpu_init(struct vcpu *v);
/* v has just been published: it is told of what was sent to its domain before. */
void evtchn_vcpu_created(struct vcpu *v);
/* Closes every port; -ERESTART when preempted. Domain is dying. */
int evtchn_destroy(struct domain *d) __must_check;
/* Frees storage; nobody can reach the domain any more. */
void evtchn_destroy_final(struct domain *d);
void evtchn_vcpu_destroy(struct vcpu *v);

/* The VIRQ of this vCPU (per-vCPU ones such as TIMER and DEBUG); interrupt context allowed. */
void send_guest_vcpu_virq(struct vcpu *v, unsigned int virq);
/* A global VIRQ to whoever has it bound on d's vCPU; false when d has not bound it. */
bool send_guest_domain_virq(struct domain *d, unsigned int virq);
/* Is port pending for v's domain / for poll: reads guest-visible state. */
/* The pirq that port is bound to has arrived. Interrupts are off; the caller keeps the binding. */
void evtchn_send_pirq(struct domain *d, uint32_t port);
/* As EVTCHNOP_unmask, for the calling domain. */
void evtchn_unmask_pirq(struct domain *d, uint32_t port);
bool evtchn_is_pending(const struct domain *d, uint32_t port);
bool evtchn_port_is_valid(const struct domain *d, uint32_t port);

/* Implemented by the scheduler's room: wakes what polls or sleeps. */
void vcpu_mark_events_pending(struct vcpu *v);
/* A port of d became pending: wakes vCPUs of d that poll it. */
void sched_wake_pollers(struct domain *d, struct vcpu *v, uint32_t port);

#endif
