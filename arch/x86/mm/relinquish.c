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
#include <hv/page-list.h>
#include <asm/pv-mm.h>

#include "table.h"

#define BATCH 16

/*
 * References on the next few frames, which go to the list's end and count as visited; one that is
 * just being freed needs no visit. How many there are.
 */
static unsigned int next_frames(struct domain *d, struct page_info *pgs[BATCH])
{
    unsigned int n = 0;

    spin_lock(&d->page_lock);
    for (unsigned int i = 0; i < BATCH && d->arch.pv.to_visit; i++) {
        struct page_info *pg = page_list_first(&d->page_list);

        if (!pg) {
            d->arch.pv.to_visit = 0;
            break;
        }
        page_list_del(pg, &d->page_list);
        page_list_add_tail(pg, &d->page_list);
        d->arch.pv.to_visit--;
        if (page_ref_get(pg, domain_owner_id(d))) {
            pgs[n++] = pg;
        }
    }
    spin_unlock(&d->page_lock);
    return n;
}

/* Undone for a frame whose visit was preempted: it is first again. Its reference is given back. */
static void visit_again(struct domain *d, struct page_info *pg)
{
    spin_lock(&d->page_lock);
    page_list_del(pg, &d->page_list);
    page_list_add(pg, &d->page_list);
    d->arch.pv.to_visit++;
    spin_unlock(&d->page_lock);
    page_ref_put(pg);
}

static int visit(struct page_info *pg)
{
    unsigned long x = READ_ONCE(pg->inuse.type_info);
    int rc;

    if ((x & PGT_pinned) &&
        (__atomic_fetch_and(&pg->inuse.type_info, ~PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned)) {
        /* Unfinished, it is PARTIAL and keeps itself: that is finished next. */
        rc = page_type_put(pg);
        page_ref_put(pg);
    }
    rc = page_type_finish(pg);
    if (!rc) {
        put_page_alloc_ref(pg);
    }
    return rc;
}

int pv_relinquish_memory(struct domain *d)
{
    if (!d->arch.pv.relinquishing) {
        spin_lock(&d->page_lock);
        d->arch.pv.to_visit = d->page_list.count;
        d->arch.pv.relinquishing = true;
        spin_unlock(&d->page_lock);
    }
    while (d->arch.pv.to_visit) {
        struct page_info *pgs[BATCH];
        unsigned int n = next_frames(d, pgs);
        int rc = 0;

        for (unsigned int i = 0; i < n; i++) {
            if (!rc) {
                rc = visit(pgs[i]);
            }
            if (rc) {
                visit_again(d, pgs[i]);
            } else {
                page_ref_put(pgs[i]);
            }
        }
        if (rc) {
            return rc;
        }
        if (hypercall_preempt_check()) {
            return -ERESTART;
        }
    }
    if (d->shared_info) {
        put_page_alloc_ref(virt_to_page(d->shared_info));
    }
    return 0;
}
