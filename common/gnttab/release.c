/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a dying domain has mapped of others, given back: the pins and what maptrack records hold.
 * Its page tables hold the references of host mappings and drop them as they are released. All its
 * vCPUs are paused and never run again, so nobody else uses its records. Progress is in the table;
 * at least one record is done between two preemption checks (I5, I6, I17).
 *
 * Locks: one granter's entry at a time.
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
        unsigned int flush = 0;

        iommu_grant_put(d, _dfn(mfn_x(mfn)), mfn, writable, &flush);
        iommu_flush(d, flush);
        if (writable) {
            arch_grant_type_put(mfn_to_page(mfn));
        }
        put_page(mfn_to_page(mfn));
    }
    gnttab_unpin(rd, act, maptrack_ref(name), map_pins(flags));
    put_domain(rd);
}

int gnttab_release_mappings(struct domain *d)
{
    struct grant_table *t = d->gnttab;
    uint32_t end = t->nr_maptrack * (uint32_t)MAPTRACK_PER_PAGE, done = 0;

    for (; t->release_next < end; t->release_next++) {
        struct maptrack *mt = maptrack_lookup(t, t->release_next);

        if (!mt->flags) {
            continue;
        }
        if (done && !(done % 16) && hypercall_preempt_check()) {
            return -ERESTART;
        }
        release_one(d, mt);
        done++;
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
