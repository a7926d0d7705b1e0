/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames in somebody's hands: domains' RAM, charged to them, and the hypervisor's own pages.
 *
 * d->page_lock guards d's lists and counts. As long as a domain has frames it has one reference on
 * itself for all of them (and one for hypervisor frames shared with it), so it outlives them.
 */
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/interleave.h>
#include <hv/iommu.h>
#include <hv/numa.h>
#include <hv/page-list.h>
#include "private.h"

static struct page_list *list_of(struct domain *d, const struct page_info *pg)
{
    return pg->count_info & PGC_extra ? &d->extra_list : &d->page_list;
}

int assign_pages(struct page_info *pg, unsigned int order, struct domain *d, unsigned int memflags)
{
    unsigned long nr = 1UL << order;
    bool charge = !(memflags & MEMF_no_refcount);
    int rc = 0;

    spin_lock(&d->page_lock);
    if (READ_ONCE(d->dying)) {
        rc = -EINVAL;
        goto out;
    }
    if (charge && (d->tot_pages > d->max_pages || nr > d->max_pages - d->tot_pages)) {
        rc = -E2BIG;
        goto out;
    }
    if (!d->tot_pages && !get_domain(d)) {
        rc = -EINVAL;
        goto out;
    }
    if (!charge) {
        d->extra_pages += nr;
    }
    d->tot_pages += nr;
    for (unsigned long i = 0; i < nr; i++) {
        page_set_owner(&pg[i], d);
        smp_wmb(); /* whoever gets a reference sees the owner */
        WRITE_ONCE(pg[i].count_info,
                   PGC_allocated | 1 | (charge ? 0 : PGC_extra) | (pg[i].count_info & PGC_arch));
        page_list_add_tail(&pg[i], list_of(d, &pg[i]));
    }
out:
    spin_unlock(&d->page_lock);
    interleave("domheap.assign.done");
    return rc;
}

/* From the domain's nodes, in turn; where they have nothing, or none was named, from any. */
static struct page_info *alloc_near(const struct domain *d, unsigned int order,
                                    unsigned int memflags)
{
    uint64_t nodes = READ_ONCE(d->node_affinity) & numa_all_nodes();
    struct page_info *pg = NULL;

    if (nodes == numa_all_nodes() || MEMF_get_node(memflags) != NUMA_NO_NODE) {
        return heap_alloc(d, order, memflags);
    }
    for (; nodes && !pg; nodes &= nodes - 1) {
        pg = heap_alloc(d, order, memflags | MEMF_node(ffsl_(nodes)) | MEMF_exact_node);
    }
    return pg ? pg : heap_alloc(d, order, memflags);
}

struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order, unsigned int memflags)
{
    struct page_info *pg = d && nr_nodes > 1 ? alloc_near(d, order, memflags)
                                             : heap_alloc(d, order, memflags);

    if (!pg) {
        return NULL;
    }
    if (d && !(memflags & MEMF_no_owner) && assign_pages(pg, order, d, memflags)) {
        heap_free(pg, order, true, 0, 0);
        return NULL;
    }
    return pg;
}

/* A hypervisor page that was shared with d is no one's again; its memory stays the hypervisor's. */
static void unshare_xen_page(struct page_info *pg, struct domain *d)
{
    bool last;

    spin_lock(&d->page_lock);
    page_list_del(pg, &d->xenpage_list);
    last = --d->xenheap_pages == 0;
    spin_unlock(&d->page_lock);
    page_set_owner(pg, NULL);
    /* Reads may linger in TLBs, and this is what free_xenheap_pages() goes by. */
    pg->inuse.type_state = arch_tlb_stamp();
    if (last) {
        put_domain(d);
    }
}

void free_domheap_pages(struct page_info *pg, unsigned int order)
{
    struct domain *d = page_get_owner(pg);
    unsigned long nr = 1UL << order;
    bool last;

    if (!d) {
        heap_free(pg, order, true, 0, 0);
        return;
    }
    if (pg->count_info & PGC_xen_heap) {
        unshare_xen_page(pg, d);
        return;
    }
    if (unlikely(iommu_domain_tracked(d)) && iommu_page_gone(d, page_to_mfn(pg), nr)) {
        gdprintk(XENLOG_WARNING, "%pd: frames went with their neighbours\n", d);
    }
    spin_lock(&d->page_lock);
    for (unsigned long i = 0; i < nr; i++) {
        ASSERT(!(pg[i].count_info & PGC_count_mask));
        page_list_del(&pg[i], list_of(d, &pg[i]));
        if (pg[i].count_info & PGC_extra) {
            d->extra_pages--;
        }
    }
    d->tot_pages -= nr;
    last = d->tot_pages == 0;
    spin_unlock(&d->page_lock);
    /* Only tables and writable mappings are flushed when they go; reads may linger in TLBs. */
    heap_free(pg, order, true, arch_tlb_stamp(), pg->inuse.owner);
    if (last) {
        put_domain(d);
    }
}

void *alloc_xenheap_pages(unsigned int order, unsigned int memflags)
{
    struct page_info *pg = heap_alloc(NULL, order, memflags | MEMF_no_scrub);

    if (!pg) {
        return NULL;
    }
    for (unsigned long i = 0; i < 1UL << order; i++) {
        pg[i].count_info = PGC_xen_heap;
    }
    return page_to_virt(pg);
}

void free_xenheap_pages(void *v, unsigned int order)
{
    if (v) {
        ASSERT(!page_get_owner(virt_to_page(v)));
        heap_free(virt_to_page(v), order, true, virt_to_page(v)->inuse.type_state, 0);
    }
}

void *alloc_zeroed_page(void)
{
    void *v = alloc_xenheap_pages(0, 0);

    if (v) {
        memset(v, 0, PAGE_SIZE);
    }
    return v;
}

bool share_xen_page_with_guest(struct page_info *pg, struct domain *d, bool writable)
{
    if (page_get_owner(pg) == d) {
        return true;
    }
    spin_lock(&d->page_lock);
    /* Who takes back what it shares may have looked at all that there was. */
    if (READ_ONCE(d->dying)) {
        spin_unlock(&d->page_lock);
        return false;
    }
    pg->inuse.type_info = arch_shared_page_type(writable);
    page_set_owner(pg, d);
    smp_wmb();
    WRITE_ONCE(pg->count_info, PGC_xen_heap | PGC_allocated | 1);
    if (d->xenheap_pages++ == 0 && !get_domain(d)) {
        BUG(); /* the caller has a reference on d */
    }
    page_list_add_tail(pg, &d->xenpage_list);
    spin_unlock(&d->page_lock);
    return true;
}

int share_xen_page_with_privileged_guests(struct page_info *pg, bool writable)
{
    return share_xen_page_with_guest(pg, dom_xen, writable) ? 0 : -EINVAL;
}
