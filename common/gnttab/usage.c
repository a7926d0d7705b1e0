/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What domains use of their grant tables: for the control domain, and for debug key 'g'. Numbers
 * are read without locks and may be a moment apart. A table never shrinks, so its frames are the
 * most that it had.
 */
#include <hv/console.h>
#include <hv/keyhandler.h>

#include "private.h"
#include <gen/domctl-dispatch.h>

void gnttab_get_usage(struct domain *d, struct gnttab_usage *u)
{
    struct grant_table *t = d->gnttab;
    uint32_t frames = READ_ONCE(t->nr_frames), version = table_version(t);

    *u = (struct gnttab_usage){
        .version = version,
        .max_version = t->max_version,
        .frames = frames,
        .max_frames = t->max_frames,
        .entries = READ_ONCE(t->in_use),
        .peak_entries = READ_ONCE(t->peak_in_use),
        .limit_entries = entries_of(t->max_frames, version),
        .maptrack = maptrack_in_use(d),
        .limit_maptrack = t->max_maptrack * (uint32_t)MAPTRACK_PER_PAGE,
        .failed_frames = READ_ONCE(t->failed_frames),
        .failed_entries = READ_ONCE(t->failed_entries),
        .failed_maptrack = READ_ONCE(t->failed_maptrack),
    };
    spin_lock(&t->maptrack_lock);
    u->peak_maptrack = maptrack_peak(d);
    spin_unlock(&t->maptrack_lock);
}

static void dump_summary(struct domain *d)
{
    struct gnttab_usage u;

    gnttab_get_usage(d, &u);
    printk("d%u grants: v%u (max v%u), frames %u/%u, entries %u (peak %u), mappings %u (peak %u, "
           "max %u), refused %u/%u/%u\n",
           d->domain_id, u.version, u.max_version, u.frames, u.max_frames, u.entries,
           u.peak_entries, u.maptrack, u.peak_maptrack, u.limit_maptrack, u.failed_frames,
           u.failed_entries, u.failed_maptrack);
}

/* Lines about entries in use that one dump prints at most. */
#define DUMP_MOST 64

static unsigned int dump_page(struct grant_table *t, uint32_t page, unsigned int left)
{
    for (unsigned int i = 0; i < ACTIVE_PER_PAGE && left; i++) {
        struct active_entry *act = &t->active[page][i], copy;

        spin_lock(&act->lock);
        copy = *act;
        spin_unlock(&act->lock);
        if (copy.pin) {
            printk("  [%u] d%u pin %016lx frame %x kind %u [%u, %u)\n",
                   page * (uint32_t)ACTIVE_PER_PAGE + i, copy.domid, copy.pin, copy.mfn, copy.kind,
                   copy.extent.start, (uint32_t)copy.extent.start + copy.extent.length);
            left--;
        }
    }
    return left;
}

static void gnttab_dump(struct domain *d)
{
    struct grant_table *t = d->gnttab;
    uint32_t pages = entries_of(READ_ONCE(t->nr_frames), 1) / (uint32_t)ACTIVE_PER_PAGE;
    unsigned int left = DUMP_MOST;

    dump_summary(d);
    for (uint32_t i = 0; i < pages && left; i++) {
        if (smp_load_acquire(&t->active[i])) {
            left = dump_page(t, i, left);
        }
    }
    if (!left) {
        printk("  and more\n");
    }
}

static void dump_all(unsigned char key)
{
    struct domain *d;

    rcu_read_lock();
    for_each_domain (d) {
        gnttab_dump(d);
    }
    rcu_read_unlock();
}
KEYHANDLER('g', false, "print grant table usage", dump_all);

int domctl_get_grant_usage(struct domain *d, struct xen_domctl *op)
{
    struct gnttab_usage u;

    gnttab_get_usage(d, &u);
    op->u.get_grant_usage = (struct xen_domctl_get_grant_usage){
        .version = u.version,
        .max_version = u.max_version,
        .frames = u.frames,
        .max_frames = u.max_frames,
        .entries = u.entries,
        .peak_entries = u.peak_entries,
        .max_entries = u.limit_entries,
        .maptrack = u.maptrack,
        .peak_maptrack = u.peak_maptrack,
        .max_maptrack = u.limit_maptrack,
        .failed_frames = u.failed_frames,
        .failed_entries = u.failed_entries,
        .failed_maptrack = u.failed_maptrack,
    };
    return 0;
}
