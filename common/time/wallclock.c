/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wall clock: what the time was, in seconds since 1970, when system time was zero. Each domain
 * gets it, with its own offset added, in shared_info under the version protocol of the ABI.
 *
 * Invariant: writers of one domain's wc_* fields are serialised by wallclock_lock; the version word
 * lies in memory of the guest's, so it is read once and only its parity is relied upon.
 */
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/time.h>

#define NSEC_PER_SEC 1000000000ULL

static DEFINE_IRQLOCK(wallclock_lock, RANK_WALLCLOCK);
static uint64_t wall_ns; /* time at system time zero; guarded by wallclock_lock */

static void wallclock_publish(struct domain *d, uint64_t at_zero)
{
    struct shared_info *s = d->shared_info;
    uint64_t ns = at_zero + (uint64_t)d->time_offset_ns;
    uint64_t sec = ns / NSEC_PER_SEC;
    uint32_t version;

    if (!s) {
        return;
    }
    version = READ_ONCE(s->wc_version) | 1;
    WRITE_ONCE(s->wc_version, version);
    smp_wmb();
    WRITE_ONCE(s->wc_sec, (uint32_t)sec);
    WRITE_ONCE(s->wc_nsec, (uint32_t)(ns % NSEC_PER_SEC));
    WRITE_ONCE(s->wc_sec_hi, (uint32_t)(sec >> 32));
    smp_wmb();
    WRITE_ONCE(s->wc_version, version + 1);
}

void time_update_wallclock(struct domain *d)
{
    unsigned long flags = irq_lock(&wallclock_lock);

    wallclock_publish(d, wall_ns);
    irq_unlock(&wallclock_lock, flags);
}

void time_set_wallclock(uint64_t secs, uint32_t nsecs, uint64_t system_time)
{
    unsigned long flags = irq_lock(&wallclock_lock);
    struct domain *d;

    wall_ns = secs * NSEC_PER_SEC + nsecs - system_time;
    irq_unlock(&wallclock_lock, flags);

    rcu_read_lock();
    for_each_domain (d) {
        time_update_wallclock(d);
    }
    rcu_read_unlock();
}

uint64_t time_wallclock_now(uint32_t *nsecs)
{
    unsigned long flags = irq_lock(&wallclock_lock);
    uint64_t ns = wall_ns + (uint64_t)NOW();

    irq_unlock(&wallclock_lock, flags);
    if (nsecs) {
        *nsecs = (uint32_t)(ns % NSEC_PER_SEC);
    }
    return ns / NSEC_PER_SEC;
}
