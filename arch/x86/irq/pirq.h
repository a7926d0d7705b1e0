/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's physical interrupts: what pirq.c and the operations on them share. */
#ifndef IRQ_PIRQ_H
#define IRQ_PIRQ_H

#include <hv/domain.h>
#include <hv/nospec.h>
#include <asm/irq.h>

#define NO_IRQ (-1)

/* What a guest names by a number: changes under the domain's event lock. */
struct pirq {
    int16_t irq;   /* NO_IRQ: none is mapped */
    uint32_t port; /* 0: not bound */
};

struct pirq_table {
    unsigned int nr;
    struct page_info
        *eoi_page; /* bit n: pirq n waits for an end-of-interrupt call; NULL: not asked for */
    unsigned long *eoi_map;
    bool unmask_at_eoi; /* as the first form of that page wants it */
    struct pirq pirq[];
};

/* The entry that a guest named, or NULL. */
static inline struct pirq *pirq_find(const struct domain *d, uint32_t pirq)
{
    struct pirq_table *t = d->arch.pirqs;

    return pirq < t->nr ? &t->pirq[array_index_nospec(pirq, t->nr)] : NULL;
}

/* The guest has served the interrupt: it may come again. 0, -EINVAL. */
int pirq_eoi(struct domain *d, uint32_t pirq) __must_check;
/* Do several domains have it? */
bool pirq_is_shared(const struct domain *d, uint32_t pirq);

#endif
