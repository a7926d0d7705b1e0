/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's watchdogs: two timers that shut it down unless it sets them again in time.
 * watchdog_lock guards which are in use.
 */
#include "private.h"

#define NR_WATCHDOGS 2

static void watchdog_fired(void *data)
{
    struct domain *d = data;

    if (READ_ONCE(d->dying) || d->is_shutting_down) {
        return;
    }
    printk(XENLOG_G_WARNING "d%u: a watchdog of the domain fired\n", d->domain_id);
    domain_shutdown(d, SHUTDOWN_watchdog);
}

void domain_watchdogs_init(struct domain *d)
{
    for (unsigned int i = 0; i < NR_WATCHDOGS; i++) {
        timer_init(&d->watchdog[i], watchdog_fired, d, 0);
    }
}

void domain_watchdogs_kill(struct domain *d)
{
    for (unsigned int i = 0; i < NR_WATCHDOGS; i++) {
        timer_kill(&d->watchdog[i]);
    }
}

/* id 0 takes a free one and answers its number from 1; a timeout of 0 stops it. */
long domain_watchdog(struct domain *d, uint32_t id, uint32_t timeout)
{
    long rc = 0;

    if (id > NR_WATCHDOGS) {
        return -EINVAL;
    }
    spin_lock(&d->watchdog_lock);
    if (id == 0) {
        if (timeout == 0) {
            rc = -EINVAL;
            goto out;
        }
        for (id = 0; id < NR_WATCHDOGS && (d->watchdog_inuse & BIT(id)); id++) {
        }
        if (id == NR_WATCHDOGS) {
            rc = -ENOSPC;
            goto out;
        }
        d->watchdog_inuse |= 1U << id;
        timer_set(&d->watchdog[id], NOW() + SECONDS(timeout));
        rc = id + 1;
        goto out;
    }
    id--;
    if (!(d->watchdog_inuse & (1U << id))) {
        rc = -EINVAL;
    } else if (timeout == 0) {
        timer_stop(&d->watchdog[id]);
        d->watchdog_inuse &= ~(1U << id);
    } else {
        timer_set(&d->watchdog[id], NOW() + SECONDS(timeout));
    }
out:
    spin_unlock(&d->watchdog_lock);
    return rc;
}
