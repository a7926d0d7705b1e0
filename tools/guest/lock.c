/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The spin lock.
 */
#include <guest/lock.h>
#include <guest/cpu.h>
#include <guest/hypercall.h>

#define SPINS_BEFORE_YIELD 1000

void spin_lock(struct spinlock *lock)
{
    unsigned int spins = 0;

    while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE)) {
        cpu_relax();
        if (++spins == SPINS_BEFORE_YIELD) {
            spins = 0;
            hv_sched_op(SCHEDOP_yield, NULL);
        }
    }
}

bool spin_lock_events(struct spinlock *lock)
{
    bool was_masked = events_masked();

    events_mask();
    spin_lock(lock);
    return was_masked;
}

void spin_unlock_events(struct spinlock *lock, bool was_masked)
{
    spin_unlock(lock);
    if (!was_masked) {
        events_unmask();
    }
}
