/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spin locks. spinlock_t is for code that runs with interrupts on and is never taken by an interrupt
 * handler; irqlock_t is held with interrupts off on every path, and its functions see to that: the
 * two types do not mix. Both are fair (tickets) and carry a rank (lock-rank.h), checked in debug
 * builds per CPU together with the owner.
 *
 * rwlock_t: many readers or one writer; writers are not starved by readers; not for interrupts.
 */
#ifndef HV_LOCK_H
#define HV_LOCK_H

#include <hv/compiler.h>
#include <hv/lock-rank.h>

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

typedef struct __capability("spinlock") {
    struct ticket t;
} spinlock_t;

typedef struct __capability("irqlock") {
    struct ticket t;
} irqlock_t;

typedef struct __capability("rwlock") {
    uint32_t readers; /* bit 31: a writer holds or waits */
    struct ticket writer;
} rwlock_t;

#define TICKET_INIT(r) { { 0 }, (r), 0, 0 }
#define SPINLOCK_INIT(r) { TICKET_INIT(r) }
#define IRQLOCK_INIT(r)  { TICKET_INIT(r) }
#define RWLOCK_INIT(r)   { 0, TICKET_INIT(r) }
#define DEFINE_SPINLOCK(name, r) spinlock_t name = SPINLOCK_INIT(r)
#define DEFINE_IRQLOCK(name, r)  irqlock_t name = IRQLOCK_INIT(r)
#define DEFINE_RWLOCK(name, r)   rwlock_t name = RWLOCK_INIT(r)

static inline void spin_lock_init(spinlock_t *l, enum lock_rank r)
{
    *l = (spinlock_t)SPINLOCK_INIT(r);
}

static inline void irq_lock_init(irqlock_t *l, enum lock_rank r)
{
    *l = (irqlock_t)IRQLOCK_INIT(r);
}

static inline void rwlock_init(rwlock_t *l, enum lock_rank r)
{
    *l = (rwlock_t)RWLOCK_INIT(r);
}

void spin_lock(spinlock_t *l) __acquires(*l);
bool spin_trylock(spinlock_t *l) __try_acquires(true, *l);
void spin_unlock(spinlock_t *l) __releases(*l);
bool spin_is_locked(const spinlock_t *l);

/* For the second lock of a rank whose comment gives the order among equals. */
void spin_lock_same_rank(spinlock_t *l) __acquires(*l);
/* Takes both in address order; a == b takes one. */
void spin_lock_both(spinlock_t *a, spinlock_t *b) __no_lock_analysis;
void spin_unlock_both(spinlock_t *a, spinlock_t *b) __no_lock_analysis;

/* Turns interrupts off, then takes the lock; returns what irq_unlock wants back. */
unsigned long irq_lock(irqlock_t *l) __acquires(*l) __must_check;
void irq_unlock(irqlock_t *l, unsigned long flags) __releases(*l);
bool irq_trylock(irqlock_t *l, unsigned long *flags) __try_acquires(true, *l);
/* Interrupts are already off (asserted) and stay off. */
void irq_lock_nested(irqlock_t *l) __acquires(*l);
void irq_unlock_nested(irqlock_t *l) __releases(*l);
void irq_lock_nested_same_rank(irqlock_t *l) __acquires(*l);

void read_lock(rwlock_t *l) __acquires_shared(*l);
void read_unlock(rwlock_t *l) __releases_shared(*l);
void write_lock(rwlock_t *l) __acquires(*l);
void write_unlock(rwlock_t *l) __releases(*l);

#ifdef CONFIG_DEBUG
/* Asserts that the caller's CPU holds no lock: at every exit to a guest and before sleeping. */
void lock_assert_none_held(void);
#else
static inline void lock_assert_none_held(void)
{
}
#endif

#endif
