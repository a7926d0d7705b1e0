/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every operation that names a domain, on domains in every state: without vCPUs, with vCPUs that
 * have no registers, built, shut down, on its way out, and ids that are no ordinary domain's. The
 * operations come from the operation tables (gen/op-targets.h), with arguments of one pattern but
 * for the domain. An answer is 0, a count or an error; nothing breaks, and at the end no domain is
 * left and every page is back.
 *
 * The caller is the control domain, and means no harm. What kills or replaces the caller itself is
 * not asked of it.
 */
#define SUITE "states"
#include <public/grant_table.h>
#include <gen/op-targets.h>
#include "test.h"
#include "child.h"

/* The largest argument of all. */
static union {
    struct xen_domctl domctl;
    unsigned char bytes[4096];
} arg;

static const unsigned char patterns[] = { 0x00, 0x01, 0x03, 0xff };
static unsigned long answers, refusals;
static const char *state = "a domain"; /* for messages */

/* An error that the ABI has, or a number; never one of the hypervisor's own. */
static void check(const char *what, unsigned int nr, domid_t id, long rc)
{
    answers++;
    refusals += rc < 0;
    if (!EXPECT(rc >= -ENOTSOCK - 23 && rc != -85 && rc < 1l << 32)) {
        printf("#    %s %u on %s (%u): %ld\n", what, nr, state, id, rc);
    }
}

struct sub_op {
    unsigned int call, nr;
    uint16_t at; /* of the domain's id in the argument */
    const char *family;
};

#define SUB_OP(f, n, type, member) { __HYPERVISOR_##f, n, offsetof(struct type, member), #f },
static const struct sub_op sub_ops[] = { SUB_OPS_ON_DOMAINS(SUB_OP) };

#define DOMCTL(n) n,
static const uint32_t domctls[] = { DOMCTLS_ON_DOMAINS(DOMCTL) };

/* Arguments that dispatch does not know. */
static const struct sub_op raw_ops[] = {
    { __HYPERVISOR_memory_op, XENMEM_increase_reservation,
      offsetof(struct xen_memory_reservation, domid), "memory_op" },
    { __HYPERVISOR_memory_op, XENMEM_decrease_reservation,
      offsetof(struct xen_memory_reservation, domid), "memory_op" },
    { __HYPERVISOR_memory_op, XENMEM_populate_physmap,
      offsetof(struct xen_memory_reservation, domid), "memory_op" },
    { __HYPERVISOR_memory_op, XENMEM_exchange, offsetof(struct xen_memory_exchange, in.domid),
      "memory_op" },
    { __HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch,
      offsetof(struct xen_add_to_physmap_batch, domid), "memory_op" },
    { __HYPERVISOR_memory_op, XENMEM_get_vnumainfo, offsetof(struct xen_vnuma_topology_info, domid),
      "memory_op" },
    { __HYPERVISOR_memory_op, XENMEM_acquire_resource,
      offsetof(struct xen_mem_acquire_resource, domid), "memory_op" },
    { __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref,
      offsetof(struct gnttab_map_grant_ref, dom), "grant_table_op" },
    { __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, offsetof(struct gnttab_setup_table, dom),
      "grant_table_op" },
    { __HYPERVISOR_grant_table_op, GNTTABOP_transfer, offsetof(struct gnttab_transfer, domid),
      "grant_table_op" },
    { __HYPERVISOR_grant_table_op, GNTTABOP_copy, offsetof(struct gnttab_copy, source.domid),
      "grant_table_op" },
    { __HYPERVISOR_grant_table_op, GNTTABOP_copy, offsetof(struct gnttab_copy, dest.domid),
      "grant_table_op" },
    { __HYPERVISOR_grant_table_op, GNTTABOP_query_size, offsetof(struct gnttab_query_size, dom),
      "grant_table_op" },
    { __HYPERVISOR_grant_table_op, GNTTABOP_get_status_frames,
      offsetof(struct gnttab_get_status_frames, dom), "grant_table_op" },
    { __HYPERVISOR_grant_table_op, GNTTABOP_get_version, offsetof(struct gnttab_get_version, dom),
      "grant_table_op" },
};

static void run_sub(const struct sub_op *op, domid_t id, unsigned char pattern)
{
    memset(&arg, 0, sizeof(arg));
    memset(&arg, pattern, 256);
    memcpy(arg.bytes + op->at, &id, sizeof(id));
    if (op->call == __HYPERVISOR_grant_table_op) {
        check(op->family, op->nr, id, hypercall3(op->call, op->nr, &arg, 1));
    } else {
        check(op->family, op->nr, id, hypercall2(op->call, op->nr, &arg));
    }
}

static void run_domctl(uint32_t cmd, domid_t id, unsigned char pattern)
{
    memset(&arg, pattern, sizeof(arg));
    arg.domctl.cmd = cmd;
    arg.domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    arg.domctl.domain = id;
    check("domctl", cmd, id, hv_domctl(&arg.domctl));
}

/* Page tables: each extended command, updates of entries and of a mapping, for another domain. */
static void run_mmu(domid_t id)
{
    for (unsigned int cmd = 0; cmd <= MMUEXT_COPY_PAGE; cmd++) {
        struct mmuext_op op = { .cmd = cmd, .arg1.mfn = 0x100, .arg2.src_mfn = 0x101 };

        if (cmd < MMUEXT_NEW_BASEPTR || cmd == MMUEXT_CLEAR_PAGE || cmd == MMUEXT_COPY_PAGE) {
            check("mmuext_op", cmd, id, hv_mmuext_op(&op, 1, NULL, id));
        }
    }
    for (unsigned int type = 0; type < 4; type++) {
        struct mmu_update update = { .ptr = 0x100000 | type, .val = 0 };

        check("mmu_update", type, id, hv_mmu_update(&update, 1, NULL, id));
        check("mmu_update", type, id, hv_mmu_update(&update, 1, NULL, (id + 1u) << 16));
    }
    check("update_va_mapping_otherdomain", 0, id,
          hv_update_va_mapping_otherdomain(pt_vmap_reserve(1), 0x100067, 0, id));
}

static bool spared(uint32_t cmd, domid_t id)
{
    struct xen_domctl_getdomaininfo info;

    /* It is the end of the state; destroying what is on its way out already is part of it. */
    return cmd == XEN_DOMCTL_destroydomain && child_info(id, &info) == 0 &&
           !(info.flags & XEN_DOMINF_dying);
}

static void run_all(domid_t id)
{
    for (unsigned int p = 0; p < ARRAY_SIZE(patterns); p++) {
        for (unsigned int i = 0; i < ARRAY_SIZE(sub_ops); i++) {
            run_sub(&sub_ops[i], id, patterns[p]);
        }
        for (unsigned int i = 0; i < ARRAY_SIZE(raw_ops); i++) {
            run_sub(&raw_ops[i], id, patterns[p]);
        }
        for (unsigned int i = 0; i < ARRAY_SIZE(domctls); i++) {
            if (!spared(domctls[i], id)) {
                run_domctl(domctls[i], id, patterns[p]);
            }
        }
    }
    run_mmu(id);
}

static void report(const char *of)
{
    printf("#    %s: %lu calls, %lu refused\n", of, answers, refusals);
    answers = refusals = 0;
}

/* The host's free pages, when the caller has what the operations make of its own: its first
 * handles. */
static long pages_before(void)
{
    domid_t id;

    if (child_create_empty(&id, 1, 0) == 0) {
        run_all(id);
        EXPECT_EQ(child_destroy_id(id), 0);
    }
    answers = refusals = 0;
    return child_settle();
}

/* A port of the domain's, bound by the caller, who sends while there is nobody to hear. */
static void send_to(domid_t id)
{
    evtchn_port_t theirs, ours;

    REQUIRE_EQ(event_alloc_unbound(id, 0, &theirs), 0);
    REQUIRE_EQ(event_bind_interdomain(id, theirs, &ours), 0);
    EXPECT_EQ(event_send(ours), 0);
    EXPECT_EQ(event_close(ours), 0);
}

TEST(without_vcpus)
{
    long pages = pages_before();
    domid_t id;

    state = "a domain without vCPUs";
    REQUIRE_EQ(child_create_empty(&id, 2, 0), 0);
    run_all(id);
    report(state);
    EXPECT_EQ(child_destroy_id(id), 0);
    EXPECT(child_settles_to(pages));
}

TEST(vcpus_without_registers)
{
    long pages = pages_before();
    struct xen_domctl op;
    domid_t id;

    state = "a domain whose vCPUs have no registers";
    REQUIRE_EQ(child_create_empty(&id, 2, 0), 0);
    child_domctl_init(&op, XEN_DOMCTL_max_vcpus, id);
    op.u.max_vcpus.max = 2;
    REQUIRE_EQ(hv_domctl(&op), 0);
    send_to(id);
    run_all(id);
    report(state);
    EXPECT_EQ(child_destroy_id(id), 0);
    EXPECT(child_settles_to(pages));
}

ROLE(states_end)
{
    return SHUTDOWN_suspend;
}

TEST(shut_down)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=states_end" };
    long pages = pages_before();

    state = "a domain that is shut down";
    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_suspend);
    send_to(c.id);
    run_all(c.id);
    report(state);
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT(child_settles_to(pages));
}

/* A mapping of its memory keeps it from going. */
TEST(on_its_way_out)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=states_end", .paused = true };
    long pages = pages_before();
    unsigned long va = pt_vmap_reserve(1);
    struct xen_domctl_getdomaininfo info;
    evtchn_port_t theirs, ours;
    uint64_t limit;
    long rc;

    state = "a domain on its way out";
    REQUIRE_EQ(child_create(&c, &o), 0);
    REQUIRE_EQ(pt_map_foreign(va, pte_make(c.p2m[c.nr_pages - 1], PTE_KERN), c.id), 0);
    REQUIRE_EQ(event_alloc_unbound(c.id, 0, &theirs), 0);
    REQUIRE_EQ(event_bind_interdomain(c.id, theirs, &ours), 0);
    do {
        rc = child_domctl(XEN_DOMCTL_destroydomain, c.id);
    } while (rc == -ERESTART);
    EXPECT_EQ(rc, 0);
    EXPECT_EQ(event_send(ours), 0); /* unbound now: nobody hears */
    EXPECT_EQ(event_close(ours), 0);
    EXPECT(event_alloc_unbound(c.id, 0, &theirs) < 0);
    run_all(c.id);
    report(state);
    EXPECT_EQ(pt_unmap(va), 0);
    pt_unmap(c.console_va);
    limit = time_now() + 10 * NSEC_PER_SEC;
    while (child_info(c.id, &info) == 0 && time_now() < limit) {
        time_sleep(NSEC_PER_MSEC);
    }
    EXPECT_EQ(child_info(c.id, &info), -ESRCH);
    free(c.p2m);
    EXPECT(child_settles_to(pages));
}

/* Those are targets of a few operations only: of memory that is nobody's, of devices. */
TEST(no_ordinary_domains)
{
    static const domid_t ids[] = {
        DOMID_XEN, DOMID_IO, DOMID_COW, DOMID_INVALID, DOMID_IDLE, 0x7000
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
        state = "an id";
        run_all(ids[i]);
    }
    report("ids that are no ordinary domain's");
    EXPECT_EQ(child_domctl(XEN_DOMCTL_pausedomain, DOMID_XEN), -ESRCH);
    EXPECT_EQ(child_domctl(XEN_DOMCTL_destroydomain, DOMID_IO), -ESRCH);
}

/* Every vcpu_op on the domain's second vCPU, which has no registers and never gets any. */
ROLE(states_vcpu)
{
    for (unsigned int p = 0; p < ARRAY_SIZE(patterns); p++) {
        for (int cmd = 0; cmd <= VCPUOP_register_vcpu_time_memory_area; cmd++) {
            long rc;

            memset(&arg, patterns[p], sizeof(arg));
            rc = hv_vcpu_op(cmd, 1, &arg);
            if (rc < -ETIMEDOUT || rc > 1 || (cmd == VCPUOP_up && rc == 0)) {
                printf("REPORT wrong %ld\n", rc);
                return 77;
            }
        }
    }
    return hv_vcpu_op(VCPUOP_is_up, 1, NULL) == 0 ? SHUTDOWN_poweroff : 77;
}

/* One such domain's life, from its creation to the end of its memory. */
static void live_without_registers(void)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=states_vcpu", .vcpus = 2 };

    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 20 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT_EQ(child_destroy(&c), 0);
}

TEST(vcpu_without_registers)
{
    long pages;

    live_without_registers(); /* what a hypervisor's allocator keeps for the next one */
    pages = child_settle();
    live_without_registers();
    EXPECT(child_settles_to(pages));
}

/* Numbers of vCPUs that there are none of. */
TEST(vcpus_that_are_not_there)
{
    static const unsigned int vcpus[] = { 31, 127, 8191, ~0u };

    state = "a vCPU that is not there";
    for (unsigned int i = 0; i < ARRAY_SIZE(vcpus); i++) {
        for (int cmd = 0; cmd <= 13; cmd++) {
            memset(&arg, 0, sizeof(arg));
            EXPECT_EQ(hv_vcpu_op(cmd, vcpus[i], &arg), -ENOENT);
        }
    }
}
