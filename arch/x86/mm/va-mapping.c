/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * update_va_mapping: writes the level-1 entry over an address of the current tables, then flushes
 * what the flags ask for; nothing is flushed when nothing was written. Locks: one page lock.
 */
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/xsm.h>
#include <gen/hypercall-dispatch.h>

#include "table.h"

/* The flags' upper bits: this CPU, all of the domain's, or those of a bitmap at that address. */
static long flush_as_asked(struct domain *d, unsigned long va, unsigned long flags)
{
    unsigned long who = flags & ~UVMF_FLUSHTYPE_MASK;
    bool one = (flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG;
    cpumask_t mask;

    if (who == UVMF_LOCAL) {
        if (one) {
            flush_tlb_one_local(va);
        } else {
            flush_tlb_local();
        }
        return 0;
    }
    if (who == UVMF_ALL) {
        mask = d->dirty_cpus;
    } else {
        int rc = vcpu_bitmap_cpus(d, guest_ptr(who), &mask);

        if (rc) {
            return rc;
        }
    }
    if (one) {
        flush_tlb_one_mask(&mask, va);
    } else {
        flush_tlb_mask(&mask);
    }
    return 0;
}

static always_inline long va_mapping(unsigned long va, uint64_t val, unsigned long flags,
                                     struct domain *pg_owner)
{
    struct vcpu *v = current;
    struct domain *d = v->domain;
    unsigned int type = flags & UVMF_FLUSHTYPE_MASK;
    struct page_info *table;
    pte_t *slot;
    int rc;

    slot = guest_l1_lock(v->arch.guest_table, va, d, &table);
    if (unlikely(!slot)) {
        return -EINVAL;
    }
    rc = l1_entry_write(slot, (pte_t){ val }, false, d, pg_owner);
    guest_l1_unlock(table);
    if (unlikely(rc) || type == UVMF_NONE) {
        return rc;
    }
    return type == UVMF_FLUSHTYPE_MASK ? 0 : flush_as_asked(d, va, flags);
}

long do_update_va_mapping(unsigned long va, uint64_t val, unsigned long flags)
{
    return va_mapping(va, val, flags, current->domain);
}

long do_update_va_mapping_otherdomain(unsigned long va, uint64_t val, unsigned long flags,
                                      domid_t domid)
{
    struct domain *pg_owner = pg_owner_get(domid);
    int rc;

    if (!pg_owner) {
        return -ESRCH;
    }
    rc = pg_owner == dom_io ? 0 : xsm_update_va_mapping(pg_owner);
    return rc ? rc : va_mapping(va, val, flags, pg_owner);
}
