/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest frames that the hypervisor keeps mapped. A PV guest's gfn is the machine frame. No locks. */
#include <hv/arch/guest-frame.h>
#include <hv/domain.h>
#include <asm/page-type.h>

int map_guest_frame(struct domain *d, gfn_t gfn, struct page_info **pg, void **va)
{
    struct page_info *page = page_get_writable(_mfn(gfn_x(gfn)), d);

    if (!page) {
        return -EINVAL;
    }
    *pg = page;
    *va = page_to_virt(page);
    return 0;
}

void unmap_guest_frame(struct page_info *pg)
{
    page_put_writable(pg);
}
