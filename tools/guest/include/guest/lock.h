/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A spin lock between vCPUs. A waiter gives its time slice away: the holder may not be running.
 * Events stay as they are; what a handler also takes is taken with events masked.
 */
#ifndef GUEST_LOCK_H
#define GUEST_LOCK_H

#include <stdbool.h>

struct spinlock {
    volatile int held;
};

void spin_lock(struct spinlock *lock);

static inline void spin_unlock(struct spinlock *lock)
{
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

/* With events masked; answers what to restore. */
bool spin_lock_events(struct spinlock *lock);
void spin_unlock_events(struct spinlock *lock, bool was_masked);

#endif
