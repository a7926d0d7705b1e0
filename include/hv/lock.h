/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spin locks. spinlock_t is for code that runs with interrupts on and is never taken by an
 * interrupt handler; irqlock_t is held with interrupts off on every path, and its functions see to
 * that: the two types do not mix. Both are fair (tickets) and carry a rank (lock-rank.h), checked
 * in debug builds per CPU together with the owner.
 *
 * rwlock_t: many readers or one writer; writers are not starved by readers; not for interrupts.
 */
#ifndef HV_LOCK_H
#define HV_LOCK_H

#include <hv/lib.h>
#include <hv/lock-rank.h>
#include <hv/ticket.h>
#include <asm/current.h> /* local_irq_save() and its kin */

/* clang-format takes the attribute for a function. */
/* clang-format off */
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
/* clang-format on */

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

static inline bool spin_is_locked(const spinlock_t *l)
{
    return ticket_is_taken(&l->t);
}

#ifdef CONFIG_DEBUG
/* Checked forms: rank order and owner, common/sync/lock-check.c. */
void ticket_lock(struct ticket *t);
void ticket_lock_same_rank(struct ticket *t);
bool ticket_trylock(struct ticket *t);
void ticket_unlock(struct ticket *t);
void ticket_lock_shared(const struct ticket *t);
void ticket_unlock_shared(const struct ticket *t);
/* Asserts that the caller's CPU holds no lock: at every exit to a guest and before sleeping. */
void lock_assert_none_held(void);
/* For ASSERT(): does the caller's CPU hold this one; one of this rank? */
bool spin_is_held(const spinlock_t *l);
bool lock_rank_is_held(enum lock_rank r);
#else
#define ticket_lock           ticket_take
#define ticket_lock_same_rank ticket_take
#define ticket_trylock        ticket_try
#define ticket_unlock         ticket_give
static inline void ticket_lock_shared(const struct ticket *t)
{
}
static inline void ticket_unlock_shared(const struct ticket *t)
{
}
static inline void lock_assert_none_held(void)
{
}
static inline bool spin_is_held(const spinlock_t *l)
{
    return spin_is_locked(l);
}
static inline bool lock_rank_is_held(enum lock_rank r)
{
    return true;
}
#endif

static inline void spin_lock(spinlock_t *l) __acquires(*l);
static inline bool spin_trylock(spinlock_t *l) __try_acquires(true, *l);
static inline void spin_unlock(spinlock_t *l) __releases(*l);

/* For the second lock of a rank whose comment gives the order among equals. */
static inline void spin_lock_same_rank(spinlock_t *l) __acquires(*l);
/* Takes both in address order; a == b takes one. */
void spin_lock_both(spinlock_t *a, spinlock_t *b) __no_lock_analysis;
void spin_unlock_both(spinlock_t *a, spinlock_t *b) __no_lock_analysis;

/* Turns interrupts off, then takes the lock; returns what irq_unlock wants back. */
static inline unsigned long irq_lock(irqlock_t *l) __acquires(*l) __must_check;
static inline void irq_unlock(irqlock_t *l, unsigned long flags) __releases(*l);
static inline bool irq_trylock(irqlock_t *l, unsigned long *flags) __try_acquires(true, *l);
/* Interrupts are on (asserted), and on again afterwards: hypercalls' own code. */
static inline void irq_lock_on(irqlock_t *l) __acquires(*l);
static inline void irq_unlock_on(irqlock_t *l) __releases(*l);
/* Interrupts are already off (asserted) and stay off. */
static inline void irq_lock_nested(irqlock_t *l) __acquires(*l);
static inline void irq_unlock_nested(irqlock_t *l) __releases(*l);
static inline void irq_lock_nested_same_rank(irqlock_t *l) __acquires(*l);

void read_lock(rwlock_t *l) __acquires_shared(*l);
void read_unlock(rwlock_t *l) __releases_shared(*l);
void write_lock(rwlock_t *l) __acquires(*l);
void write_unlock(rwlock_t *l) __releases(*l);

static always_inline __no_lock_analysis void spin_lock(spinlock_t *l)
{
    ticket_lock(&l->t);
}

static always_inline __no_lock_analysis bool spin_trylock(spinlock_t *l)
{
    return ticket_trylock(&l->t);
}

static always_inline __no_lock_analysis void spin_unlock(spinlock_t *l)
{
    ticket_unlock(&l->t);
}

static always_inline __no_lock_analysis void spin_lock_same_rank(spinlock_t *l)
{
    ticket_lock_same_rank(&l->t);
}

static always_inline __no_lock_analysis unsigned long irq_lock(irqlock_t *l)
{
    unsigned long flags = local_irq_save();

    ticket_lock(&l->t);
    return flags;
}

static always_inline __no_lock_analysis void irq_unlock(irqlock_t *l, unsigned long flags)
{
    ticket_unlock(&l->t);
    local_irq_restore(flags);
}

static always_inline __no_lock_analysis void irq_lock_on(irqlock_t *l)
{
    ASSERT(local_irq_is_enabled());
    local_irq_disable();
    ticket_lock(&l->t);
}

static always_inline __no_lock_analysis void irq_unlock_on(irqlock_t *l)
{
    ticket_unlock(&l->t);
    local_irq_enable();
}

static always_inline __no_lock_analysis bool irq_trylock(irqlock_t *l, unsigned long *flags)
{
    *flags = local_irq_save();
    if (ticket_trylock(&l->t)) {
        return true;
    }
    local_irq_restore(*flags);
    return false;
}

static always_inline __no_lock_analysis void irq_lock_nested(irqlock_t *l)
{
    ASSERT(!local_irq_is_enabled());
    ticket_lock(&l->t);
}

static always_inline __no_lock_analysis void irq_unlock_nested(irqlock_t *l)
{
    ticket_unlock(&l->t);
}

static always_inline __no_lock_analysis void irq_lock_nested_same_rank(irqlock_t *l)
{
    ASSERT(!local_irq_is_enabled());
    ticket_lock_same_rank(&l->t);
}

#endif
