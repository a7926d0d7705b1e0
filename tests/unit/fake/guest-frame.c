/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: guests' frames, numbered as a PV guest numbers them, by machine frame.
 *
 * A frame has one type: shared frames are writable, and no frame is ever a page table.
 */
#include <hv/arch/guest-frame.h>
#include <hv/arch/memory.h>
#include <hv/arch/mm.h>
#include <hv/arch/version.h>
#include <hv/domain.h>
#include <hv/page-list.h>

const char arch_capabilities[] = "fake";
const unsigned long arch_hypervisor_start = HYPERVISOR_START;

uint32_t arch_features(const struct domain *d)
{
    return 0;
}

const void *arch_build_id(unsigned int *len)
{
    return NULL;
}

unsigned long arch_shared_page_type(bool writable)
{
    return writable;
}

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
    return max_page - 1;
}

bool arch_has_devices(const struct domain *d)
{
    return false;
}

int arch_steal_page(struct domain *d, struct page_info *pg)
{
    if (pg->count_info != (PGC_allocated | 2)) {
        return -EBUSY;
    }
    pg->count_info = 0;
    page_list_del(pg, &d->page_list);
    page_set_owner(pg, NULL);
    return 0;
}

int map_guest_frame(struct domain *d, gfn_t gfn, struct page_info **pg, void **va)
{
    *pg = arch_get_gfn(d, gfn);
    if (!*pg) {
        return -EINVAL;
    }
    *va = page_to_virt(*pg);
    return 0;
}

void unmap_guest_frame(struct page_info *pg)
{
    put_page(pg);
}
