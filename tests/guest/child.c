/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The builder of child domains: the smallest that the ABI allows, so that a failure points at the
 * hypervisor and not at a toolstack.
 *
 * Layout of a child, by pfn: the image at its own place, then p2m, start_info, console page, page
 * tables, stack. The child's frames are reached through one window of WINDOW_PAGES foreign
 * mappings.
 */
#include <elf.h>
#include <public/io/console.h>
#include "child.h"
#include "test.h"

#define WINDOW_PAGES   512ul
#define POPULATE_CHUNK 512ul
#define BUILD_SLACK    (512ul * 1024 / PAGE_SIZE)

static unsigned long window_va;

struct builder {
    struct child *c;
    unsigned long next_pfn;
    unsigned long start_info_pfn, p2m_pfn, console_pfn, pt_pfn, nr_pt, stack_pfn;
    unsigned long map_pages;
    unsigned long entry, hypercall_va;
};

void child_domctl_init(struct xen_domctl *op, uint32_t cmd, domid_t domid)
{
    memset(op, 0, sizeof(*op));
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
}

long child_domctl(uint32_t cmd, domid_t domid)
{
    struct xen_domctl op;

    child_domctl_init(&op, cmd, domid);
    return hv_domctl(&op);
}

static long create(domid_t *id, unsigned int vcpus, const struct child_options *o)
{
    unsigned int version = o->gnttab_version ? o->gnttab_version : 1;
    struct xen_domctl op;
    long rc;

    child_domctl_init(&op, XEN_DOMCTL_createdomain, *id);
    op.u.createdomain.flags = o->flags;
    op.u.createdomain.max_vcpus = vcpus;
    op.u.createdomain.max_evtchn_port = o->max_ports ? o->max_ports : -1;
    op.u.createdomain.max_grant_frames = o->grant_frames ? o->grant_frames : 4;
    op.u.createdomain.max_maptrack_frames = o->maptrack_frames ? o->maptrack_frames : 4;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(version);
    rc = hv_domctl(&op);
    if (!rc) {
        *id = op.domain;
    }
    return rc;
}

long child_create_empty(domid_t *id, unsigned int vcpus, uint32_t flags)
{
    const struct child_options o = { .flags = flags };

    *id = 0;
    return create(id, vcpus, &o);
}

long child_info(domid_t id, struct xen_domctl_getdomaininfo *info)
{
    struct xen_domctl op;
    long rc;

    child_domctl_init(&op, XEN_DOMCTL_getdomaininfo, id);
    rc = hv_domctl(&op);
    if (!rc && op.u.getdomaininfo.domain != id) {
        rc = -ESRCH;
    }
    *info = op.u.getdomaininfo;
    return rc;
}

static long set_max_mem(domid_t id, uint64_t kib)
{
    struct xen_domctl op;

    child_domctl_init(&op, XEN_DOMCTL_max_mem, id);
    op.u.max_mem.max_memkb = kib;
    return hv_domctl(&op);
}

static long populate(struct child *c)
{
    for (unsigned long at = 0; at < c->nr_pages; at += POPULATE_CHUNK) {
        struct xen_memory_reservation r = { .domid = c->id };
        unsigned long nr = c->nr_pages - at < POPULATE_CHUNK ? c->nr_pages - at : POPULATE_CHUNK;
        long done;

        for (unsigned long i = 0; i < nr; i++) {
            c->p2m[at + i] = at + i;
        }
        set_xen_guest_handle(r.extent_start, c->p2m + at);
        r.nr_extents = nr;
        done = hv_memory_op(XENMEM_populate_physmap, &r);
        if (done != (long)nr) {
            return done < 0 ? done : -ENOMEM;
        }
    }
    return 0;
}

/* Maps nr of the child's frames from pfn on at the window. */
static void *window_map(struct child *c, unsigned long pfn, unsigned long nr)
{
    static struct mmu_update req[WINDOW_PAGES];
    pte_t *table;

    if (!window_va) {
        window_va = PT_VMAP_BASE + (1ul << 30);
        if (pt_map(window_va, 0)) {
            return NULL;
        }
    }
    table = pt_walk(window_va, 1);
    for (unsigned long i = 0; i < nr; i++) {
        req[i].ptr = virt_to_maddr(&table[i]) | MMU_NORMAL_PT_UPDATE;
        req[i].val = pte_make(c->p2m[pfn + i], PTE_KERN);
    }
    return hv_mmu_update(req, (unsigned int)nr, NULL, c->id) ? NULL : (void *)window_va;
}

static long window_unmap(void)
{
    static struct mmu_update req[WINDOW_PAGES];
    struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_ALL };
    pte_t *table = pt_walk(window_va, 1);
    unsigned int nr = 0;

    for (unsigned long i = 0; i < WINDOW_PAGES; i++) {
        if (table[i] & PTE_P) {
            req[nr].ptr = virt_to_maddr(&table[i]) | MMU_NORMAL_PT_UPDATE;
            req[nr++].val = 0;
        }
    }
    if (!nr) {
        return 0;
    }
    long rc = hv_mmu_update(req, nr, NULL, DOMID_SELF);

    return rc ? rc : hv_mmuext_op(&flush, 1, NULL, DOMID_SELF);
}

static long copy_in(struct child *c, unsigned long addr, const void *data, unsigned long len)
{
    while (len) {
        unsigned long pfn = addr >> PAGE_SHIFT, offset = addr & ~PAGE_MASK;
        unsigned long room = WINDOW_PAGES * PAGE_SIZE - offset;
        unsigned long part = len < room ? len : room;
        char *va = window_map(c, pfn, (offset + part + PAGE_SIZE - 1) >> PAGE_SHIFT);

        if (!va) {
            return -EFAULT;
        }
        memcpy(va + offset, data, part);
        addr += part;
        data = (const char *)data + part;
        len -= part;
    }
    return window_unmap();
}

static long load_image(struct builder *b)
{
    const char *image = (const char *)guest_start_info->mod_start;
    const Elf64_Ehdr *ehdr = (const void *)image;
    const Elf64_Phdr *phdr;

    if (guest_start_info->mod_len < sizeof(*ehdr) || memcmp(ehdr->e_ident, ELFMAG, SELFMAG)) {
        return -ENOEXEC;
    }
    phdr = (const void *)(image + ehdr->e_phoff);
    b->entry = ehdr->e_entry;
    b->hypercall_va = (unsigned long)hypercall_page;
    for (unsigned int i = 0; i < ehdr->e_phnum; i++) {
        long rc;

        if (phdr[i].p_type != PT_LOAD) {
            continue;
        }
        rc = copy_in(b->c, phdr[i].p_vaddr - VIRT_BASE, image + phdr[i].p_offset, phdr[i].p_filesz);
        if (rc) {
            return rc;
        }
        unsigned long end = phdr[i].p_vaddr - VIRT_BASE + phdr[i].p_memsz;

        end = (end + PAGE_SIZE - 1) >> PAGE_SHIFT;
        b->next_pfn = end > b->next_pfn ? end : b->next_pfn;
    }
    return 0;
}

static unsigned long take(struct builder *b, unsigned long nr)
{
    unsigned long pfn = b->next_pfn;

    b->next_pfn += nr;
    return pfn;
}

/* 4, 3 and 2 are one table each; enough level 1 tables for the whole bootstrap region. */
static void lay_out(struct builder *b)
{
    unsigned long per_page = PAGE_SIZE / sizeof(unsigned long);

    b->p2m_pfn = take(b, (b->c->nr_pages + per_page - 1) / per_page);
    b->start_info_pfn = take(b, 1);
    b->console_pfn = take(b, 1);
    b->pt_pfn = b->next_pfn;
    b->nr_pt = 3 + (b->next_pfn + 8 + 1 + BUILD_SLACK + 1023) / 1024 * 2;
    take(b, b->nr_pt);
    b->stack_pfn = take(b, 1);
    b->map_pages = (b->nr_pt - 3) * 512;
    if (b->map_pages > b->c->nr_pages) {
        b->map_pages = b->c->nr_pages;
    }
}

static long build_tables(struct builder *b)
{
    struct child *c = b->c;
    pte_t *t = window_map(c, b->pt_pfn, b->nr_pt);
    unsigned long base = VIRT_BASE;

    if (!t) {
        return -EFAULT;
    }
    memset(t, 0, b->nr_pt * PAGE_SIZE);
    t[pt_index(base, 4)] = pte_make(c->p2m[b->pt_pfn + 1], PTE_TABLE);
    t[512 + pt_index(base, 3)] = pte_make(c->p2m[b->pt_pfn + 2], PTE_TABLE);
    for (unsigned long i = 0; i < b->nr_pt - 3; i++) {
        t[1024 + pt_index(base, 2) + i] = pte_make(c->p2m[b->pt_pfn + 3 + i], PTE_TABLE);
    }
    for (unsigned long pfn = 0; pfn < b->map_pages; pfn++) {
        bool is_table = pfn >= b->pt_pfn && pfn < b->pt_pfn + b->nr_pt;

        t[3 * 512 + pfn] = pte_make(c->p2m[pfn], is_table ? PTE_RO : PTE_KERN);
    }
    return window_unmap();
}

static long pin_root(struct builder *b)
{
    struct mmuext_op op = {
        .cmd = MMUEXT_PIN_L4_TABLE,
        .arg1.mfn = b->c->p2m[b->pt_pfn],
    };

    return hv_mmuext_op(&op, 1, NULL, b->c->id);
}

static long write_start_info(struct builder *b, const char *cmdline, uint64_t shared_maddr)
{
    static struct start_info si;
    struct child *c = b->c;

    memset(&si, 0, sizeof(si));
    strcpy(si.magic, "xen-3.0-x86_64");
    si.nr_pages = c->nr_pages;
    si.shared_info = shared_maddr;
    si.console.domU.mfn = c->p2m[b->console_pfn];
    si.pt_base = (unsigned long)pfn_to_virt(b->pt_pfn);
    si.nr_pt_frames = b->nr_pt;
    si.mfn_list = (unsigned long)pfn_to_virt(b->p2m_pfn);
    strncpy((char *)si.cmd_line, cmdline, MAX_GUEST_CMDLINE - 1);
    return copy_in(c, b->start_info_pfn << PAGE_SHIFT, &si, sizeof(si));
}

static long hypercall_page_init(struct builder *b)
{
    struct xen_domctl op;

    child_domctl_init(&op, XEN_DOMCTL_hypercall_init, b->c->id);
    op.u.hypercall_init.gmfn = b->c->p2m[(b->hypercall_va - VIRT_BASE) >> PAGE_SHIFT];
    return hv_domctl(&op);
}

static long set_context(struct builder *b)
{
    static union {
        struct vcpu_guest_context c;
        uint8_t bytes[8192];
    } ctx __attribute__((aligned(16)));
    struct xen_domctl op;

    memset(&ctx, 0, sizeof(ctx));
    ctx.c.flags = VGCF_IN_KERNEL | VGCF_online;
    ctx.c.user_regs.rip = b->entry;
    ctx.c.user_regs.rsi = (unsigned long)pfn_to_virt(b->start_info_pfn);
    ctx.c.user_regs.rsp = (unsigned long)pfn_to_virt(b->stack_pfn + 1);
    ctx.c.user_regs.rflags = 0x200;
    ctx.c.user_regs.cs = FLAT_KERNEL_CS;
    ctx.c.user_regs.ss = FLAT_KERNEL_SS;
    ctx.c.kernel_ss = FLAT_KERNEL_SS;
    ctx.c.kernel_sp = ctx.c.user_regs.rsp;
    ctx.c.ctrlreg[3] = xen_pfn_to_cr3(b->c->p2m[b->pt_pfn]);
    child_domctl_init(&op, XEN_DOMCTL_setvcpucontext, b->c->id);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &ctx.c);
    return hv_domctl(&op);
}

static long build(struct child *c, const char *cmdline)
{
    struct builder b = { .c = c };
    struct xen_domctl_getdomaininfo info;
    long rc = load_image(&b);

    if (rc) {
        return rc;
    }
    lay_out(&b);
    rc = child_info(c->id, &info);
    if (!rc) {
        rc = write_start_info(&b, cmdline, info.shared_info_frame << PAGE_SHIFT);
    }
    if (!rc) {
        rc = copy_in(c, b.p2m_pfn << PAGE_SHIFT, c->p2m, c->nr_pages * sizeof(*c->p2m));
    }
    if (!rc) {
        rc = build_tables(&b);
    }
    if (!rc) {
        rc = hypercall_page_init(&b);
    }
    if (!rc) {
        rc = pin_root(&b);
    }
    if (!rc) {
        rc = set_context(&b);
    }
    if (rc) {
        return rc;
    }
    c->console_va = pt_vmap_reserve(1);
    rc = pt_map_foreign(c->console_va, pte_make(c->p2m[b.console_pfn], PTE_KERN), c->id);
    c->console = rc ? NULL : (struct xencons_interface *)c->console_va;
    return rc;
}

long child_unpause(struct child *c)
{
    return child_domctl(XEN_DOMCTL_unpausedomain, c->id);
}

static long fill(struct child *c, const struct child_options *o)
{
    struct xen_domctl op;
    long rc;

    child_domctl_init(&op, XEN_DOMCTL_max_vcpus, c->id);
    op.u.max_vcpus.max = c->vcpus;
    rc = hv_domctl(&op);
    if (!rc) {
        rc = set_max_mem(c->id, c->nr_pages * (PAGE_SIZE / 1024));
    }
    if (!rc) {
        rc = populate(c);
    }
    if (!rc) {
        rc = build(c, o->cmdline);
    }
    return rc || o->paused ? rc : child_unpause(c);
}

long child_create(struct child *c, const struct child_options *o)
{
    long rc;

    memset(c, 0, sizeof(*c));
    c->vcpus = o->vcpus ? o->vcpus : 1;
    c->nr_pages = (o->megabytes ? o->megabytes : 4) * 256ul;
    rc = create(&c->id, c->vcpus, o);
    if (rc || !o->cmdline) {
        return rc;
    }
    c->p2m = malloc(c->nr_pages * sizeof(*c->p2m));
    rc = c->p2m ? fill(c, o) : -ENOMEM;
    if (rc) {
        child_destroy(c);
    }
    return rc;
}

void child_collect(struct child *c)
{
    struct xencons_interface *ring = c->console;
    XENCONS_RING_IDX cons, prod;

    if (!ring) {
        return;
    }
    cons = ring->out_cons;
    prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
    for (; cons != prod; cons++) {
        if (c->log_len < CHILD_LOG_SIZE - 1) {
            c->log[c->log_len++] = ring->out[MASK_XENCONS_IDX(cons, ring->out)];
        }
    }
    __atomic_store_n(&ring->out_cons, cons, __ATOMIC_RELEASE);
    c->log[c->log_len] = '\0';
}

long child_wait(struct child *c, uint64_t ns)
{
    uint64_t limit = time_now() + ns;
    struct xen_domctl_getdomaininfo info;

    for (;;) {
        long rc = child_info(c->id, &info);

        child_collect(c);
        if (rc) {
            return rc;
        }
        if (info.flags & XEN_DOMINF_shutdown) {
            return (info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
        }
        if (time_now() > limit) {
            return -ETIME;
        }
        time_sleep(NSEC_PER_MSEC);
    }
}

bool child_wait_text(struct child *c, const char *text, uint64_t ns)
{
    uint64_t limit = time_now() + ns;

    for (;;) {
        child_collect(c);
        if (strstr(c->log, text)) {
            return true;
        }
        if (time_now() > limit) {
            return false;
        }
        time_sleep(NSEC_PER_MSEC);
    }
}

bool child_wait_idle(struct child *c, uint64_t ns)
{
    uint64_t limit = time_now() + ns;
    struct xen_domctl_getdomaininfo info;

    while (!child_info(c->id, &info) && time_now() < limit) {
        child_collect(c);
        if (info.flags & XEN_DOMINF_blocked) {
            child_collect(c);
            return true;
        }
        time_sleep(NSEC_PER_MSEC);
    }
    return false;
}

bool child_reported(const struct child *c, const char *key, long *value)
{
    char want[64];
    const char *at;

    snprintf(want, sizeof(want), "REPORT %s ", key);
    at = strstr(c->log, want);
    if (!at) {
        return false;
    }
    *value = strtol(at + strlen(want), NULL, 0);
    return true;
}

long child_destroy_id(domid_t id)
{
    uint64_t limit = time_now() + 10 * NSEC_PER_SEC;
    struct xen_domctl_getdomaininfo info;
    long rc;

    do {
        rc = child_domctl(XEN_DOMCTL_destroydomain, id);
    } while (rc == -ERESTART);
    while (!rc && child_info(id, &info) == 0) {
        if (time_now() > limit) {
            return -ETIME;
        }
        time_sleep(NSEC_PER_MSEC / 4);
    }
    return rc;
}

long child_destroy(struct child *c)
{
    long rc;

    if (c->console) {
        child_collect(c);
        pt_unmap(c->console_va);
        c->console = NULL;
    }
    free(c->p2m);
    c->p2m = NULL;
    rc = c->id ? child_destroy_id(c->id) : 0;
    c->id = 0;
    return rc;
}

static long free_pages(void)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_physinfo,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
    };

    return hv_sysctl(&op) ? -1 : (long)op.u.physinfo.free_pages;
}

long child_settle(void)
{
    long pages = free_pages();
    unsigned int still = 0;

    for (unsigned int i = 0; i < 2000 && still < 50; i++) {
        long now;

        time_sleep(NSEC_PER_MSEC);
        now = free_pages();
        still = now == pages ? still + 1 : 0;
        pages = now;
    }
    return pages;
}

bool child_settles_to(long pages)
{
    uint64_t limit = time_now() + 10 * NSEC_PER_SEC;

    while (free_pages() < pages) {
        if (time_now() > limit) {
            return false;
        }
        time_sleep(NSEC_PER_MSEC);
    }
    return true;
}

long child_run(struct child *c, const char *cmdline, uint64_t ns)
{
    struct child_options o = { .cmdline = cmdline };
    long rc = child_create(c, &o), reason;

    if (rc) {
        return rc;
    }
    reason = child_wait(c, ns);
    rc = child_destroy(c);
    return rc ? rc : reason;
}
