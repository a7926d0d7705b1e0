/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 500 running domains stop at once, and then die at once: the domain that VIRQ_DOM_EXC was handed
 * to learns of each, within a bound of time, and dom0 of none.
 *
 * A victim is as small as a PV domain can be: four page tables and one page with its code and
 * stack. It sleeps in SCHEDOP_block; an event from dom0 makes it shut itself down.
 */
#define SUITE "storm"
#include "test.h"
#include "child.h"

#define VICTIMS          500u
#define VICTIM_PAGES     5u
#define VICTIM_VA        0x400000ul
#define DOMCTL_GET_STATE 90
#define STATE_EXIST      1
#define STATE_SHUTDOWN   2
#define TIME_LIMIT       (30 * NSEC_PER_SEC)

enum { PAGE_L4, PAGE_L3, PAGE_L2, PAGE_L1, PAGE_CODE };

#define ENTRY    0x00
#define CALLBACK 0x40
#define REASON   0x80

/* clang-format off */
static const uint8_t sleep_code[] = {
    0xb8, __HYPERVISOR_sched_op, 0, 0, 0, /* mov $sched_op, %eax */
    0xbf, SCHEDOP_block, 0, 0, 0,         /* mov $block, %edi */
    0x31, 0xf6,                           /* xor %esi, %esi */
    0x0f, 0x05,                           /* syscall */
    0xeb, 0xf0,                           /* jmp to the start */
};
static const uint8_t stop_code[] = {
    0xb8, __HYPERVISOR_sched_op, 0, 0, 0,                      /* mov $sched_op, %eax */
    0xbf, SCHEDOP_shutdown, 0, 0, 0,                           /* mov $shutdown, %edi */
    0x48, 0x8d, 0x35, REASON - CALLBACK - 17, 0, 0, 0,         /* lea reason(%rip), %rsi */
    0x0f, 0x05,                                                /* syscall */
    0xeb, 0xeb,                                                /* jmp to the start */
};
/* clang-format on */

/* --- The handler domain --- */

static domid_t first_id;
static bool shut[VICTIMS + 64], gone[VICTIMS + 64];
static unsigned int nr_shut, nr_gone;

static void note(bool *seen, domid_t id, unsigned int *count)
{
    if (id >= first_id && (unsigned int)(id - first_id) < VICTIMS + 64 && !seen[id - first_id]) {
        seen[id - first_id] = true;
        ++*count;
    }
}

/* As our extension tells it: the domains that changed. False: there is no such operation. */
static bool take_changes(void)
{
    struct xen_domctl op;
    uint16_t state;

    for (;;) {
        long rc;

        child_domctl_init(&op, DOMCTL_GET_STATE, DOMID_INVALID);
        op.interface_version = 0;
        rc = hv_domctl(&op);
        if (rc) {
            return rc == -ENOENT;
        }
        memcpy(&state, op.u.pad, sizeof(state));
        if (state & STATE_SHUTDOWN) {
            note(shut, op.domain, &nr_shut);
        }
        if (!(state & STATE_EXIST)) {
            note(gone, op.domain, &nr_gone);
        }
    }
}

/* As every hypervisor of this ABI tells it: all domains, one after the other. */
static void scan_all(void)
{
    static bool there[VICTIMS + 64];
    struct xen_domctl op;

    memset(there, 0, sizeof(there));
    for (uint32_t id = first_id; id < DOMID_FIRST_RESERVED; id = op.domain + 1u) {
        child_domctl_init(&op, XEN_DOMCTL_getdomaininfo, (domid_t)id);
        if (hv_domctl(&op)) {
            break;
        }
        if ((unsigned int)(op.domain - first_id) < VICTIMS + 64) {
            there[op.domain - first_id] = true;
        }
        if (op.u.getdomaininfo.flags & XEN_DOMINF_shutdown) {
            note(shut, op.domain, &nr_shut);
        }
    }
    for (unsigned int i = 0; i < VICTIMS + 64; i++) {
        if (shut[i] && !there[i]) {
            note(gone, (domid_t)(first_id + i), &nr_gone);
        }
    }
}

static void on_exc(evtchn_port_t port, void *arg)
{
    static bool told_shut, told_gone;

    (void)port;
    (void)arg;
    if (!take_changes()) {
        scan_all();
    }
    if (nr_shut == VICTIMS && !told_shut) {
        told_shut = true;
        printf("ALL SHUT\n");
    }
    if (nr_gone == VICTIMS && !told_gone) {
        told_gone = true;
        printf("ALL GONE\n");
    }
}

ROLE(storm_handler)
{
    evtchn_port_t port;
    struct xen_domctl op;
    long rc = event_bind_virq(VIRQ_DOM_EXC, 0, &port);

    if (rc) {
        return SHUTDOWN_crash;
    }
    /* The victims come after this one, which is the last so far. */
    for (uint32_t id = 1; id < DOMID_FIRST_RESERVED; id = op.domain + 1u) {
        child_domctl_init(&op, XEN_DOMCTL_getdomaininfo, (domid_t)id);
        if (hv_domctl(&op)) {
            break;
        }
        first_id = (domid_t)(op.domain + 1);
    }
    event_set_handler(port, on_exc, NULL);
    event_unmask(port);
    printf("READY\n");
    for (;;) {
        hv_sched_op(SCHEDOP_block, NULL);
    }
}

/* --- Dom0 --- */

struct victim {
    domid_t id;
    evtchn_port_t port;
};

static struct victim victims[VICTIMS];

static long victim_memory(domid_t id, xen_pfn_t *mfn)
{
    struct xen_memory_reservation r = { .domid = id };
    struct xen_domctl op;
    long rc;

    child_domctl_init(&op, XEN_DOMCTL_max_vcpus, id);
    op.u.max_vcpus.max = 1;
    rc = hv_domctl(&op);
    if (rc) {
        return rc;
    }
    child_domctl_init(&op, XEN_DOMCTL_max_mem, id);
    op.u.max_mem.max_memkb = VICTIM_PAGES * (PAGE_SIZE / 1024);
    rc = hv_domctl(&op);
    if (rc) {
        return rc;
    }
    for (unsigned int i = 0; i < VICTIM_PAGES; i++) {
        mfn[i] = i;
    }
    set_xen_guest_handle(r.extent_start, mfn);
    r.nr_extents = VICTIM_PAGES;
    rc = hv_memory_op(XENMEM_populate_physmap, &r);
    return rc == VICTIM_PAGES ? 0 : rc < 0 ? rc : -ENOMEM;
}

/* One frame of the victim's, mapped at va while it is written. */
static long write_page(unsigned long va, domid_t id, unsigned int page, const xen_pfn_t *mfn)
{
    static const unsigned int levels[] = { 4, 3, 2, 1 };
    uint8_t *bytes = (uint8_t *)va;
    const uint32_t reason = SHUTDOWN_poweroff;
    long rc = pt_map_foreign(va, pte_make(mfn[page], PTE_KERN), id);

    if (rc) {
        return rc;
    }
    memset(bytes, 0, PAGE_SIZE);
    if (page == PAGE_CODE) {
        memcpy(bytes + ENTRY, sleep_code, sizeof(sleep_code));
        memcpy(bytes + CALLBACK, stop_code, sizeof(stop_code));
        memcpy(bytes + REASON, &reason, sizeof(reason));
    } else {
        ((pte_t *)va)[pt_index(VICTIM_VA, levels[page])] = pte_make(
            mfn[page + 1], page == PAGE_L1 ? PTE_KERN : PTE_TABLE);
    }
    return pt_unmap(va);
}

static long victim_start(domid_t id, const xen_pfn_t *mfn)
{
    static union {
        struct vcpu_guest_context c;
        uint8_t bytes[8192];
    } ctx __attribute__((aligned(16)));
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = mfn[PAGE_L4] };
    struct xen_domctl op;
    long rc = hv_mmuext_op(&pin, 1, NULL, id);

    if (rc) {
        return rc;
    }
    memset(&ctx, 0, sizeof(ctx));
    ctx.c.flags = VGCF_IN_KERNEL | VGCF_online;
    ctx.c.user_regs.rip = VICTIM_VA + ENTRY;
    ctx.c.user_regs.rsp = ctx.c.kernel_sp = VICTIM_VA + PAGE_SIZE;
    ctx.c.user_regs.rflags = 0x200;
    ctx.c.user_regs.cs = FLAT_KERNEL_CS;
    ctx.c.user_regs.ss = ctx.c.kernel_ss = FLAT_KERNEL_SS;
    ctx.c.event_callback_eip = VICTIM_VA + CALLBACK;
    ctx.c.ctrlreg[3] = xen_pfn_to_cr3(mfn[PAGE_L4]);
    child_domctl_init(&op, XEN_DOMCTL_setvcpucontext, id);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &ctx.c);
    rc = hv_domctl(&op);
    return rc ? rc : child_domctl(XEN_DOMCTL_unpausedomain, id);
}

static long victim_create(struct victim *v, unsigned long va)
{
    xen_pfn_t mfn[VICTIM_PAGES];
    evtchn_port_t theirs;
    long rc = child_create_empty(&v->id, 1, 0);

    if (!rc) {
        rc = victim_memory(v->id, mfn);
    }
    for (unsigned int page = 0; !rc && page < VICTIM_PAGES; page++) {
        rc = write_page(va, v->id, page, mfn);
    }
    if (!rc) {
        rc = event_alloc_unbound(v->id, 0, &theirs);
    }
    if (!rc) {
        rc = event_bind_interdomain(v->id, theirs, &v->port);
    }
    return rc ? rc : victim_start(v->id, mfn);
}

static bool all_are(uint32_t flag, unsigned int *nr)
{
    struct xen_domctl_getdomaininfo info;

    *nr = 0;
    for (unsigned int i = 0; i < VICTIMS; i++) {
        *nr += child_info(victims[i].id, &info) == 0 && (info.flags & flag);
    }
    return *nr == VICTIMS;
}

static bool wait_until_all(uint32_t flag, unsigned int *nr)
{
    for (uint64_t end = time_now() + TIME_LIMIT; !all_are(flag, nr) && time_now() < end;) {
        time_sleep(10 * NSEC_PER_MSEC);
    }
    return *nr == VICTIMS;
}

static void destroy_all(void)
{
    for (unsigned int i = 0; i < VICTIMS; i++) {
        long rc;

        do {
            rc = child_domctl(XEN_DOMCTL_destroydomain, victims[i].id);
        } while (rc == -ERESTART);
        EXPECT_EQ(rc, 0);
    }
}

TEST(running_domains)
{
    static struct child handler;
    struct child_options o = { .cmdline = "role=storm_handler", .flags = XEN_DOMCTL_CDF_xs_domain };
    unsigned long va = pt_vmap_reserve(1);
    struct xen_domctl op;
    evtchn_port_t own;
    uint64_t begun;
    unsigned int nr;

    REQUIRE_EQ(child_create(&handler, &o), 0);
    REQUIRE(child_wait_text(&handler, "READY", 10 * NSEC_PER_SEC));
    REQUIRE_EQ(event_bind_virq(VIRQ_DOM_EXC, 0, &own), 0);
    child_domctl_init(&op, XEN_DOMCTL_set_virq_handler, handler.id);
    op.u.set_virq_handler.virq = VIRQ_DOM_EXC;
    REQUIRE_EQ(hv_domctl(&op), 0);

    for (unsigned int i = 0; i < VICTIMS; i++) {
        REQUIRE_EQ(victim_create(&victims[i], va), 0);
    }
    event_clear(own);
    EXPECT(wait_until_all(XEN_DOMINF_blocked, &nr));
    begun = time_now();
    for (unsigned int i = 0; i < VICTIMS; i++) {
        REQUIRE_EQ(event_send(victims[i].port), 0);
    }
    EXPECT(child_wait_text(&handler, "ALL SHUT", TIME_LIMIT));
    EXPECT(all_are(XEN_DOMINF_shutdown, &nr));
    printf("#    all %u shut down after %llu ms\n", nr, (time_now() - begun) / NSEC_PER_MSEC);

    begun = time_now();
    destroy_all();
    EXPECT(child_wait_text(&handler, "ALL GONE", TIME_LIMIT));
    printf("#    all gone after %llu ms\n", (time_now() - begun) / NSEC_PER_MSEC);
    EXPECT(!event_pending(own));
    EXPECT_EQ(child_destroy(&handler), 0);
    EXPECT_EQ(event_close(own), 0);
}
