/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a dying domain has mapped of others, given back: the pins and what maptrack records hold.
 * Its page tables hold the references of host mappings and drop them as they are released. All its
 * vCPUs are paused and never run again, so nobody else uses its records. Progress is in the table;
 * at least one record is done between two preemption checks (I5, I6, I17).
 *
 * Locks: one granter's entry at a time. Read without it: records, which are this CPU's alone by
 * now.
 */
#include <hv/iommu.h>
#include <hv/mm.h>

#include "private.h"

static void release_one(struct domain *d, struct maptrack *mt) __no_lock_analysis
{
    uint64_t name = maptrack_read_name(mt);
    struct domain *rd = maptrack_granter(name);
    struct active_entry *act;
    uint16_t flags;
    mfn_t mfn;

    act = gnttab_active(rd->gnttab, maptrack_ref(name));
    spin_lock(&act->lock);
    flags = mt->flags;
    mfn = _mfn(act->mfn);
    mt->flags = 0;
    spin_unlock(&act->lock);

    if (flags & GNTMAP_device_map) {
        bool writable = !(flags & GNTMAP_readonly);

        iommu_grant_put_now(d, mfn, writable);
        if (writable) {
            arch_grant_type_put(mfn_to_page(mfn));
        }
        put_page(mfn_to_page(mfn));
    }
    gnttab_unpin(rd, act, maptrack_ref(name), map_pins(flags));
    put_domain(rd);
}

/* Records between two looks, free ones, which are looked at only; one in use counts as many. */
#define RELEASE_BATCH 512

int gnttab_release_mappings(struct domain *d)
{
    struct grant_table *t = d->gnttab;
    uint32_t end = t->nr_maptrack * (uint32_t)MAPTRACK_PER_PAGE, work = 0;

    for (; t->release_next < end; t->release_next++) {
        struct maptrack *mt = maptrack_lookup(t, t->release_next);

        if (work >= RELEASE_BATCH) {
            if (hypercall_preempt_check()) {
                return -ERESTART;
            }
            work = 0;
        }
        work++;
        if (mt->flags) {
            release_one(d, mt);
            work += RELEASE_BATCH / 16;
        }
    }
    return 0;
}

uint32_t gnttab_leaks(const struct domain *d)
{
    const struct grant_table *t = d->gnttab;
    uint32_t leaks = t->in_use;

    for (uint32_t i = 0; i < t->nr_maptrack * MAPTRACK_PER_PAGE; i++) {
        leaks += maptrack_lookup(t, i)->flags != 0;
    }
    return leaks;
}
