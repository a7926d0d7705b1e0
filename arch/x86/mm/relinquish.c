/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving back a dying domain's memory. Each frame on its list is visited once: pin undone,
 * unfinished release finished, the owner's own reference dropped. Tables release what they map, so
 * when all have been visited only frames that other domains still hold are left, and those go with
 * the last holder.
 *
 * Progress is in the domain: frames are moved to the list's end as they are visited, `to_visit`
 * says how many are left (a dying domain gains none). Locks: d->page_lock for the list.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <asm/pv-mm.h>

#include "table.h"

/* The first frame of the list with a reference; NULL when it is just being freed. Moves that one
 * on. */
static struct page_info *first_frame(struct domain *d)
{
    struct page_info *pg;

    spin_lock(&d->page_lock);
    pg = page_list_first(&d->page_list);
    if (!pg) {
        d->arch.pv.to_visit = 0;
    } else if (!get_page(pg, d)) {
        page_list_del(pg, &d->page_list);
        page_list_add_tail(pg, &d->page_list);
        d->arch.pv.to_visit--;
        pg = NULL;
    }
    spin_unlock(&d->page_lock);
    return pg;
}

/* pg carries a reference of ours and is still first. */
static int visit(struct domain *d, struct page_info *pg)
{
    int rc;

    if (__atomic_fetch_and(&pg->inuse.type_info, ~PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned) {
        /* Unfinished, it is PARTIAL and keeps itself: that is finished next. */
        rc = page_type_put(pg);
        page_ref_put(pg);
    }
    rc = page_type_finish(pg);
    if (rc) {
        return rc;
    }
    spin_lock(&d->page_lock);
    page_list_del(pg, &d->page_list);
    page_list_add_tail(pg, &d->page_list);
    d->arch.pv.to_visit--;
    spin_unlock(&d->page_lock);
    put_page_alloc_ref(pg);
    return 0;
}

int pv_relinquish_memory(struct domain *d)
{
    unsigned int done = 0;

    if (!d->arch.pv.relinquishing) {
        spin_lock(&d->page_lock);
        d->arch.pv.to_visit = d->page_list.count;
        d->arch.pv.relinquishing = true;
        spin_unlock(&d->page_lock);
    }
    while (d->arch.pv.to_visit) {
        struct page_info *pg = first_frame(d);

        if (pg) {
            int rc = visit(d, pg);

            page_ref_put(pg);
            if (rc) {
                return rc;
            }
        }
        /* A visit may free a whole table's worth of frames. */
        if (!(++done & 15) && hypercall_preempt_check()) {
            return -ERESTART;
        }
    }
    if (d->shared_info) {
        put_page_alloc_ref(virt_to_page(d->shared_info));
    }
    return 0;
}
