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
static always_inline int write_pt_entry(uint64_t ptr, pte_t new, struct update_domains who,
                                        bool preserve_ad)
{
    uint64_t at = ptr & ~CMD_MASK;
    struct page_info *pg;
    pte_t *slot;
    int rc = -EINVAL;

    pg = frame_ref_get(maddr_to_mfn(_maddr(at)), who.pt_owner);
    if (unlikely(!pg)) {
        return -EINVAL;
    }
    slot = maddr_to_virt(_maddr(at));
    if (likely(page_trylock_as(pg, PGT_l1_page_table))) {
        rc = l1_entry_write(slot, new, preserve_ad, who.pt_owner, who.pg_owner);
        page_unlock(pg);
    } else if (page_lock(pg)) {
        rc = entry_write(pg, slot, new, preserve_ad, who.pt_owner, who.pg_owner);
        page_unlock(pg);
    } else if (!page_type_get(pg, PGT_writable_page)) {
        WRITE_ONCE(slot->v, new.v);
        page_put_writable(pg);
        return 0;
    }
    page_ref_put(pg);
    return rc;
}

static int write_m2p_entry(uint64_t ptr, uint64_t val, struct domain *pg_owner)
{
    mfn_t mfn = maddr_to_mfn(_maddr(ptr));
    struct page_info *pg = get_page_from_mfn(mfn, pg_owner);

    if (!pg) {
        return -EINVAL;
    }
    set_gpfn_from_mfn(mfn, val);
    page_ref_put(pg);
    return 0;
}

static noinline int update_other(uint64_t ptr, uint64_t val, struct update_domains who)
{
    switch (ptr & CMD_MASK) {
    case MMU_MACHPHYS_UPDATE:
        return write_m2p_entry(ptr, val, who.pg_owner);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return write_pt_entry(ptr, (pte_t){ val }, who, true);
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return write_pt_entry(ptr, (pte_t){ val }, who, false);
    default:
        return -ENOSYS;
    }
}

static always_inline int update_one(const struct mmu_update *req, struct update_domains who)
{
    if (likely((req->ptr & CMD_MASK) == MMU_NORMAL_PT_UPDATE)) {
        return write_pt_entry(req->ptr, (pte_t){ req->val }, who, false);
    }
    return update_other(req->ptr, req->val, who);
}

/* foreigndom: the frames' owner in the lower half, the tables' owner plus one in the upper. */
static noinline int find_domains(unsigned int foreigndom, struct update_domains *who)
{
    int rc;

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
    struct update_domains who = { v->domain, v->domain };
    struct batch b;
    long rc;

    rc = batch_begin(&b, v, ureqs, count, pdone, foreigndom, sizeof(struct mmu_update));
    if (unlikely(rc != BATCH_GO)) {
        return rc;
    }
    rc = 0;
    if (unlikely(foreigndom != DOMID_SELF)) {
        struct update_domains others = who;

        rc = find_domains(foreigndom, &others);
        if (rc) {
            return rc;
        }
        who = others;
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
        rc = update_one(&req, who);
        if (unlikely(rc)) {
            break;
        }
    }
    return batch_end(&b, v, rc, ureqs, pdone, foreigndom, sizeof(struct mmu_update));
}
