/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Memory of other domains: reservations, page-table requests, foreign mappings.
 */
#include "private.h"

struct xc_mmu {
    unsigned int used, subject;
    struct mmu_update requests[512];
};

static int reservation(xc_interface *xch, unsigned int cmd, struct xen_memory_reservation *r,
                       xen_pfn_t *extents, const char *what)
{
    struct xc_bounce b;
    long rc;

    if (xc_bounce_open(xch, &b, extents, r->nr_extents * sizeof(*extents), XC_INOUT)) {
        return -1;
    }
    set_xen_guest_handle(r->extent_start, b.hv);
    rc = xc_call_struct(xch, __HYPERVISOR_memory_op, cmd, r, sizeof(*r), what);
    xc_bounce_close(xch, &b);
    return (int)rc;
}

static int exact(xc_interface *xch, int done, unsigned long wanted, const char *what)
{
    if (done < 0 || (unsigned long)done == wanted) {
        return done < 0 ? -1 : 0;
    }
    return xc_fail(xch, EBUSY, "%s: %d of %lu extents", what, done, wanted);
}

int xc_domain_increase_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, unsigned int mem_flags,
                                   xen_pfn_t *extent_start)
{
    struct xen_memory_reservation r = { .nr_extents = nr_extents,
                                        .extent_order = extent_order,
                                        .mem_flags = mem_flags,
                                        .domid = (domid_t)domid };

    return reservation(xch, XENMEM_increase_reservation, &r, extent_start, "increase_reservation");
}

int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, xen_pfn_t *extent_start)
{
    struct xen_memory_reservation r = { .nr_extents = nr_extents,
                                        .extent_order = extent_order,
                                        .domid = (domid_t)domid };

    if (!extent_start) {
        return xc_fail(xch, EINVAL, "decrease_reservation without extents");
    }
    return reservation(xch, XENMEM_decrease_reservation, &r, extent_start, "decrease_reservation");
}

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                               unsigned int extent_order, unsigned int mem_flags,
                               xen_pfn_t *extent_start)
{
    struct xen_memory_reservation r = { .nr_extents = nr_extents,
                                        .extent_order = extent_order,
                                        .mem_flags = mem_flags,
                                        .domid = (domid_t)domid };

    return reservation(xch, XENMEM_populate_physmap, &r, extent_start, "populate_physmap");
}

int xc_domain_increase_reservation_exact(xc_interface *xch, uint32_t domid,
                                         unsigned long nr_extents, unsigned int extent_order,
                                         unsigned int mem_flags, xen_pfn_t *extent_start)
{
    int done = xc_domain_increase_reservation(xch, domid, nr_extents, extent_order, mem_flags,
                                              extent_start);

    return exact(xch, done, nr_extents, "increase_reservation");
}

int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid,
                                         unsigned long nr_extents, unsigned int extent_order,
                                         xen_pfn_t *extent_start)
{
    int done = xc_domain_decrease_reservation(xch, domid, nr_extents, extent_order, extent_start);

    return exact(xch, done, nr_extents, "decrease_reservation");
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                     unsigned int extent_order, unsigned int mem_flags,
                                     xen_pfn_t *extent_start)
{
    int done = xc_domain_populate_physmap(xch, domid, nr_extents, extent_order, mem_flags,
                                          extent_start);

    return exact(xch, done, nr_extents, "populate_physmap");
}

int xc_domain_memory_exchange_pages(xc_interface *xch, uint32_t domid, unsigned long nr_in_extents,
                                    unsigned int in_order, xen_pfn_t *in_extents,
                                    unsigned long nr_out_extents, unsigned int out_order,
                                    xen_pfn_t *out_extents)
{
    struct xen_memory_exchange arg = {
        .in = { .nr_extents = nr_in_extents, .extent_order = in_order, .domid = (domid_t)domid },
        .out = { .nr_extents = nr_out_extents, .extent_order = out_order, .domid = (domid_t)domid }
    };
    struct xc_bounce in, out;
    long rc = -1;

    if (xc_bounce_open(xch, &in, in_extents, nr_in_extents * sizeof(*in_extents), XC_IN)) {
        return -1;
    }
    if (xc_bounce_open(xch, &out, out_extents, nr_out_extents * sizeof(*out_extents), XC_INOUT)) {
        goto close_in;
    }
    set_xen_guest_handle(arg.in.extent_start, in.hv);
    set_xen_guest_handle(arg.out.extent_start, out.hv);
    rc = xc_call_struct(xch, __HYPERVISOR_memory_op, XENMEM_exchange, &arg, sizeof(arg),
                        "memory exchange");
    xc_bounce_close(xch, &out);
close_in:
    xc_bounce_close(xch, &in);
    return rc < 0 ? -1 : 0;
}

int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfn)
{
    struct xen_memory_domain arg = { .domid = (domid_t)domid };
    long rc = xc_call_struct(xch, __HYPERVISOR_memory_op, XENMEM_maximum_gpfn, &arg, sizeof(arg),
                             "maximum_gpfn");

    *gpfn = rc < 0 ? 0 : (xen_pfn_t)rc;
    return rc < 0 ? -1 : 0;
}

int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn)
{
    long rc = xc_call_struct(xch, __HYPERVISOR_memory_op, XENMEM_maximum_ram_page, NULL, 0,
                             "maximum_ram_page");

    *max_mfn = rc < 0 ? 0 : (unsigned long)rc;
    return rc < 0 ? -1 : 0;
}

/* An array of requests by the two calls that take one. */
static int batch(xc_interface *xch, unsigned int nr, void *requests, size_t size,
                 unsigned int count, uint32_t dom, const char *what)
{
    struct xc_bounce b;
    long rc;

    if (xc_bounce_open(xch, &b, requests, size, XC_INOUT)) {
        return -1;
    }
    rc = xcb_hypercall(xch, nr, (unsigned long[5]){ (unsigned long)b.hv, count, 0, dom });
    if (rc < 0) {
        xc_fail(xch, (int)-rc, "%s of %u requests for domain %u", what, count, dom);
    }
    xc_bounce_close(xch, &b);
    return rc < 0 ? -1 : 0;
}

int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr_ops, uint32_t dom)
{
    return batch(xch, __HYPERVISOR_mmuext_op, op, nr_ops * sizeof(*op), nr_ops, dom, "mmuext_op");
}

struct xc_mmu *xc_alloc_mmu_updates(xc_interface *xch, unsigned int subject)
{
    struct xc_mmu *mmu = calloc(1, sizeof(*mmu));

    if (!mmu) {
        xc_fail(xch, ENOMEM, "page-table requests");
        return NULL;
    }
    mmu->subject = subject;
    return mmu;
}

int xc_flush_mmu_updates(xc_interface *xch, struct xc_mmu *mmu)
{
    unsigned int count = mmu->used;

    mmu->used = 0;
    if (!count) {
        return 0;
    }
    return batch(xch, __HYPERVISOR_mmu_update, mmu->requests, count * sizeof(mmu->requests[0]),
                 count, mmu->subject, "mmu_update");
}

int xc_add_mmu_update(xc_interface *xch, struct xc_mmu *mmu, unsigned long long ptr,
                      unsigned long long val)
{
    mmu->requests[mmu->used].ptr = ptr;
    mmu->requests[mmu->used++].val = val;
    if (mmu->used < sizeof(mmu->requests) / sizeof(mmu->requests[0])) {
        return 0;
    }
    return xc_flush_mmu_updates(xch, mmu);
}

void xc_free_mmu_updates(xc_interface *xch, struct xc_mmu *mmu)
{
    (void)xch;
    free(mmu);
}

void *xc_map_foreign_pages(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr, int num)
{
    void *addr = NULL;
    int rc = num > 0 ? xcb_map(xch, dom, prot, arr, (unsigned int)num, &addr) : -EINVAL;

    if (rc) {
        xc_fail(xch, -rc, "mapping %d pages of domain %u", num, dom);
        return NULL;
    }
    return addr;
}

void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot, unsigned long mfn)
{
    size_t num = ((size_t)size + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;
    xen_pfn_t *frames = calloc(num ? num : 1, sizeof(*frames));
    void *addr;

    if (!frames) {
        xc_fail(xch, ENOMEM, "mapping %zu pages of domain %u", num, dom);
        return NULL;
    }
    for (size_t i = 0; i < num; i++) {
        frames[i] = mfn + i;
    }
    addr = xc_map_foreign_pages(xch, dom, prot, frames, (int)num);
    free(frames);
    return addr;
}

int xc_unmap_foreign(xc_interface *xch, void *addr, int num)
{
    int rc = xcb_unmap(xch, addr, (unsigned int)num);

    return rc ? xc_fail(xch, -rc, "unmapping %d pages", num) : 0;
}
