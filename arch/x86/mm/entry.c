/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The references that one page-table entry holds: a present level-1 entry holds a general reference
 * on its frame, and a writable one if it is writable; an entry of a higher level a general and a
 * type reference on the table below. Device memory has no references: the right to it is checked
 * against the domain's I/O memory ranges at each mapping.
 *
 * No locks; the table is locked or otherwise the caller's. Called for whole tables and for updates.
 */
#include <hv/domain.h>
#include <hv/rangeset.h>
#include <asm/pv.h>

#include "table.h"

bool domain_has_devices(const struct domain *d)
{
    return !rangeset_empty(d->iomem_caps) || !rangeset_empty(d->arch.ioport_caps);
}

/* From now on caches may disagree with memory: remembered until the frame becomes a table. */
static int allow_odd_cacheability(struct page_info *pg)
{
    if (READ_ONCE(pg->count_info) & PGC_xen_heap) {
        return -EACCES;
    }
    (void)__atomic_fetch_or(&pg->count_info, PGC_non_coherent, __ATOMIC_SEQ_CST);
    return 0;
}

void make_coherent_slow(struct page_info *pg)
{
    char *va = page_to_virt(pg);

    for (unsigned int i = 0; i < PAGE_SIZE; i += SMP_CACHE_BYTES) {
        __asm__ volatile("clflush (%0)" : : "r"(va + i) : "memory");
    }
    smp_mb();
    (void)__atomic_fetch_and(&pg->count_info, ~PGC_non_coherent, __ATOMIC_SEQ_CST);
}

int l1_entry_get_slow(pte_t pte, struct domain *owner, struct domain *pg_owner)
{
    mfn_t mfn = pte_mfn(pte);
    struct page_info *pg;
    int rc;

    if ((pte.v & PTE_CACHE_ATTRS) && !domain_has_devices(owner)) {
        return -EINVAL;
    }
    if (frame_is_device(mfn)) {
        /* A mapping of DOMID_IO's is the caller's own right; the hypervisor has none to give. */
        if (pg_owner == dom_io) {
            pg_owner = current->domain;
        }
        if (pg_owner == dom_xen ||
            !rangeset_contains(pg_owner->iomem_caps, mfn_x(mfn), mfn_x(mfn))) {
            return -EPERM;
        }
        return 0;
    }
    pg = get_page_from_mfn(mfn, pg_owner);
    if (!pg) {
        return -EBUSY;
    }
    if (pte.v & PTE_CACHE_ATTRS) {
        rc = allow_odd_cacheability(pg);
        if (rc) {
            goto put;
        }
    }
    if ((pte.v & PTE_RW) && page_type_get(pg, PGT_writable_page)) {
        rc = -EBUSY;
        goto put;
    }
    return 0;

put:
    page_ref_put(pg);
    return rc;
}

/* A guest that takes a descriptor page out of its address space may go on to write to it. */
static void drop_ldt_mappings(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        if (pv_unmap_ldt(v)) {
            flush_tlb_vcpu(v);
        }
    }
}

/*
 * A frame that changes its type is flushed where its owner runs, and nowhere else: what another
 * domain could write through must be gone from that one's TLBs before the writable reference goes
 * (I12). A dying domain's vCPUs have left its tables for good.
 */
static void flush_foreign_writer(const struct domain *mapper)
{
    if (!READ_ONCE(mapper->dying)) {
        flush_tlb_mask(&mapper->dirty_cpus);
    }
}

void l1_entry_put(pte_t pte, struct domain *owner)
{
    mfn_t mfn = pte_mfn(pte);
    struct page_info *pg;
    unsigned long type;

    if (!pte_present(pte) || frame_is_device(mfn)) {
        return;
    }
    pg = mfn_to_page(mfn);
    if (pte.v & PTE_RW) {
        if (unlikely(page_get_owner(pg) != owner)) {
            flush_foreign_writer(owner);
        }
        page_put_writable(pg);
        return;
    }
    type = READ_ONCE(pg->inuse.type_info);
    if (unlikely((type & PGT_type_mask) == PGT_seg_desc_page) && (type & PGT_count_mask) &&
        page_get_owner(pg) == owner) {
        drop_ldt_mappings(owner);
    }
    page_ref_put(pg);
}

int table_entry_get(pte_t pte, unsigned int level, unsigned int index, struct page_info *table,
                    struct domain *d, bool *child)
{
    struct page_info *pg;
    int rc;

    *child = false;
    if (pte.v & TABLE_REFUSED_FLAGS) {
        return -EINVAL;
    }
    rc = page_get_and_type(pte_mfn(pte), d, PGT_table(level - 1), &pg);
    if (unlikely(rc)) {
        *child = pg != NULL;
        if (rc == -EINVAL && !pg) {
            rc = linear_get(pte, level, index, table, d);
        }
    }
    return rc;
}

int table_entry_put(pte_t pte, unsigned int level, struct page_info *table)
{
    struct page_info *pg;
    int rc;

    if (!pte_present(pte)) {
        return 0;
    }
    pg = mfn_to_page(pte_mfn(pte));
    if (unlikely(pg == table)) {
        return 0;
    }
    if (unlikely(page_type_level(READ_ONCE(pg->inuse.type_info)) == level)) {
        return linear_put(pg, table);
    }
    rc = page_type_put(pg);
    if (likely(!rc)) {
        page_ref_put(pg);
    }
    return rc;
}

void domain_dirty_cpus(const struct domain *d, cpumask_t *mask)
{
    *mask = d->dirty_cpus;
}
