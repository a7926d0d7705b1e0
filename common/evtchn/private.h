/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of common/evtchn/ share: the record of a port, its storage, and the inline paths
 * that sending takes.
 *
 * A port's record lives as long as its domain. `state` and what an open port is bound to change
 * only with both the domain's lock and the port's own lock held (of a connected pair: both domains'
 * and both ports'); either is enough to read them. So a sender that holds the port's lock keeps the
 * binding, and with it the other domain. A virtual interrupt's port is kept by virq_lock in the
 * same way. A free port has no binding that anybody could keep: it is opened under the domain's
 * lock alone, `state` last.
 */
#ifndef EVTCHN_PRIVATE_H
#define EVTCHN_PRIVATE_H

#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/lib.h>
#include <hv/nospec.h>

enum evtchn_state {
    ECS_FREE,
    ECS_RESERVED, /* port 0 */
    ECS_UNBOUND,
    ECS_INTERDOMAIN,
    ECS_PIRQ,
    ECS_VIRQ,
    ECS_IPI,
};

/* A FIFO queue; read and written as one. */
union fifo_place {
    struct {
        uint16_t vcpu;
        uint8_t priority;
    };
    uint32_t raw;
};

struct evtchn {
    irqlock_t lock;
    uint8_t state;
    uint8_t priority;          /* FIFO: wanted queue; written under the domain's lock */
    uint16_t vcpu;             /* whom it notifies; written under the domain's lock */
    union fifo_place last;     /* FIFO: where it was last linked; under that queue's lock */
    struct domain *remote_dom; /* interdomain */
    union {
        uint32_t remote_port; /* interdomain */
        domid_t remote_domid; /* unbound */
        uint32_t virq;
        uint32_t pirq;
    } u;
    bool pending; /* FIFO: became pending while there was no word for it */
};
_Static_assert(sizeof(struct evtchn) == 32, "128 ports a page");

#define PORTS_PER_PAGE  (1u << EVTCHN_PAGE_SHIFT)
#define PAGES_PER_GROUP (1u << (EVTCHN_GROUP_SHIFT - EVTCHN_PAGE_SHIFT))
#define PORTS_PER_GROUP (1u << EVTCHN_GROUP_SHIFT)
#define PAGE_WORDS      (PORTS_PER_PAGE / BITS_PER_LONG)

/* 32 pages of ports, and which of them are taken. */
struct evtchn_group {
    uint32_t full; /* bit p: no port of page p is free */
    struct evtchn *page[PAGES_PER_GROUP];
    unsigned long used[PAGES_PER_GROUP][PAGE_WORDS];
};

/*
 * The record of a port whose number is below d's valid ports. Most domains have one page of ports;
 * the index is bounded to it, since a guest chooses the port and the branch may be mispredicted.
 */
static always_inline struct evtchn *evtchn_record(const struct domain *d, uint32_t port)
{
    if (likely(port < PORTS_PER_PAGE)) {
        return &d->evtchn.first_page[array_index_wrap(port, PORTS_PER_PAGE)];
    }
    return &d->evtchn.groups[port >> EVTCHN_GROUP_SHIFT]
                ->page[(port >> EVTCHN_PAGE_SHIFT) % PAGES_PER_GROUP][port % PORTS_PER_PAGE];
}

/* The record of a port that a guest named; false when the number is not valid. Any context. */
static always_inline bool evtchn_find(const struct domain *d, uint32_t port, struct evtchn **e)
{
    uint32_t valid;

    if (unlikely(port >= PORTS_PER_PAGE)) {
        valid = smp_load_acquire(&d->evtchn.valid);
        if (port >= valid) {
            return false;
        }
        port = (uint32_t)array_index_nospec(port, valid);
    }
    *e = evtchn_record(d, port);
    return true;
}

/* The same; NULL when the number is not valid. */
static always_inline struct evtchn *evtchn_lookup(const struct domain *d, uint32_t port)
{
    struct evtchn *e;

    return evtchn_find(d, port, &e) ? e : NULL;
}

/*
 * Storage. The caller holds d's lock.
 * evtchn_alloc: the lowest free port, marked taken, its record free and its fields at their
 * defaults; negative: -EINVAL (d is dying), -ENOSPC, -ENOMEM. Until the caller has opened it,
 * evtchn_unalloc() takes it back.
 */
int evtchn_alloc(struct domain *d) __must_hold(d->evtchn.lock) __must_check;
void evtchn_unalloc(struct domain *d, uint32_t port) __must_hold(d->evtchn.lock);
/* The lowest taken port from `from` on; the number of valid ports when there is none. */
uint32_t evtchn_next_used(const struct domain *d, uint32_t from);

/* The free port is bound to what its record says now. The caller holds the domain's lock. */
static always_inline void evtchn_open(struct evtchn *e, enum evtchn_state state)
{
    ASSERT(e->state == ECS_FREE);
    smp_store_release(&e->state, (uint8_t)state);
}

/* Of a port whose lock is held: what it is bound to is there to be read. */
static always_inline enum evtchn_state evtchn_state_of(const struct evtchn *e)
{
    return (enum evtchn_state)smp_load_acquire(&e->state);
}

/* The port is bound to nothing any more: no sender is at it. The caller holds the domain's lock. */
static always_inline void evtchn_set_free(struct evtchn *e)
{
    irq_lock_on(&e->lock);
    e->state = ECS_FREE;
    irq_unlock_on(&e->lock);
}

/* Two domains' locks, or one domain's; any order of arguments. */
void evtchn_lock_both(struct domain *a, struct domain *b) __no_lock_analysis;
void evtchn_unlock_both(struct domain *a, struct domain *b) __no_lock_analysis;

/* Delivery: the port's binding is kept by the caller. Interrupt context. */
void evtchn_2l_notify(struct domain *d, uint32_t port, struct evtchn *e);
void evtchn_2l_unmask(struct domain *d, uint32_t port, struct evtchn *e);
void evtchn_fifo_set_pending(struct domain *d, uint32_t port, struct evtchn *e);
void evtchn_fifo_unmask(struct domain *d, uint32_t port, struct evtchn *e);
bool evtchn_fifo_is_pending(const struct domain *d, uint32_t port, const struct evtchn *e);
/* Below: of any port, the caller holds d's lock. */
void evtchn_fifo_clear_pending(struct domain *d, uint32_t port, struct evtchn *e);
bool evtchn_fifo_is_masked(const struct domain *d, uint32_t port);
/* Is the free port still on a queue that the guest has not read up? */
bool evtchn_fifo_is_linked(const struct domain *d, uint32_t port);
/* Back to the 2-level ABI. All ports are closed; the caller holds d's lock. */
void evtchn_fifo_destroy(struct domain *d) __must_hold(d->evtchn.lock);

/* Frees the port; the caller holds no lock. -EINVAL: not valid, or free. */
int evtchn_close(struct domain *d, uint32_t port) __must_check;

/*
 * d's FIFO state; NULL: the 2-level ABI. It is freed when all ports are closed, so whoever uses it
 * keeps a port of d's from being closed: it holds the lock that keeps the binding of e (the port's
 * own, that of its other end, or the virq_lock), and e is open; port 0 never is. Or it holds d's
 * lock: then e may be NULL. Nothing else reads d->evtchn.fifo but its set-up and end (fifo.c).
 */
static always_inline struct evtchn_fifo *evtchn_fifo_of(const struct domain *d,
                                                        const struct evtchn *e)
{
    ASSERT(spin_is_held(&d->evtchn.lock) ||
           (e && READ_ONCE(e->state) > ECS_RESERVED &&
            (lock_rank_is_held(RANK_EVTCHN_PORT) || lock_rank_is_held(RANK_VCPU_VIRQ))));
    return READ_ONCE(d->evtchn.fifo);
}

/*
 * Makes a port pending and notifies its vCPU. A port that is pending already needs nothing more,
 * and one that is masked nobody to notify: those end here, without a call.
 */
static always_inline void evtchn_set_pending(struct domain *d, uint32_t port, struct evtchn *e)
{
    if (evtchn_fifo_of(d, e)) {
        evtchn_fifo_set_pending(d, port, e);
    } else if (!test_and_set_bit(port, d->shared_info->evtchn_pending)) {
        evtchn_2l_notify(d, port, e);
    }
}

/* Whom the port notifies. NULL: a domain that is being made has ports before it has vCPUs. */
static always_inline struct vcpu *evtchn_vcpu_of(const struct domain *d, const struct evtchn *e)
{
    return READ_ONCE(d->vcpu[READ_ONCE(e->vcpu)]);
}

/* Is some vCPU of d in SCHEDOP_poll? The pending bit was set by a full barrier. */
static always_inline bool evtchn_has_pollers(const struct domain *d)
{
    return unlikely(READ_ONCE(d->sched.nr_pollers));
}

/* One of them may wait for this port. */
static always_inline void evtchn_wake_pollers(struct domain *d, uint32_t port,
                                              const struct evtchn *e)
{
    if (evtchn_has_pollers(d)) {
        sched_wake_pollers(d, evtchn_vcpu_of(d, e), port);
    }
}

#endif
