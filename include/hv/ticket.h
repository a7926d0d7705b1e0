/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bare ticket under every lock, unchecked. Only common/sync/ and hv/lock.h include this; the
 * debug build's checks stand around these functions, the release build's locks are these functions.
 */
#ifndef HV_TICKET_H
#define HV_TICKET_H

#include <hv/compiler.h>
#include <asm/ticket.h>

struct ticket {
    union {
        uint32_t both;
        struct {
            uint16_t head; /* now served */
            uint16_t tail; /* next to hand out */
        };
    };
    uint8_t rank;
    uint8_t unused;
    uint16_t owner; /* debug builds: CPU + 1 */
};

/* Until ticket `mine` is served. */
void ticket_wait(const struct ticket *t, uint16_t mine);

static always_inline void ticket_take(struct ticket *t)
{
    uint32_t got = __atomic_fetch_add(&t->both, 1U << 16, __ATOMIC_ACQUIRE);

    /* Both halves are the same where nobody is before us: one turn, not two extracts. */
    if (unlikely((got << 16 | got >> 16) != got)) {
        ticket_wait(t, (uint16_t)(got >> 16));
    }
}

static always_inline bool ticket_try(struct ticket *t)
{
    uint32_t both = __atomic_load_n(&t->both, __ATOMIC_RELAXED);

    return (uint16_t)both == both >> 16 &&
           __atomic_compare_exchange_n(&t->both, &both, both + (1U << 16), false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/* Only the holder writes head, so no atomic operation is needed. */
static always_inline void ticket_give(struct ticket *t)
{
    ticket_head_advance(&t->head);
}

static inline bool ticket_is_taken(const struct ticket *t)
{
    uint32_t both = __atomic_load_n(&t->both, __ATOMIC_RELAXED);

    return (uint16_t)both != both >> 16;
}

#endif
