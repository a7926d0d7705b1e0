/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader-writer locks. Readers count themselves in one word whose top bit a writer sets as soon as
 * it is its turn: no new reader enters then, so writers are not starved. Writers queue by ticket.
 * Not for interrupt handlers; a reader must not take the same lock again (a writer may wait in
 * between).
 */
#include <hv/lock.h>

#define RW_WRITER (1U << 31)

__no_lock_analysis void read_lock(rwlock_t *l)
{
    ticket_lock_shared(&l->writer);
    while (unlikely(__atomic_fetch_add(&l->readers, 1, __ATOMIC_ACQUIRE) & RW_WRITER)) {
        (void)__atomic_fetch_sub(&l->readers, 1, __ATOMIC_RELEASE);
        while (__atomic_load_n(&l->readers, __ATOMIC_RELAXED) & RW_WRITER) {
            cpu_relax();
        }
    }
}

__no_lock_analysis void read_unlock(rwlock_t *l)
{
    (void)__atomic_fetch_sub(&l->readers, 1, __ATOMIC_RELEASE);
    ticket_unlock_shared(&l->writer);
}

__no_lock_analysis void write_lock(rwlock_t *l)
{
    ticket_lock(&l->writer);
    (void)__atomic_fetch_or(&l->readers, RW_WRITER, __ATOMIC_ACQUIRE);
    while (__atomic_load_n(&l->readers, __ATOMIC_ACQUIRE) != RW_WRITER) {
        cpu_relax();
    }
}

__no_lock_analysis void write_unlock(rwlock_t *l)
{
    (void)__atomic_fetch_and(&l->readers, ~RW_WRITER, __ATOMIC_RELEASE);
    ticket_unlock(&l->writer);
}
