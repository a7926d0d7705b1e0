/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_update: page-table entries by machine address, and machine-to-physical entries. Each request
 * is copied once and done whole; an error ends the batch and leaves it alone. Preempted, the call
 * is issued again with what is left and a mark in `count` (the mark only says to take *pdone for
 * progress, so a guest gains nothing by forging it).
 *
 * Locks: the page lock of one table at a time.
 */
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/hypercall.h>
#include <hv/xsm.h>
#include <gen/hypercall-dispatch.h>

#include "batch.h"
#include "table.h"

/* All that alignment leaves free, though only four commands are known. */
#define CMD_MASK (sizeof(pte_t) - 1)

struct update_domains {
    struct domain *pt_owner; /* whose tables */
    struct domain *pg_owner; /* whose frames */
};

/* A table entry, or a word of ordinary memory: the answer is the same to the guest. */
static int write_pt_entry(const struct mmu_update *req, const struct update_domains *who,
                          bool preserve_ad)
{
    uint64_t at = req->ptr & ~CMD_MASK;
    pte_t new = { req->val };
    struct page_info *pg;
    pte_t *slot;
    int rc = -EINVAL;

    pg = frame_ref_get(maddr_to_mfn(_maddr(at)), who->pt_owner);
    if (unlikely(!pg)) {
        return -EINVAL;
    }
    slot = (pte_t *)((char *)page_to_virt(pg) + (at & ~PAGE_MASK));
    if (likely(page_lock(pg))) {
        rc = entry_write(pg, slot, new, preserve_ad, who->pt_owner, who->pg_owner);
        page_unlock(pg);
    } else if (!page_type_get(pg, PGT_writable_page)) {
        WRITE_ONCE(slot->v, new.v);
        page_put_writable(pg);
        return 0;
    }
    page_ref_put(pg);
    return rc;
}

static int write_m2p_entry(const struct mmu_update *req, const struct update_domains *who)
{
    mfn_t mfn = maddr_to_mfn(_maddr(req->ptr));
    struct page_info *pg = get_page_from_mfn(mfn, who->pg_owner);

    if (!pg) {
        return -EINVAL;
    }
    set_gpfn_from_mfn(mfn, req->val);
    page_ref_put(pg);
    return 0;
}

static always_inline int update_one(const struct mmu_update *req, const struct update_domains *who)
{
    unsigned int cmd = req->ptr & CMD_MASK;

    if (likely(cmd == MMU_NORMAL_PT_UPDATE)) {
        return write_pt_entry(req, who, false);
    }
    switch (cmd) {
    case MMU_MACHPHYS_UPDATE:
        return write_m2p_entry(req, who);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return write_pt_entry(req, who, true);
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return write_pt_entry(req, who, false);
    default:
        return -ENOSYS;
    }
}

/* foreigndom: the frames' owner in the lower half, the tables' owner plus one in the upper. */
static int find_domains(unsigned int foreigndom, struct update_domains *who)
{
    struct domain *d = current->domain;
    int rc;

    who->pt_owner = who->pg_owner = d;
    if (likely(foreigndom == DOMID_SELF)) {
        return 0;
    }
    if (foreigndom >> 16) {
        who->pt_owner = rcu_lock_domain_by_id((domid_t)((foreigndom >> 16) - 1));
        if (!who->pt_owner) {
            return -ESRCH;
        }
    }
    who->pg_owner = pg_owner_get((domid_t)foreigndom);
    if (!who->pg_owner) {
        return -ESRCH;
    }
    rc = xsm_mmu_update(who->pt_owner);
    /* Device memory has its own permission, frame by frame. */
    return rc || who->pg_owner == dom_io ? rc : xsm_mmu_update(who->pg_owner);
}

long do_mmu_update(guest_ptr_t ureqs, unsigned int count, guest_ptr_t pdone,
                   unsigned int foreigndom)
{
    struct vcpu *v = current;
    struct update_domains who;
    struct batch b;
    long rc;

    rc = batch_begin(&b, v, ureqs, count, pdone, foreigndom, sizeof(struct mmu_update));
    if (unlikely(rc != BATCH_GO)) {
        return rc;
    }
    rc = find_domains(foreigndom, &who);
    if (unlikely(rc)) {
        return rc;
    }
    for (; b.i < b.count; b.i++) {
        struct mmu_update req;

        if (unlikely(batch_preempted(&b, v))) {
            rc = -ERESTART;
            break;
        }
        if (unlikely(copy_from_guest_elem(&req, ureqs, b.i))) {
            rc = -EFAULT;
            break;
        }
        rc = update_one(&req, &who);
        if (unlikely(rc)) {
            break;
        }
    }
    return batch_end(&b, v, rc, ureqs, pdone, foreigndom, sizeof(struct mmu_update));
}
