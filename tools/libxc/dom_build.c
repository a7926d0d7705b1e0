/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Building a PV domain: memory, contents, page tables, start_info, registers of the first vCPU.
 *
 * The domain was just created and never ran, so its frames are reached by writable foreign
 * mappings of one part at a time; no mapping is left when the tables are pinned, since a page
 * table may not be writable.
 */
#include "dom.h"

#define CHUNK_PAGES 256UL

struct builder {
    xc_interface *xch;
    uint32_t domid;
    struct xc_pv_image *image;
    struct xc_kernel kernel;
    struct xc_layout layout;
    xen_pfn_t *p2m;
};

static int populate(struct builder *b)
{
    for (unsigned long at = 0; at < b->layout.nr_pages; at += CHUNK_PAGES) {
        unsigned long left = b->layout.nr_pages - at;
        unsigned long nr = left < CHUNK_PAGES ? left : CHUNK_PAGES;

        for (unsigned long i = 0; i < nr; i++) {
            b->p2m[at + i] = at + i;
        }
        if (xc_domain_populate_physmap_exact(b->xch, b->domid, nr, 0, 0, &b->p2m[at])) {
            return -1;
        }
    }
    return 0;
}

/* Writes bytes at a pseudo-physical address; NULL writes zeroes. */
static int write_at(struct builder *b, unsigned long paddr, const void *bytes, size_t len)
{
    while (len) {
        unsigned long pfn = paddr >> XC_PAGE_SHIFT, offset = paddr & (XC_PAGE_SIZE - 1);
        size_t room = CHUNK_PAGES * XC_PAGE_SIZE - offset;
        size_t part = len < room ? len : room;
        int nr = (int)((offset + part + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT);
        uint8_t *va = xc_map_foreign_pages(b->xch, b->domid, XC_PROT_READ | XC_PROT_WRITE,
                                           &b->p2m[pfn], nr);

        if (!va) {
            return -1;
        }
        if (bytes) {
            memcpy(va + offset, bytes, part);
            bytes = (const uint8_t *)bytes + part;
        } else {
            memset(va + offset, 0, part);
        }
        if (xc_unmap_foreign(b->xch, va, nr)) {
            return -1;
        }
        paddr += part;
        len -= part;
    }
    return 0;
}

static int load_segment(void *arg, unsigned long paddr, const uint8_t *bytes, size_t filesz,
                        size_t memsz)
{
    struct builder *b = arg;

    if (write_at(b, paddr, bytes, filesz)) {
        return -1;
    }
    return write_at(b, paddr + filesz, NULL, memsz - filesz);
}

static unsigned long virt_of(const struct builder *b, unsigned long pfn)
{
    return b->kernel.virt_base + (pfn << XC_PAGE_SHIFT);
}

/* shared_info as a new domain finds it: nothing pending, events masked on all vCPUs. */
static int init_shared_info(struct builder *b)
{
    struct shared_info *shared;
    xc_dominfo_t info;

    if (xc_domain_getinfo(b->xch, b->domid, 1, &info) != 1 || info.domid != b->domid) {
        return xc_fail(b->xch, ESRCH, "shared_info of domain %u", b->domid);
    }
    b->image->shared_info_mfn = info.shared_info_frame;
    shared = xc_map_foreign_range(b->xch, b->domid, XC_PAGE_SIZE, XC_PROT_READ | XC_PROT_WRITE,
                                  info.shared_info_frame);
    if (!shared) {
        return -1;
    }
    memset(shared, 0, XC_PAGE_SIZE);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    }
    return xc_unmap_foreign(b->xch, shared, 1);
}

static int write_start_info(struct builder *b)
{
    const struct xc_layout *l = &b->layout;
    struct xc_pv_image *image = b->image;
    struct start_info *si = calloc(1, sizeof(*si));
    int rc;

    if (!si) {
        return xc_fail(b->xch, ENOMEM, "start_info");
    }
    image->store_mfn = b->p2m[l->store_pfn];
    image->console_mfn = b->p2m[l->console_pfn];
    strcpy(si->magic, "xen-3.0-x86_64");
    si->nr_pages = l->nr_pages;
    si->shared_info = (unsigned long)image->shared_info_mfn << XC_PAGE_SHIFT;
    si->flags = image->flags;
    si->store_mfn = image->store_mfn;
    si->store_evtchn = image->store_evtchn;
    si->console.domU.mfn = image->console_mfn;
    si->console.domU.evtchn = image->console_evtchn;
    si->pt_base = virt_of(b, l->pt_pfn);
    si->nr_pt_frames = l->pt_pages;
    si->mfn_list = virt_of(b, l->p2m_pfn);
    if (image->initrd_size) {
        si->mod_start = virt_of(b, l->initrd_pfn);
        si->mod_len = image->initrd_size;
    }
    if (image->cmdline) {
        strncpy((char *)si->cmd_line, image->cmdline, MAX_GUEST_CMDLINE - 1);
    }
    rc = write_at(b, l->start_info_pfn << XC_PAGE_SHIFT, si, sizeof(*si));
    free(si);
    return rc;
}

static int write_tables(struct builder *b)
{
    uint64_t *entries = malloc(XC_PAGE_SIZE);
    int rc = 0;

    if (!entries) {
        return xc_fail(b->xch, ENOMEM, "page tables");
    }
    for (unsigned long i = 0; !rc && i < b->layout.pt_pages; i++) {
        xc_layout_table(&b->layout, b->kernel.virt_base, i, b->p2m, entries);
        rc = write_at(b, (b->layout.pt_pfn + i) << XC_PAGE_SHIFT, entries, XC_PAGE_SIZE);
    }
    free(entries);
    return rc;
}

static int pin_tables(struct builder *b)
{
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = b->p2m[b->layout.pt_pfn] };

    return xc_mmuext_op(b->xch, &pin, 1, b->domid);
}

static int fill_hypercall_page(struct builder *b)
{
    unsigned long pfn;

    if (b->kernel.hypercall_page == XC_NO_ADDRESS) {
        return 0;
    }
    pfn = (b->kernel.hypercall_page - b->kernel.virt_base) >> XC_PAGE_SHIFT;
    return xc_domain_hypercall_init(b->xch, b->domid, b->p2m[pfn]);
}

static int set_registers(struct builder *b)
{
    vcpu_guest_context_t *c = calloc(1, sizeof(*c));
    int rc;

    if (!c) {
        return xc_fail(b->xch, ENOMEM, "vCPU context");
    }
    c->flags = VGCF_IN_KERNEL | VGCF_online;
    c->user_regs.rip = b->kernel.entry;
    c->user_regs.rsp = virt_of(b, b->layout.stack_pfn + 1);
    c->user_regs.rsi = virt_of(b, b->layout.start_info_pfn);
    c->user_regs.rflags = 1UL << 9;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = c->user_regs.rsp;
    c->ctrlreg[3] = xen_pfn_to_cr3(b->p2m[b->layout.pt_pfn]);
    rc = xc_vcpu_setcontext(b->xch, b->domid, 0, c);
    free(c);
    return rc;
}

static int fill(struct builder *b)
{
    const struct xc_layout *l = &b->layout;
    struct xc_pv_image *image = b->image;

    if (populate(b) || xc_kernel_segments(&b->kernel, load_segment, b) ||
        write_at(b, l->initrd_pfn << XC_PAGE_SHIFT, image->initrd, image->initrd_size) ||
        write_at(b, l->p2m_pfn << XC_PAGE_SHIFT, b->p2m, l->nr_pages * sizeof(*b->p2m)) ||
        write_at(b, l->store_pfn << XC_PAGE_SHIFT, NULL, XC_PAGE_SIZE) ||
        write_at(b, l->console_pfn << XC_PAGE_SHIFT, NULL, XC_PAGE_SIZE) || init_shared_info(b) ||
        write_start_info(b) || write_tables(b) || fill_hypercall_page(b) || pin_tables(b)) {
        return -1;
    }
    return set_registers(b);
}

/* What the kernel wants, and where it all goes. */
static int plan(struct builder *b, const void *kernel, size_t size, unsigned long nr_pages)
{
    struct xc_pv_image *image = b->image;
    const char *why = NULL;

    if (xc_kernel_parse(&b->kernel, kernel, size, &why)) {
        return xc_fail(b->xch, ENOEXEC, "kernel of domain %u: %s", b->domid, why);
    }
    if (xc_layout_make(&b->layout, &b->kernel, image->initrd_size, nr_pages)) {
        return xc_fail(b->xch, ENOMEM, "domain %u needs more than %lu pages", b->domid, nr_pages);
    }
    image->entry = b->kernel.entry;
    image->virt_base = b->kernel.virt_base;
    image->virt_end = b->kernel.virt_base + (b->layout.mapped_pages << XC_PAGE_SHIFT);
    return 0;
}

static int build(struct builder *b, const void *kernel, size_t size)
{
    struct xc_pv_image *image = b->image;
    unsigned long nr_pages = image->memory_kb / (XC_PAGE_SIZE / 1024);
    int rc;

    if (plan(b, kernel, size, nr_pages) || xc_domain_max_vcpus(b->xch, b->domid, image->vcpus) ||
        xc_domain_setmaxmem(b->xch, b->domid, image->memory_kb) ||
        xc_domain_set_address_size(b->xch, b->domid, 64)) {
        return -1;
    }
    b->p2m = calloc(nr_pages, sizeof(*b->p2m));
    if (!b->p2m) {
        return xc_fail(b->xch, ENOMEM, "p2m of domain %u", b->domid);
    }
    rc = fill(b);
    free(b->p2m);
    return rc;
}

int xc_dom_build_pv(xc_interface *xch, uint32_t domid, struct xc_pv_image *image)
{
    struct builder b = { .xch = xch, .domid = domid, .image = image };
    size_t size = image->kernel_size;
    const char *why = NULL;
    void *unpacked;
    int rc;

    rc = xc_kernel_unpack(image->kernel, image->kernel_size, &unpacked, &size, &why);
    if (rc) {
        rc = xc_fail(xch, -rc, "kernel of domain %u: %s", domid, why);
    } else {
        rc = build(&b, unpacked ? unpacked : image->kernel, size);
    }
    free(unpacked);
    return rc;
}
