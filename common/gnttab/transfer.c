/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transfer: gives a page of the caller's to a domain that has an entry which accepts it. What can
 * be refused is refused while the page is still the caller's; no vCPU of the caller's, or of
 * another that had it mapped, can reach it any more when its new owner gets it (I12). The
 * receiver's table lock keeps its version from the commitment to the completion of the entry.
 *
 * Locks: the receiver's table, below it a domain's page lists; nothing is read without.
 */
#include <hv/arch/memory.h>
#include <hv/arch/mm.h>
#include <hv/interleave.h>
#include <hv/mm.h>

#include "private.h"
#include <gen/grant_table_op-dispatch.h>

/* To its new owner, or back; pg is nobody's, and still charged to `from`. */
static int reassign(struct page_info *pg, struct domain *to)
{
    return assign_pages(pg, 0, to, 0);
}

static void uncharge(struct domain *d)
{
    bool last;

    spin_lock(&d->page_lock);
    last = --d->tot_pages == 0;
    spin_unlock(&d->page_lock);
    if (last) {
        put_domain(d);
    }
}

static bool has_room(struct domain *e)
{
    bool room;

    spin_lock(&e->page_lock);
    room = !READ_ONCE(e->dying) && e->tot_pages < e->max_pages;
    spin_unlock(&e->page_lock);
    return room;
}

/*
 * *ref_held: the caller's reference on pg is left, or there is a new one, as its new owner's; it is
 * given back without the lock, since the owner may die with it.
 */
static int16_t give(struct domain *d, struct domain *e, struct grant_table *t, struct page_info *pg,
                    grant_ref_t ref, bool *ref_held) __must_hold(t->lock)
{
    union grant_entry_v2 entry;

    *ref_held = true;
    if (ref >= entries_of(t->nr_frames, table_version(t)) || !has_room(e) ||
        !gnttab_transfer_commit(t, ref, d->domain_id)) {
        return GNTST_general_error;
    }
    if (arch_steal_page(d, pg)) {
        gnttab_transfer_cancel(t, ref);
        return GNTST_bad_page;
    }
    *ref_held = false;
    /* Whoever else read it, and has overwritten its entry, may have it in a TLB still. */
    arch_tlb_flush_since(arch_tlb_stamp());
    uncharge(d);
    gnttab_entry_read(t, ref, &entry);
    if (reassign(pg, e)) {
        gnttab_transfer_cancel(t, ref);
        if (reassign(pg, d)) {
            free_domheap_page(pg); /* the caller has lowered its own limit meanwhile, or dies */
        }
        return GNTST_general_error;
    }
    interleave("gnttab.transfer.assigned");
    /* Its new owner may have given it away already; the frame's number is then another's. */
    *ref_held = get_page(pg, e);
    if (likely(*ref_held)) {
        arch_gfn_assign(e, _gfn(entry.full_page.frame), page_to_mfn(pg), 0);
    }
    gnttab_transfer_complete(t, ref, page_to_mfn(pg));
    return GNTST_okay;
}

static int16_t transfer_one(struct domain *d, const struct gnttab_transfer *op)
{
    struct page_info *pg = arch_get_gfn(d, _gfn(op->mfn));
    bool ref_held = true;
    struct grant_table *t;
    struct domain *e;
    int16_t st;

    if (!pg) {
        return GNTST_bad_page;
    }
    e = rcu_lock_domain_by_id(op->domid);
    st = GNTST_bad_domain;
    if (!e) {
        goto put;
    }
    st = GNTST_permission_denied;
    if (!xsm_grant_transfer(e)) {
        t = e->gnttab;
        spin_lock(&t->lock);
        st = give(d, e, t, pg, op->ref, &ref_held);
        spin_unlock(&t->lock);
    }
    rcu_unlock_domain(e);
put:
    if (ref_held) {
        put_page(pg);
    }
    return st;
}

long grant_table_op_transfer(unsigned int count, guest_ptr_t arg)
{
    struct domain *d = current->domain;
    struct gnttab_transfer op;
    long rc = gnttab_opt.transfer ? gnttab_array_check(arg, sizeof(op), count) : -ENOSYS;

    for (unsigned int i = 0; !rc && i < count; i++) {
        if (gnttab_preempt(i)) {
            return gnttab_continue(arg, sizeof(op), i, count);
        }
        if (copy_from_guest_elem(&op, arg, i)) {
            return -EFAULT;
        }
        op.status = transfer_one(d, &op);
        rc = copy_to_guest_elem(arg, i, &op);
    }
    return rc;
}
