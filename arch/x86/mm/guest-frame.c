/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest frames that the hypervisor writes to: held writable, seen through the direct map. No locks.
 */
#include <hv/arch/guest-frame.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <asm/page-type.h>

int map_guest_frame(struct domain *d, gfn_t gfn, struct page_info **pg, void **va)
{
    *pg = page_get_writable(_mfn(gfn_x(gfn)), d);
    if (!*pg) {
        return -EINVAL;
    }
    *va = page_to_virt(*pg);
    return 0;
}

void unmap_guest_frame(struct page_info *pg)
{
    page_put_writable(pg);
}
