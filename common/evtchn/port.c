/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storage of ports, and which of them are free.
 *
 * Ports come in pages of 128 records, 32 pages a group, 32 groups a domain. Pages are added at the
 * end, when all others are full, and are kept until the domain is freed; so whoever found a port
 * valid may use its record as long as it may use the domain. `valid` is published last, with
 * release.
 *
 * A new port is always the lowest free one, as guests of this ABI see it. Three levels of bits find
 * it with three bit searches, whatever the number of ports: groups that are full, pages of a group
 * that are full, ports of a page that are taken. All of them are guarded by the domain's lock.
 */
#include <hv/mm.h>
#include "private.h"

static always_inline uint32_t group_of(uint32_t port)
{
    return port >> EVTCHN_GROUP_SHIFT;
}

static always_inline uint32_t page_of(uint32_t port)
{
    return (port >> EVTCHN_PAGE_SHIFT) % PAGES_PER_GROUP;
}

/* A page of free ports after the last one; the caller holds d's lock. */
static int add_page(struct domain *d) __must_hold(d->evtchn.lock)
{
    struct evtchn_domain *ed = &d->evtchn;
    uint32_t first = ed->valid;
    struct evtchn_group *g;
    struct evtchn *page;

    if (first >= EVTCHN_MAX_PORTS) {
        return -ENOSPC;
    }
    page = alloc_zeroed_page();
    if (!page) {
        return -ENOMEM;
    }
    g = ed->groups[group_of(first)];
    if (!g) {
        g = xzalloc(struct evtchn_group);
        if (!g) {
            free_xenheap_page(page);
            return -ENOMEM;
        }
        g->full = ~0u; /* pages that do not exist have no free port */
        ed->groups[group_of(first)] = g;
    }
    for (uint32_t i = 0; i < PORTS_PER_PAGE; i++) {
        irq_lock_init(&page[i].lock, RANK_EVTCHN_PORT);
    }
    g->page[page_of(first)] = page;
    if (first == 0) {
        ed->first_page = page;
    }
    g->full &= ~(1u << page_of(first));
    ed->full &= ~(1u << group_of(first));
    smp_store_release(&ed->valid, first + PORTS_PER_PAGE);
    return 0;
}

/* The lowest free port, or `valid` when all are taken. */
static uint32_t lowest_free(const struct domain *d)
{
    const struct evtchn_domain *ed = &d->evtchn;
    const struct evtchn_group *g;
    uint32_t group, page, word;

    if (ed->full == ~0u) {
        return ed->valid;
    }
    group = ffsl_(~ed->full & 0xffffffffu);
    g = ed->groups[group];
    page = ffsl_(~g->full & 0xffffffffu);
    word = g->used[page][0] == ~0UL;
    return group << EVTCHN_GROUP_SHIFT | page << EVTCHN_PAGE_SHIFT | word * BITS_PER_LONG |
           ffsl_(~g->used[page][word]);
}

static void mark_used(struct domain *d, uint32_t port) __must_hold(d->evtchn.lock)
{
    struct evtchn_group *g = d->evtchn.groups[group_of(port)];
    unsigned long *used = g->used[page_of(port)];

    used[port % PORTS_PER_PAGE / BITS_PER_LONG] |= BIT(port % BITS_PER_LONG);
    if ((used[0] & used[1]) == ~0UL) {
        g->full |= 1u << page_of(port);
        if (g->full == ~0u) {
            d->evtchn.full |= 1u << group_of(port);
        }
    }
    d->evtchn.in_use++;
}

static always_inline void mark_free(struct domain *d, uint32_t port) __must_hold(d->evtchn.lock)
{
    struct evtchn_group *g = d->evtchn.groups[group_of(port)];

    g->used[page_of(port)][port % PORTS_PER_PAGE / BITS_PER_LONG] &= ~BIT(port % BITS_PER_LONG);
    g->full &= ~(1u << page_of(port));
    d->evtchn.full &= ~(1u << group_of(port));
    d->evtchn.in_use--;
}

/*
 * A free port that is still linked on a FIFO queue is better left alone until the guest has read
 * the queue up, though using it is safe: its event is moved as that of a port that changes its vCPU
 * is. So the search for another one is short, and then gives up.
 */
#define LINKED_TRIES 32

static uint32_t skip_linked(struct domain *d, uint32_t port)
{
    uint32_t lowest = port;

    for (unsigned int i = 0; i < LINKED_TRIES; i++) {
        const struct evtchn_group *g;

        if (!evtchn_fifo_is_linked(d, port)) {
            return port;
        }
        do {
            port++;
            if (port >= d->evtchn.valid || port >= d->evtchn.limit ||
                port - lowest > BITS_PER_LONG) {
                return lowest;
            }
            g = d->evtchn.groups[group_of(port)];
        } while (test_bit(port % PORTS_PER_PAGE, g->used[page_of(port)]));
    }
    return lowest;
}

static uint32_t domain_limit(const struct domain *d)
{
    return evtchn_fifo_of(d, NULL) ? d->evtchn.limit
                                   : min_t(uint32_t, d->evtchn.limit, EVTCHN_2L_NR_CHANNELS);
}

/* The fields of a port that is about to be opened, at their defaults. */
static always_inline int prepare(struct evtchn *e, uint32_t port)
{
    WRITE_ONCE(e->vcpu, 0);
    WRITE_ONCE(e->priority, EVTCHN_FIFO_PRIORITY_DEFAULT);
    return (int)port;
}

static noinline int alloc_anywhere(struct domain *d) __must_hold(d->evtchn.lock)
{
    uint32_t port = lowest_free(d);
    int rc;

    if (unlikely(port >= domain_limit(d))) {
        return -ENOSPC;
    }
    if (unlikely(port >= d->evtchn.valid)) {
        rc = add_page(d);
        if (rc) {
            return rc;
        }
    } else if (evtchn_fifo_of(d, NULL)) {
        port = skip_linked(d, port);
    }
    mark_used(d, port);
    return prepare(evtchn_record(d, port), port);
}

/* One of the ports below 64, which are all that most domains have, is found and marked in a word.
 */
int evtchn_alloc(struct domain *d)
{
    unsigned long *used = d->evtchn.groups[0]->used[0], free = ~used[0];
    uint32_t port;

    if (unlikely(READ_ONCE(d->dying) != DOMDYING_alive)) {
        return -EINVAL;
    }
    /* Of the last one the levels above would have to be told. */
    if (unlikely(!(free & (free - 1)))) {
        return alloc_anywhere(d);
    }
    port = ffsl_(free);
    if (unlikely(port >= d->evtchn.limit) ||
        unlikely(evtchn_fifo_of(d, NULL) && evtchn_fifo_is_linked(d, port))) {
        return alloc_anywhere(d);
    }
    used[0] |= BIT(port);
    d->evtchn.in_use++;
    return prepare(&d->evtchn.first_page[port], port);
}

void evtchn_unalloc(struct domain *d, uint32_t port)
{
    if (likely(port < BITS_PER_LONG)) {
        mark_free(d, port); /* with all indices but one known to be 0 */
    } else {
        mark_free(d, port);
    }
}

uint32_t evtchn_next_used(const struct domain *d, uint32_t from)
{
    uint32_t valid = d->evtchn.valid;

    while (from < valid) {
        const struct evtchn_group *g = d->evtchn.groups[group_of(from)];
        uint32_t in_page = from % PORTS_PER_PAGE;
        uint32_t hit = find_next_bit(g->used[page_of(from)], PORTS_PER_PAGE, in_page);

        if (hit < PORTS_PER_PAGE) {
            return from - in_page + hit;
        }
        from += PORTS_PER_PAGE - in_page;
    }
    return valid;
}

bool evtchn_port_is_valid(const struct domain *d, uint32_t port)
{
    return port < smp_load_acquire(&d->evtchn.valid);
}

int evtchn_init(struct domain *d, unsigned int max_port)
{
    int rc;

    spin_lock_init(&d->evtchn.lock, RANK_EVTCHN);
    d->evtchn.limit = max_port < EVTCHN_MAX_PORTS ? max_port + 1 : EVTCHN_MAX_PORTS;
    d->evtchn.full = ~0u;

    spin_lock(&d->evtchn.lock);
    rc = add_page(d);
    if (!rc) {
        mark_used(d, 0);
        evtchn_record(d, 0)->state = ECS_RESERVED;
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}

void evtchn_vcpu_init(struct vcpu *v)
{
    irq_lock_init(&v->evtchn.virq_lock, RANK_VCPU_VIRQ);
}

void evtchn_destroy_final(struct domain *d)
{
    for (uint32_t i = 0; i < EVTCHN_GROUPS && d->evtchn.groups[i]; i++) {
        struct evtchn_group *g = d->evtchn.groups[i];

        for (uint32_t p = 0; p < PAGES_PER_GROUP && g->page[p]; p++) {
            free_xenheap_page(g->page[p]);
        }
        xfree(g);
        d->evtchn.groups[i] = NULL;
    }
    d->evtchn.valid = 0;
}

void evtchn_lock_both(struct domain *a, struct domain *b)
{
    spin_lock_both(&a->evtchn.lock, &b->evtchn.lock);
}

void evtchn_unlock_both(struct domain *a, struct domain *b)
{
    spin_unlock_both(&a->evtchn.lock, &b->evtchn.lock);
}
