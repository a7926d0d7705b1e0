/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical interrupts that guests have. A line is masked while a guest serves it, when it is
 * level-triggered: it would fire again at once. Lines may be shared, if all who have them agree;
 * one that is served by several is unmasked by the last of them. So that a guest which never ends
 * its interrupt does not hold back the others' devices, a shared line is unmasked after
 * SERVE_TIMEOUT at the latest. If a device still asserts it then, it fires again, for all guests.
 *
 * Locks: a domain's table by its event lock; bind_lock for which guests a line has; a line's own
 * lock, which the interrupt handler takes, for the list itself and for who is serving. A guest is
 * on the list no longer than its port is bound, so the handler may use its domain.
 */
#include <hv/arch/pirq.h>
#include <hv/evtchn.h>
#include <hv/lib.h>
#include <hv/lock.h>
#include <hv/rangeset.h>
#include <hv/timer.h>

#include "pirq.h"

#define MAX_SHARERS 4
/* How long a shared line stays masked at most; a guest that is scheduled needs less. */
#define SERVE_TIMEOUT MILLISECS(30)

struct line_guest {
    struct domain *d;
    uint32_t pirq, port;
    bool serving;
};

struct line {
    irqlock_t lock;
    struct timer serve_timer;
    unsigned int nr;
    unsigned int nr_serving;
    bool share;
    struct line_guest guest[MAX_SHARERS];
};

static struct line lines[NR_IRQS] = { [0 ... NR_IRQS - 1] = { .lock = IRQLOCK_INIT(RANK_PIRQ) } };
static DEFINE_SPINLOCK(bind_lock, RANK_PIRQ_BIND);

/* The guest learns from its page of bits whether an end-of-interrupt call is wanted. */
static void eoi_wanted(const struct line_guest *g, bool wanted)
{
    unsigned long *map = READ_ONCE(g->d->arch.pirqs->eoi_map);

    if (!map) {
        return;
    }
    if (wanted) {
        set_bit(g->pirq, map);
    } else {
        clear_bit(g->pirq, map);
    }
}

static void line_fired(unsigned int irq, void *data)
{
    struct line *line = data;
    bool level = irq_is_level(irq), waits;

    irq_lock_nested(&line->lock);
    for (unsigned int i = 0; i < line->nr; i++) {
        struct line_guest *g = &line->guest[i];

        if (level && !g->serving) {
            g->serving = true;
            line->nr_serving++;
            eoi_wanted(g, true);
        }
        evtchn_send_pirq(g->d, g->port);
    }
    if (line->nr_serving) {
        irq_mask(irq, true);
    }
    waits = line->nr_serving && line->nr > 1;
    irq_unlock_nested(&line->lock);
    if (waits) {
        timer_set(&line->serve_timer, NOW() + SERVE_TIMEOUT);
    }
}

static struct line_guest *find_guest(struct line *line, const struct domain *d, uint32_t pirq)
{
    for (unsigned int i = 0; i < line->nr; i++) {
        if (line->guest[i].d == d && line->guest[i].pirq == pirq) {
            return &line->guest[i];
        }
    }
    return NULL;
}

static void end_serving(struct line *line, unsigned int irq, struct line_guest *g)
{
    if (g->serving) {
        g->serving = false;
        eoi_wanted(g, false);
        if (--line->nr_serving == 0) {
            irq_mask(irq, false);
        }
    }
}

/* Timer: who still serves may end the interrupt later. */
static void serve_timeout(void *data)
{
    struct line *line = data;
    unsigned int irq = (unsigned int)(line - lines);
    unsigned long flags = irq_lock(&line->lock);

    for (unsigned int i = 0; i < line->nr; i++) {
        end_serving(line, irq, &line->guest[i]);
    }
    irq_unlock(&line->lock, flags);
}

int arch_pirq_check(const struct domain *d, uint32_t pirq)
{
    const struct pirq *p = pirq_find(d, pirq);

    if (!p) {
        return -EINVAL;
    }
    if (p->irq == NO_IRQ ||
        !rangeset_contains(d->irq_caps, (unsigned int)p->irq, (unsigned int)p->irq)) {
        return -EPERM;
    }
    return p->port ? -EEXIST : 0;
}

int arch_pirq_irq(const struct domain *d, uint32_t pirq)
{
    const struct pirq *p = pirq_find(d, pirq);
    int irq = p ? READ_ONCE(p->irq) : NO_IRQ;

    return irq == NO_IRQ ? -EPERM : irq;
}

static int add_guest(struct line *line, unsigned int irq, const struct line_guest *g, bool share)
{
    unsigned long flags;
    int rc = 0;

    if (line->nr && (!share || !line->share || line->nr == MAX_SHARERS)) {
        return -EBUSY;
    }
    flags = irq_lock(&line->lock);
    line->guest[line->nr++] = *g;
    line->share = share;
    irq_unlock(&line->lock, flags);
    if (line->nr == 1) {
        timer_init(&line->serve_timer, serve_timeout, line, 0);
        rc = request_irq(irq, line_fired, line, "guest");
        if (rc) {
            flags = irq_lock(&line->lock);
            line->nr = 0;
            irq_unlock(&line->lock, flags);
        }
    } else {
        /* It may be masked for its only guest so far, whose service had no limit. */
        timer_set(&line->serve_timer, NOW() + SERVE_TIMEOUT);
    }
    return rc;
}

int arch_pirq_bind(struct domain *d, uint32_t pirq, uint32_t port, bool share)
{
    const struct line_guest g = { d, pirq, port, false };
    struct pirq *p = pirq_find(d, pirq);
    int rc;

    spin_lock(&bind_lock);
    rc = add_guest(&lines[p->irq], (unsigned int)p->irq, &g, share);
    spin_unlock(&bind_lock);
    if (!rc) {
        p->port = port;
    }
    return rc;
}

void arch_pirq_unbind(struct domain *d, uint32_t pirq)
{
    struct pirq *p = pirq_find(d, pirq);
    unsigned int irq = (unsigned int)p->irq;
    struct line *line = &lines[irq];
    struct line_guest *g;
    unsigned long flags;
    bool last;

    spin_lock(&bind_lock);
    flags = irq_lock(&line->lock);
    g = find_guest(line, d, pirq);
    end_serving(line, irq, g);
    *g = line->guest[--line->nr];
    last = line->nr == 0;
    irq_unlock(&line->lock, flags);
    if (last) {
        release_irq(irq);
        timer_kill(&line->serve_timer);
    }
    spin_unlock(&bind_lock);
    p->port = 0;
}

void arch_pirq_follow(struct domain *d, uint32_t pirq, const struct vcpu *v)
{
    struct pirq *p = pirq_find(d, pirq);

    spin_lock(&bind_lock);
    if (lines[p->irq].nr == 1) {
        irq_set_cpu((unsigned int)p->irq, READ_ONCE(v->processor));
    }
    spin_unlock(&bind_lock);
}

int pirq_eoi(struct domain *d, uint32_t pirq)
{
    struct pirq *p = pirq_find(d, pirq);
    struct line_guest *g;
    unsigned long flags;
    struct line *line;
    int irq;

    if (!p) {
        return -EINVAL;
    }
    irq = READ_ONCE(p->irq);
    if (irq == NO_IRQ) {
        return -EINVAL;
    }
    line = &lines[irq];
    flags = irq_lock(&line->lock);
    g = find_guest(line, d, pirq);
    if (g) {
        end_serving(line, (unsigned int)irq, g);
    }
    irq_unlock(&line->lock, flags);
    return 0;
}

bool pirq_is_shared(const struct domain *d, uint32_t pirq)
{
    const struct pirq *p = pirq_find(d, pirq);
    int irq = p ? READ_ONCE(p->irq) : NO_IRQ;

    return irq != NO_IRQ && READ_ONCE(lines[irq].nr) > 1;
}

/* Numbers beyond the lines, for what is no line. */
#define GUEST_EXTRA_PIRQS 32U

int pirq_domain_init(struct domain *d)
{
    unsigned int nr = d->is_hardware ? NR_IRQS : nr_irqs_gsi + GUEST_EXTRA_PIRQS;
    struct pirq_table *t = xzalloc_bytes(sizeof(*t) + nr * sizeof(t->pirq[0]),
                                         __alignof__(struct pirq_table));

    if (!t) {
        return -ENOMEM;
    }
    t->nr = nr;
    for (unsigned int i = 0; i < nr; i++) {
        t->pirq[i].irq = NO_IRQ;
    }
    d->arch.pirqs = t;
    return 0;
}

void pirq_domain_destroy(struct domain *d)
{
    xfree(d->arch.pirqs);
    d->arch.pirqs = NULL;
}
