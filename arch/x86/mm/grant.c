/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Granted frames in a PV guest's page tables. A grant's entry is an ordinary level-1 entry: it
 * holds a general reference on the frame, and a writable one if it is writable, and the guest may
 * overwrite it, which gives these back as for any other. The grant's own operations move references
 * between the entry and their caller, so that those outlive the TLB flush of a whole batch.
 *
 * Locks: one page lock at a time; the caller may hold a grant entry's.
 */
#include <hv/arch/grant.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <asm/page-type.h>
#include <public/grant_table.h>

#include "table.h"

void arch_grant_flush(struct domain *d)
{
    flush_tlb_mask(&d->dirty_cpus);
}

/* The entry at a machine address: in a level-1 table of d's own. */
static pte_t *slot_at(uint64_t addr, struct domain *d, struct page_info **table)
{
    struct page_info *pg;

    if (addr & (sizeof(pte_t) - 1)) {
        return NULL;
    }
    pg = frame_ref_get(maddr_to_mfn(_maddr(addr)), d);
    if (!pg) {
        return NULL;
    }
    if (!page_lock_as(pg, PGT_l1_page_table)) {
        page_ref_put(pg);
        return NULL;
    }
    *table = pg;
    return (pte_t *)((char *)page_to_virt(pg) + (addr & ~PAGE_MASK));
}

/* Either kind of address, its table locked; guest_l1_unlock() gives it back. */
static always_inline pte_t *slot_lock(uint64_t addr, uint32_t flags, struct vcpu *v,
                                      struct page_info **table)
{
    if (unlikely(flags & GNTMAP_contains_pte)) {
        return slot_at(addr, v->domain, table);
    }
    return l1_slot_lock(v->arch.guest_table, addr, v->domain, table);
}

/* Software bits: what the guest asks for in the flags' upper half. */
#define AVAIL_SHIFT 9

static always_inline pte_t grant_pte(const struct page_info *pg, uint32_t flags)
{
    uint64_t bits = PTE_P | PTE_A | PTE_D;

    if (!(flags & GNTMAP_readonly)) {
        bits |= PTE_RW;
    }
    if (flags & GNTMAP_application_map) {
        bits |= PTE_US;
    }
    bits |= (uint64_t)(flags >> _GNTMAP_guest_avail0) << AVAIL_SHIFT & PTE_AVAIL;
    return l1_adjust_ram(pte_make(page_to_mfn(pg), bits));
}

int arch_grant_map(struct page_info *pg, uint64_t host_addr, uint32_t flags)
{
    struct vcpu *v = current;
    struct page_info *table;
    pte_t *slot = slot_lock(host_addr, flags, v, &table), old;

    if (unlikely(!slot)) {
        return -EINVAL;
    }
    old.v = __atomic_exchange_n(&slot->v, grant_pte(pg, flags).v, __ATOMIC_SEQ_CST);
    if (pte_present(old)) {
        l1_entry_put_fast(old, domain_owner_id(v->domain), v->domain);
    }
    guest_l1_unlock(table);
    return 0;
}

/* Is this the grant's mapping: the frame, with the rights that the grant gave? */
static always_inline bool maps(pte_t pte, const struct page_info *pg, uint32_t flags)
{
    bool readonly = flags & GNTMAP_readonly;

    return pte_present(pte) && mfn_eq(pte_mfn(pte), page_to_mfn(pg)) &&
           readonly == !(pte.v & PTE_RW);
}

/*
 * A descriptor page of the guest's own goes through the page-table operations, which take it out of
 * use first; it is no granted page. What is mapped writable is of another type.
 */
static always_inline bool is_descriptors(const struct page_info *pg, uint32_t flags)
{
    return (flags & GNTMAP_readonly) &&
           (READ_ONCE(pg->inuse.type_info) & PGT_type_mask) == PGT_seg_desc_page;
}

/* Puts `new` where pg is mapped; the old entry's references are the caller's. */
static always_inline int slot_replace(struct page_info *pg, uint64_t addr, uint32_t flags,
                                      struct vcpu *v, pte_t new)
{
    struct page_info *table;
    pte_t *slot = slot_lock(addr, flags, v, &table), old;
    int rc = -EINVAL;

    if (unlikely(!slot)) {
        return -EINVAL;
    }
    old.v = READ_ONCE(slot->v);
    if (likely(maps(old, pg, flags)) && likely(!is_descriptors(pg, flags))) {
        old.v = __atomic_exchange_n(&slot->v, new.v, __ATOMIC_SEQ_CST);
        rc = 0;
    }
    guest_l1_unlock(table);
    return rc;
}

static bool is_mapped_at(const struct page_info *pg, uint64_t addr, uint32_t flags, struct vcpu *v)
{
    struct page_info *table;
    pte_t *slot = guest_l1_lock(v->arch.guest_table, addr, v->domain, &table);
    bool yes;

    if (!slot) {
        return false;
    }
    yes = maps((pte_t){ READ_ONCE(slot->v) }, pg, flags);
    guest_l1_unlock(table);
    return yes;
}

/* unmap_and_replace: what is mapped at new_addr comes in the grant's place. */
static int unmap_and_move(struct page_info *pg, uint64_t host_addr, uint64_t new_addr,
                          uint32_t flags)
{
    struct vcpu *v = current;
    struct page_info *table;
    pte_t *slot, moved;
    int rc;

    if ((flags & GNTMAP_contains_pte) || !is_mapped_at(pg, host_addr, flags, v)) {
        return -EINVAL;
    }
    slot = guest_l1_lock(v->arch.guest_table, new_addr, v->domain, &table);
    if (!slot) {
        return -EINVAL;
    }
    moved.v = __atomic_exchange_n(&slot->v, 0, __ATOMIC_SEQ_CST);
    guest_l1_unlock(table);
    rc = slot_replace(pg, host_addr, flags, v, moved);
    if (rc) {
        /* Another vCPU changed it between; the guest loses what it moved, and nothing leaks. */
        l1_entry_put(moved, v->domain);
    }
    return rc;
}

int arch_grant_unmap(struct page_info *pg, uint64_t host_addr, uint64_t new_addr, uint32_t flags)
{
    if (unlikely(new_addr)) {
        return unmap_and_move(pg, host_addr, new_addr, flags);
    }
    return slot_replace(pg, host_addr, flags, current, (pte_t){ 0 });
}
