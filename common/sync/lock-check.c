/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug builds: is every lock taken in rank order, by a CPU that does not hold it yet, and released
 * by its owner?
 *
 * Owns each CPU's record of the locks that it holds. Only that CPU writes it, with interrupts off:
 * a handler between depth and entry would take an entry that is being filled for one to give back.
 */
#include <hv/lock.h>
#include <hv/percpu.h>
#include <hv/smp.h>

#define MAX_HELD 16

struct held_locks {
    unsigned int depth;
    const struct ticket *lock[MAX_HELD];
};

static DEFINE_PER_CPU(struct held_locks, held_locks);

/* A held lock of a later rank than t may be taken under, or NULL. */
static const struct ticket *find_violation(const struct ticket *t, bool same_rank)
{
    const struct held_locks *held = &this_cpu(held_locks);

    for (unsigned int i = 0; i < held->depth; i++) {
        const struct ticket *other = READ_ONCE(held->lock[i]);

        if (other &&
            (other == t || other->rank > t->rank || (other->rank == t->rank && !same_rank))) {
            return other;
        }
    }
    return NULL;
}

static void check_rank(const struct ticket *t, bool same_rank)
{
    const struct ticket *other;

    if (t->rank == RANK_NONE) {
        return;
    }
    other = find_violation(t, same_rank);
    if (unlikely(other)) {
        panic("lock %p of rank %u taken on CPU%u with lock %p of rank %u held", (const void *)t,
              t->rank, smp_processor_id(), (const void *)other, other->rank);
    }
}

static void remember(const struct ticket *t)
{
    struct held_locks *held = &this_cpu(held_locks);
    unsigned long flags;

    if (t->rank == RANK_NONE) {
        return;
    }
    /* An interrupt handler gives its own places back, and with them any that is still empty. */
    flags = local_irq_save();
    BUG_ON(held->depth >= MAX_HELD);
    held->lock[held->depth++] = t;
    local_irq_restore(flags);
}

static void forget(const struct ticket *t)
{
    struct held_locks *held = &this_cpu(held_locks);
    unsigned long flags;
    unsigned int slot;

    if (t->rank == RANK_NONE) {
        return;
    }
    flags = local_irq_save();
    slot = held->depth;
    do {
        BUG_ON(slot == 0);
        slot--;
    } while (held->lock[slot] != t);
    held->lock[slot] = NULL;
    while (held->depth && !held->lock[held->depth - 1]) {
        held->depth--;
    }
    local_irq_restore(flags);
}

static uint16_t owner_id(void)
{
    return (uint16_t)(smp_processor_id() + 1);
}

static void lock_checked(struct ticket *t, bool same_rank)
{
    check_rank(t, same_rank);
    BUG_ON(READ_ONCE(t->owner) == owner_id());
    ticket_take(t);
    WRITE_ONCE(t->owner, owner_id());
    remember(t);
}

void ticket_lock(struct ticket *t)
{
    lock_checked(t, false);
}

void ticket_lock_same_rank(struct ticket *t)
{
    lock_checked(t, true);
}

/* Trying cannot deadlock, so a try may break the order; what is taken under it may not. */
bool ticket_trylock(struct ticket *t)
{
    if (!ticket_try(t)) {
        return false;
    }
    WRITE_ONCE(t->owner, owner_id());
    remember(t);
    return true;
}

void ticket_unlock(struct ticket *t)
{
    BUG_ON(READ_ONCE(t->owner) != owner_id());
    forget(t);
    WRITE_ONCE(t->owner, 0);
    ticket_give(t);
}

void ticket_lock_shared(const struct ticket *t)
{
    check_rank(t, false);
    remember(t);
}

void ticket_unlock_shared(const struct ticket *t)
{
    forget(t);
}

void lock_assert_none_held(void)
{
    BUG_ON(this_cpu(held_locks).depth != 0);
}

bool spin_is_held(const spinlock_t *l)
{
    return READ_ONCE(l->t.owner) == owner_id();
}

bool lock_rank_is_held(enum lock_rank r)
{
    const struct held_locks *held = &this_cpu(held_locks);

    for (unsigned int i = 0; i < held->depth; i++) {
        const struct ticket *t = READ_ONCE(held->lock[i]);

        if (t && t->rank == r) {
            return true;
        }
    }
    return false;
}
