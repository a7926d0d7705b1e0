/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What locks do out of line: waiting for a ticket, and taking two locks.
 *
 * Tickets are served in the order of arrival: `tail` is the next one to hand out, `head` the one
 * that is served now. Both go round (I27): a CPU waits with one ticket of a lock at a time, so they
 * are never as far apart as they have values. Any context that the lock's type allows.
 */
#include <hv/cpumask.h>
#include <hv/lock.h>
#include <hv/ticket.h>

_Static_assert(NR_CPUS <= UINT16_MAX, "a ticket for each CPU");

void ticket_wait(const struct ticket *t, uint16_t mine)
{
    while (__atomic_load_n(&t->head, __ATOMIC_ACQUIRE) != mine) {
        cpu_relax();
    }
}

void spin_lock_both(spinlock_t *a, spinlock_t *b)
{
    spinlock_t *first = a < b ? a : b;
    spinlock_t *second = a < b ? b : a;

    spin_lock(first);
    if (first != second) {
        spin_lock_same_rank(second);
    }
}

void spin_unlock_both(spinlock_t *a, spinlock_t *b)
{
    spin_unlock(a);
    if (a != b) {
        spin_unlock(b);
    }
}
