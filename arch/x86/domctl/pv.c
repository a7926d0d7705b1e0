/* SPDX-License-Identifier: GPL-2.0-only */
/* domctls that know the architecture: I/O ports, hypercall pages, word size, types of frames. */
#include <gen/domctl-dispatch.h>
#include <hv/arch/guest-frame.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/hypercall.h>
#include <hv/rangeset.h>
#include <asm/hypercall-page.h>
#include <asm/page-type.h>

#define NR_PORTS        0x10000
#define MAX_PAGE_FRAMES 1024

int domctl_ioport_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;
    unsigned int first = p->first_port, last = first + p->nr_ports - 1;

    if (last < first || last >= NR_PORTS) {
        return -EINVAL;
    }
    if (!rangeset_contains(current->domain->arch.ioport_caps, first, last)) {
        return -EPERM;
    }
    return p->allow_access ? rangeset_add(d->arch.ioport_caps, first, last)
                           : rangeset_remove(d->arch.ioport_caps, first, last);
}

int domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
    struct page_info *pg;
    void *va;

    if (map_guest_frame(d, _gfn(op->u.hypercall_init.gmfn), &pg, &va)) {
        return -EACCES;
    }
    hypercall_page_fill(va);
    unmap_guest_frame(pg);
    return 0;
}

/* 64-bit guests only; to say so again is no error. */
int domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
    return op->u.address_size.size == 64 ? 0 : -EINVAL;
}

int domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
    op->u.address_size.size = 64;
    return 0;
}

static unsigned long frame_info(struct domain *d, unsigned long mfn)
{
    struct page_info *pg = get_page_from_mfn(_mfn(mfn), d);
    unsigned long type, info;

    if (!pg) {
        return XEN_DOMCTL_PFINFO_XTAB;
    }
    type = READ_ONCE(pg->inuse.type_info);
    info = page_type_is_table(type) && (type & PGT_count_mask)
               ? (unsigned long)page_type_level(type) << XEN_DOMCTL_PFINFO_LTAB_SHIFT
               : XEN_DOMCTL_PFINFO_NOTAB;
    if (type & PGT_pinned) {
        info |= XEN_DOMCTL_PFINFO_LPINTAB;
    }
    put_page(pg);
    return info;
}

/* Each element is read once and written back; the array shrinks from its start when preempted. */
int domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
    guest_ptr_t array = guest_handle(op->u.getpageframeinfo3.array);
    uint64_t num = op->u.getpageframeinfo3.num;

    if (num > MAX_PAGE_FRAMES) {
        return -E2BIG;
    }
    for (uint64_t i = 0; i < num; i++) {
        xen_pfn_t pfn;

        if (copy_from_guest_elem(&pfn, array, i)) {
            return -EFAULT;
        }
        pfn = frame_info(d, pfn);
        if (copy_to_guest_elem(array, i, &pfn)) {
            return -EFAULT;
        }
    }
    return 0;
}
