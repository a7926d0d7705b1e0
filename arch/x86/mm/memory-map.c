/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op's x86 half: memory maps, the machine-to-physical table as guests find it, and a PV
 * domain's frame numbers, which are machine frames. d->arch.pv.e820 is guarded by the domain's
 * page_lock.
 */
#include <hv/arch/memory.h>
#include <hv/domain.h>
#include <hv/iommu.h>
#include <hv/page-list.h>
#include <hv/rangeset.h>
#include <gen/memory_op-dispatch.h>
#include <asm/boot.h>
#include <asm/memmap.h>

#include "table.h"

struct page_info *arch_get_gfn(struct domain *d, gfn_t gfn)
{
    return get_page_from_mfn(_mfn(gfn_x(gfn)), d);
}

void arch_gfn_assign(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order)
{
    for (unsigned long i = 0; i < 1UL << order; i++) {
        set_gpfn_from_mfn(mfn_add(mfn, i), gfn_x(gfn) + i);
    }
}

unsigned long arch_max_gfn(const struct domain *d)
{
    unsigned long max_pfn = d->shared_info ? READ_ONCE(d->shared_info->arch.max_pfn) : 0;

    return max_pfn ? max_pfn - 1 : 0;
}

bool arch_has_devices(const struct domain *d)
{
    return !is_system_domain(d) && domain_has_devices(d);
}

int arch_steal_page(struct domain *d, struct page_info *pg)
{
    /* The owner's reference and the caller's; with these two gone nobody can get another. A type
     * count needs a reference of its own, so there is none. */
    unsigned long x = PGC_allocated | 2 | (READ_ONCE(pg->count_info) & PGC_non_coherent);

    if (!__atomic_compare_exchange_n(&pg->count_info, &x, x & PGC_non_coherent, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        return -EBUSY;
    }
    spin_lock(&d->page_lock);
    page_list_del(pg, &d->page_list);
    spin_unlock(&d->page_lock);
    if (iommu_enabled) {
        /* Its next owner's devices have to be told of it, the same owner's again. */
        (void)__atomic_fetch_and(&pg->inuse.type_info, ~PGT_validated, __ATOMIC_SEQ_CST);
    }
    if (iommu_domain_tracked(d) && iommu_page_gone(d, page_to_mfn(pg), 1)) {
        gdprintk(XENLOG_WARNING, "%pd: a frame was taken with its neighbours\n", d);
    }
    page_set_owner(pg, NULL);
    return 0;
}

/* PV guests number their frames themselves: there is no physmap to change. */
long memory_op_add_to_physmap(struct domain *d, struct xen_add_to_physmap *arg)
{
    return -EACCES;
}

long memory_op_remove_from_physmap(struct domain *d, struct xen_remove_from_physmap *arg)
{
    return -EACCES;
}

long memory_op_memory_map(struct xen_memory_map *arg)
{
    struct domain *d = current->domain;
    struct memmap_entry copy[PV_E820_MAX];
    unsigned int nr;

    spin_lock(&d->page_lock);
    nr = d->arch.pv.e820 ? d->arch.pv.nr_e820 : 0;
    if (nr) {
        memcpy(copy, d->arch.pv.e820, nr * sizeof(copy[0]));
    }
    spin_unlock(&d->page_lock);
    if (!nr) {
        return -ENOSYS;
    }
    arg->nr_entries = min(arg->nr_entries, nr);
    if (copy_to_guest(guest_handle(arg->buffer), copy, arg->nr_entries * sizeof(copy[0]))) {
        return -EFAULT;
    }
    return 0;
}

long memory_op_set_memory_map(struct domain *d, struct xen_foreign_memory_map *arg)
{
    struct memmap_entry *map, *old;
    unsigned int nr = arg->map.nr_entries;

    if (nr > PV_E820_MAX) {
        return -E2BIG;
    }
    map = xmalloc_array(struct memmap_entry, nr ? nr : 1);
    if (!map) {
        return -ENOMEM;
    }
    if (copy_from_guest(map, guest_handle(arg->map.buffer), nr * sizeof(*map))) {
        xfree(map);
        return -EFAULT;
    }
    spin_lock(&d->page_lock);
    old = d->arch.pv.e820;
    d->arch.pv.e820 = map;
    d->arch.pv.nr_e820 = nr;
    spin_unlock(&d->page_lock);
    xfree(old);
    return 0;
}

/* A map on its way to the guest that asked for it. */
struct map_writer {
    guest_ptr_t to;
    unsigned int nr, room;
};

/* Callers must have room for one more than there are. */
static int write_entry(struct map_writer *w, uint64_t addr, uint64_t size, uint32_t type)
{
    const struct memmap_entry e = { addr, size, type };

    if (w->nr + 1 >= w->room) {
        return -EINVAL;
    }
    if (copy_to_guest_elem(w->to, w->nr, &e)) {
        return -EFAULT;
    }
    w->nr++;
    return 0;
}

struct frames {
    unsigned long first, last;
};

static int first_range(unsigned long first, unsigned long last, void *data)
{
    *(struct frames *)data = (struct frames){ first, last };
    return 1;
}

/* What lies between two entries and the caller may not map is the hypervisor's: reserved. */
static int write_own(struct map_writer *w, struct domain *d, uint64_t start, uint64_t end)
{
    unsigned long first = (start + PAGE_SIZE - 1) >> PAGE_SHIFT, next = end >> PAGE_SHIFT;
    int rc = 0;

    while (!rc && first < next) {
        struct frames given = { next, next };

        (void)rangeset_for_each (d->iomem_caps, first, next - 1, first_range, &given);
        if (given.first > first) {
            rc = write_entry(w, (uint64_t)first << PAGE_SHIFT,
                             (uint64_t)(given.first - first) << PAGE_SHIFT, MEMMAP_RESERVED);
        }
        first = given.last + 1;
    }
    return rc;
}

long memory_op_machine_memory_map(struct xen_memory_map *arg)
{
    struct map_writer w = { .to = guest_handle(arg->buffer), .room = arg->nr_entries };
    uint64_t end = 0;
    int rc = 0;

    for (unsigned int i = 0; !rc && i < memory_map.nr; i++) {
        const struct memmap_entry *e = &memory_map.e[i];

        rc = write_own(&w, current->domain, end, e->addr);
        if (!rc) {
            rc = write_entry(&w, e->addr, e->size, e->type);
        }
        end = e->addr + e->size;
    }
    if (!rc) {
        arg->nr_entries = w.nr;
    }
    return rc;
}

long memory_op_machphys_mapping(struct xen_machphys_mapping *arg)
{
    *arg = (struct xen_machphys_mapping){
        .v_start = MACH2PHYS_VIRT_START,
        .v_end = MACH2PHYS_VIRT_END,
        .max_mfn = max_page - 1,
    };
    return 0;
}

#define M2P_EXTENT (2UL << 20)

/* The frame behind 2 MiB of the machine-to-physical table; 0: none there. */
static uint64_t m2p_frame(unsigned long va)
{
    const pte_t *table = idle_pg_table;

    for (unsigned int level = 4; level; level--) {
        pte_t e = table[PT_INDEX(va, level)];

        if (!pte_present(e)) {
            return 0;
        }
        if (level == 1 || (level < 4 && (e.v & PTE_PSE))) {
            return mfn_x(pte_mfn(e)) + (level == 3 ? PT_INDEX(va, 2) * PT_ENTRIES : 0);
        }
        table = mfn_to_virt(pte_mfn(e));
    }
    return 0;
}

long memory_op_machphys_mfn_list(struct xen_machphys_mfn_list *arg)
{
    unsigned long va = RW_M2P_START, end = RW_M2P_START + max_page * sizeof(uint64_t);
    xen_pfn_t last = 0;
    unsigned int i;

    for (i = 0; i < arg->max_extents && va < end; i++, va += M2P_EXTENT) {
        uint64_t frame = m2p_frame(va);

        /* A hole answers what came before it. */
        last = frame ? frame : last;
        if (copy_to_guest_elem(guest_handle(arg->extent_start), i, &last)) {
            return -EFAULT;
        }
    }
    arg->nr_extents = i;
    return 0;
}
