/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl: operations that are not there, life of a domain, its vCPUs, memory,
 * affinity, and what another domain may not ask.
 */
#define SUITE "domctl"
#include "test.h"
#include "child.h"

#define NO_DOMAIN 0x7000

static struct xen_domctl op;

static long call(uint32_t cmd, domid_t domid)
{
    op.cmd = cmd;
    op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op.domain = domid;
    return hv_domctl(&op);
}

static long call_clean(uint32_t cmd, domid_t domid)
{
    memset(&op, 0, sizeof(op));
    return call(cmd, domid);
}

TEST(bad_pointer)
{
    EXPECT_EQ(hv_domctl_as_it_is(BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_domctl_as_it_is((struct xen_domctl *)HV_POINTER), -EFAULT);
}

TEST(unknown_ops)
{
    static const uint32_t gone[] = { 0, 32, 65, 87, 92, 1000, ~0u };

    for (unsigned int i = 0; i < ARRAY_SIZE(gone); i++) {
        if (!EXPECT_EQ(call_clean(gone[i], 0), -ENOSYS)) {
            printf("#    domctl %u\n", gone[i]);
        }
    }
}

TEST(no_such_domain)
{
    static const uint32_t cmds[] = {
        XEN_DOMCTL_destroydomain,     XEN_DOMCTL_pausedomain,      XEN_DOMCTL_unpausedomain,
        XEN_DOMCTL_setvcpuaffinity,   XEN_DOMCTL_getvcpuaffinity,  XEN_DOMCTL_setvcpucontext,
        XEN_DOMCTL_getvcpucontext,    XEN_DOMCTL_getvcpuinfo,      XEN_DOMCTL_max_mem,
        XEN_DOMCTL_max_vcpus,         XEN_DOMCTL_scheduler_op,     XEN_DOMCTL_setdomainhandle,
        XEN_DOMCTL_setdebugging,      XEN_DOMCTL_irq_permission,   XEN_DOMCTL_iomem_permission,
        XEN_DOMCTL_ioport_permission, XEN_DOMCTL_hypercall_init,   XEN_DOMCTL_settimeoffset,
        XEN_DOMCTL_set_address_size,  XEN_DOMCTL_get_address_size, XEN_DOMCTL_getpageframeinfo3,
        XEN_DOMCTL_set_virq_handler,  XEN_DOMCTL_resumedomain,     XEN_DOMCTL_gettscinfo,
        XEN_DOMCTL_getnodeaffinity,   XEN_DOMCTL_setnodeaffinity,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++) {
        static const domid_t ids[] = { NO_DOMAIN, DOMID_SELF,    DOMID_IO,
                                       DOMID_XEN, DOMID_INVALID, DOMID_IDLE };

        for (unsigned int j = 0; j < ARRAY_SIZE(ids); j++) {
            if (!EXPECT_EQ(call_clean(cmds[i], ids[j]), -ESRCH)) {
                printf("#    domctl %u, domain %#x\n", cmds[i], ids[j]);
            }
        }
    }
}

TEST(info_of_dom0)
{
    REQUIRE_EQ(call_clean(XEN_DOMCTL_getdomaininfo, 0), 0);
    EXPECT_EQ(op.u.getdomaininfo.domain, 0);
    EXPECT_EQ(op.u.getdomaininfo.flags & XEN_DOMINF_running, XEN_DOMINF_running);
    EXPECT_EQ(op.u.getdomaininfo.flags &
                  (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_hvm_guest),
              0);
    EXPECT_EQ(op.u.getdomaininfo.max_vcpu_id, smp_count() - 1);
    EXPECT(op.u.getdomaininfo.nr_online_vcpus >= 1);
    EXPECT(op.u.getdomaininfo.tot_pages >= mm_nr_pages);
    EXPECT(op.u.getdomaininfo.max_pages >= op.u.getdomaininfo.tot_pages);
    EXPECT(op.u.getdomaininfo.cpu_time > 0);
    EXPECT_EQ(op.u.getdomaininfo.shared_info_frame, guest_start_info->shared_info >> PAGE_SHIFT);
    EXPECT_EQ(op.u.getdomaininfo.cpupool, 0);
}

/* getdomaininfo answers with the next domain at or after the one asked for. */
TEST(info_is_a_walk)
{
    domid_t a, b;

    REQUIRE_EQ(child_create_empty(&a, 1, 0), 0);
    REQUIRE_EQ(child_create_empty(&b, 1, 0), 0);
    EXPECT(b > a);
    EXPECT_EQ(call_clean(XEN_DOMCTL_getdomaininfo, 1), 0);
    EXPECT_EQ(op.u.getdomaininfo.domain, a);
    EXPECT_EQ(op.domain, a);
    EXPECT_EQ(call_clean(XEN_DOMCTL_getdomaininfo, a + 1), 0);
    EXPECT_EQ(op.u.getdomaininfo.domain, b);
    EXPECT_EQ(call_clean(XEN_DOMCTL_getdomaininfo, b + 1), -ESRCH);
    EXPECT_EQ(child_destroy_id(a), 0);
    EXPECT_EQ(child_destroy_id(b), 0);
}

TEST(create_and_destroy)
{
    struct xen_domctl_getdomaininfo info;
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    EXPECT(id > 0 && id < DOMID_FIRST_RESERVED);
    EXPECT_EQ(child_info(id, &info), 0);
    EXPECT_EQ(info.flags & XEN_DOMINF_paused, XEN_DOMINF_paused);
    EXPECT_EQ(info.tot_pages, 0);
    EXPECT_EQ(info.nr_online_vcpus, 0);
    EXPECT_EQ(child_destroy_id(id), 0);
    EXPECT_EQ(child_info(id, &info), -ESRCH);
    EXPECT_EQ(child_domctl(XEN_DOMCTL_destroydomain, id), -ESRCH);
}

static void create_defaults(void)
{
    memset(&op, 0, sizeof(op));
    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.max_evtchn_port = -1;
    op.u.createdomain.max_grant_frames = 4;
    op.u.createdomain.max_maptrack_frames = 4;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
}

TEST(create_chosen_id)
{
    create_defaults();
    REQUIRE_EQ(call(XEN_DOMCTL_createdomain, 0x1234), 0);
    EXPECT_EQ(op.domain, 0x1234);
    create_defaults();
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, 0x1234), -EEXIST);
    EXPECT_EQ(child_destroy_id(0x1234), 0);
    /* A number out of range asks for any. */
    create_defaults();
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, DOMID_SELF), 0);
    EXPECT(op.domain > 0 && op.domain < DOMID_FIRST_RESERVED);
    EXPECT_EQ(child_destroy_id(op.domain), 0);
}

TEST(create_errors)
{
    create_defaults();
    op.u.createdomain.flags = 1u << 31;
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_defaults();
    op.u.createdomain.max_vcpus = 0;
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_defaults();
    op.u.createdomain.max_vcpus = 100000;
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_defaults();
    op.u.createdomain.flags = XEN_DOMCTL_CDF_hap;
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_defaults();
    op.u.createdomain.iommu_opts = 1u << 31;
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_defaults();
    op.u.createdomain.arch.emulation_flags = 1u << 31;
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_defaults();
    op.u.createdomain.arch.misc_flags = 1u << 31;
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, 0), -EINVAL);
    create_defaults();
    op.u.createdomain.cpupool_id = 77;
    EXPECT_EQ(call(XEN_DOMCTL_createdomain, 0), -ESRCH);
}

/* Each field alone, at its bounds and beyond. */
#define CREATE(field, val) #field "=" #val, offsetof(struct xen_domctl_createdomain, field), val
static const struct {
    const char *what;
    size_t offset;
    uint32_t value;
    long want;
} create_fields[] = {
    { CREATE(ssidref, 1), 0 },
    { CREATE(ssidref, 0xffffffff), 0 },
    { CREATE(flags, 1 << 0), -EOPNOTSUPP },
    { CREATE(flags, 1 << 1), -EINVAL },
    { CREATE(flags, 1 << 2), -EINVAL },
    { CREATE(flags, 1 << 3), 0 },
    { CREATE(flags, 1 << 4), 0 },
    { CREATE(flags, 1 << 5), -EINVAL },
    { CREATE(flags, 1 << 6), -EINVAL },
    { CREATE(flags, 1 << 7), -EINVAL },
    { CREATE(flags, 1 << 8), -EINVAL },
    { CREATE(flags, 3), -EOPNOTSUPP },
    { CREATE(flags, 1 << 30), -EINVAL },
    { CREATE(iommu_opts, 1), -EINVAL },
    { CREATE(iommu_opts, 2), -EINVAL },
    { CREATE(max_vcpus, 1), 0 },
    { CREATE(max_vcpus, 128), 0 },
    { CREATE(max_vcpus, 8192), 0 },
    { CREATE(max_vcpus, 8193), -EINVAL },
    { CREATE(max_vcpus, 0xffffffff), -EINVAL },
    { CREATE(max_evtchn_port, 0), 0 },
    { CREATE(max_evtchn_port, 1), 0 },
    { CREATE(max_evtchn_port, 131071), 0 },
    { CREATE(max_evtchn_port, 131072), 0 },
    { CREATE(max_evtchn_port, 0x7fffffff), 0 },
    { CREATE(max_evtchn_port, 0x80000000), 0 },
    { CREATE(max_evtchn_port, 0xffffffff), 0 },
    { CREATE(max_grant_frames, 0), -EINVAL },
    { CREATE(max_grant_frames, 1), 0 },
    { CREATE(max_grant_frames, 64), 0 },
    { CREATE(max_grant_frames, 65), -EINVAL },
    { CREATE(max_grant_frames, 0x7fffffff), -EINVAL },
    { CREATE(max_grant_frames, 0x80000000), 0 },
    { CREATE(max_grant_frames, 0xffffffff), 0 },
    { CREATE(max_maptrack_frames, 0), 0 },
    { CREATE(max_maptrack_frames, 1), 0 },
    { CREATE(max_maptrack_frames, 1024), 0 },
    { CREATE(max_maptrack_frames, 1025), -EINVAL },
    { CREATE(max_maptrack_frames, 0x80000000), 0 },
    { CREATE(max_maptrack_frames, 0xffffffff), 0 },
    { CREATE(grant_opts, 0), -EINVAL },
    { CREATE(grant_opts, 1), 0 },
    { CREATE(grant_opts, 2), 0 },
    { CREATE(grant_opts, 3), -EINVAL },
    { CREATE(grant_opts, 15), -EINVAL },
    { CREATE(grant_opts, 0x11), -EINVAL },
    { CREATE(grant_opts, 0x80000001), -EINVAL },
    { CREATE(vmtrace_size, 1), -EINVAL },
    { CREATE(vmtrace_size, 4096), -EINVAL },
    { CREATE(vmtrace_size, 8192), -EINVAL },
    { CREATE(vmtrace_size, 0x80000000), -EINVAL },
    { CREATE(vmtrace_size, 0xffffffff), -EINVAL },
    { CREATE(cpupool_id, 1), -ESRCH },
    { CREATE(cpupool_id, 0x7fffffff), -ESRCH },
    { CREATE(cpupool_id, 0xffffffff), -ESRCH },
    { CREATE(arch.emulation_flags, 1), -EOPNOTSUPP },
    { CREATE(arch.emulation_flags, 0x40), -EOPNOTSUPP },
    { CREATE(arch.emulation_flags, 0x1ff), -EOPNOTSUPP },
    { CREATE(arch.emulation_flags, 0x400), -EOPNOTSUPP },
    { CREATE(arch.misc_flags, 1), 0 },
    { CREATE(arch.misc_flags, 2), -EINVAL },
    { CREATE(arch.misc_flags, 4), -EINVAL },
    { CREATE(arch.misc_flags, 8), -EINVAL },
};

TEST(create_fields)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(create_fields); i++) {
        long rc;

        create_defaults();
        memcpy((char *)&op.u.createdomain + create_fields[i].offset, &create_fields[i].value,
               sizeof(create_fields[i].value));
        rc = call(XEN_DOMCTL_createdomain, 0);
        if (rc != create_fields[i].want) {
            printf("%s is %ld\n", create_fields[i].what, rc);
        }
        EXPECT_EQ(rc, create_fields[i].want);
        if (!rc) {
            EXPECT_EQ(child_destroy_id(op.domain), 0);
        }
    }
}

/* Where a vCPU had better run is a wish: it may name no CPU, or none that is there. */
TEST(soft_affinity)
{
    static const struct {
        uint64_t wish, got;
    } masks[] = { { 1, 1 }, { 0, 0 }, { 1ull << 63, 0 }, { 1ull << 40 | 1, 1 } };
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    memset(&op, 0, sizeof(op));
    op.u.max_vcpus.max = 1;
    REQUIRE_EQ(call(XEN_DOMCTL_max_vcpus, id), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(masks); i++) {
        uint64_t soft = masks[i].wish;

        memset(&op, 0, sizeof(op));
        op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_SOFT;
        set_xen_guest_handle(op.u.vcpuaffinity.cpumap_soft.bitmap, (uint8_t *)&soft);
        op.u.vcpuaffinity.cpumap_soft.nr_bits = 64;
        EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), 0);
        EXPECT_EQ(soft, masks[i].got);
        soft = 0x5555;
        EXPECT_EQ(call(XEN_DOMCTL_getvcpuaffinity, id), 0);
        EXPECT_EQ(soft, masks[i].got);
    }
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(max_vcpus)
{
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 2, 0), 0);
    memset(&op, 0, sizeof(op));
    op.u.max_vcpus.max = 0;
    EXPECT_EQ(call(XEN_DOMCTL_max_vcpus, id), -EINVAL);
    op.u.max_vcpus.max = 1;
    EXPECT_EQ(call(XEN_DOMCTL_max_vcpus, id), -EINVAL);
    op.u.max_vcpus.max = 3;
    EXPECT_EQ(call(XEN_DOMCTL_max_vcpus, id), -EINVAL);
    op.u.max_vcpus.max = 2;
    EXPECT_EQ(call(XEN_DOMCTL_max_vcpus, id), 0);
    EXPECT_EQ(call(XEN_DOMCTL_max_vcpus, id), 0);
    EXPECT_EQ(call_clean(XEN_DOMCTL_max_vcpus, 0), -EINVAL);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(max_mem)
{
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    memset(&op, 0, sizeof(op));
    op.u.max_mem.max_memkb = 1000;
    EXPECT_EQ(call(XEN_DOMCTL_max_mem, id), 0);
    EXPECT_EQ(call_clean(XEN_DOMCTL_getdomaininfo, id), 0);
    EXPECT_EQ(op.u.getdomaininfo.max_pages, 250);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(pause_and_unpause)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=counter" };
    long a = 0, b = 0;

    REQUIRE_EQ(child_create(&c, &o), 0);
    REQUIRE(child_wait_text(&c, "tick", 10 * NSEC_PER_SEC));
    EXPECT_EQ(child_domctl(XEN_DOMCTL_pausedomain, c.id), 0);
    child_collect(&c);
    a = c.log_len;
    time_sleep(50 * NSEC_PER_MSEC);
    child_collect(&c);
    EXPECT_EQ(c.log_len, a);
    /* Pauses nest up to a limit; an unpause too many is refused. */
    EXPECT_EQ(child_domctl(XEN_DOMCTL_pausedomain, c.id), 0);
    EXPECT_EQ(child_domctl(XEN_DOMCTL_unpausedomain, c.id), 0);
    EXPECT_EQ(child_domctl(XEN_DOMCTL_unpausedomain, c.id), 0);
    for (unsigned int i = 0; i < 100 && b <= a; i++) {
        time_sleep(50 * NSEC_PER_MSEC);
        child_collect(&c);
        b = c.log_len;
    }
    EXPECT(b > a);
    EXPECT_EQ(child_domctl(XEN_DOMCTL_unpausedomain, c.id), -EINVAL);
    EXPECT_EQ(child_destroy(&c), 0);
    EXPECT_EQ(child_domctl(XEN_DOMCTL_pausedomain, 0), -EINVAL);
    EXPECT_EQ(child_domctl(XEN_DOMCTL_destroydomain, 0), -EINVAL);
    EXPECT_EQ(child_domctl(XEN_DOMCTL_resumedomain, 0), -EINVAL);
}

ROLE(counter)
{
    for (;;) {
        printf("tick ");
        time_sleep(2 * NSEC_PER_MSEC);
    }
    return SHUTDOWN_crash;
}

static union {
    struct vcpu_guest_context c;
    uint8_t bytes[8192];
} ctx __attribute__((aligned(16)));

/* Pauses nest, but not without bound; each is undone. */
TEST(pauses_have_a_bound)
{
    unsigned int made = 1; /* as it was created */
    domid_t id;
    long rc;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    do {
        rc = child_domctl(XEN_DOMCTL_pausedomain, id);
        made += rc == 0;
    } while (rc == 0 && made < 1000);
    EXPECT_EQ(rc, -EOVERFLOW);
    EXPECT_EQ(made, 255);
    while (made && child_domctl(XEN_DOMCTL_unpausedomain, id) == 0) {
        made--;
    }
    EXPECT_EQ(made, 0);
    EXPECT_EQ(child_domctl(XEN_DOMCTL_unpausedomain, id), -EINVAL);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(vcpu_context)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=hello", .paused = true };

    REQUIRE_EQ(child_create(&c, &o), 0);
    memset(&op, 0, sizeof(op));
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &ctx.c);
    EXPECT_EQ(call(XEN_DOMCTL_getvcpucontext, c.id), 0);
    EXPECT_EQ(ctx.c.flags & VGCF_IN_KERNEL, VGCF_IN_KERNEL);
    EXPECT_EQ(ctx.c.user_regs.cs & ~3u, FLAT_KERNEL_CS & ~3u);
    EXPECT_EQ(ctx.c.user_regs.rip & 0xfff, 0);
    EXPECT_EQ(ctx.c.ctrlreg[3] & 0xfff, 0);
    op.u.vcpucontext.vcpu = 1;
    EXPECT_EQ(call(XEN_DOMCTL_getvcpucontext, c.id), -EINVAL);
    op.u.vcpucontext.vcpu = 100000;
    EXPECT_EQ(call(XEN_DOMCTL_getvcpucontext, c.id), -EINVAL);
    EXPECT_EQ(call(XEN_DOMCTL_setvcpucontext, c.id), -EINVAL);
    op.u.vcpucontext.vcpu = 0;
    EXPECT_EQ(call(XEN_DOMCTL_getvcpucontext, c.id), 0);
    EXPECT_EQ(call(XEN_DOMCTL_setvcpucontext, c.id), 0);
    EXPECT_EQ(call(XEN_DOMCTL_getvcpucontext, 0), -EINVAL);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, BAD_POINTER);
    EXPECT_EQ(call(XEN_DOMCTL_setvcpucontext, c.id), -EFAULT);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, NULL);
    EXPECT_EQ(call(XEN_DOMCTL_setvcpucontext, c.id), 0);
    EXPECT_EQ(child_destroy(&c), 0);
}

TEST(vcpu_info)
{
    memset(&op, 0, sizeof(op));
    EXPECT_EQ(call(XEN_DOMCTL_getvcpuinfo, 0), 0);
    EXPECT_EQ(op.u.getvcpuinfo.online, 1);
    EXPECT_EQ(op.u.getvcpuinfo.running, 1);
    EXPECT(op.u.getvcpuinfo.cpu_time > 0);
    op.u.getvcpuinfo.vcpu = 64;
    EXPECT_EQ(call(XEN_DOMCTL_getvcpuinfo, 0), -EINVAL);
    op.u.getvcpuinfo.vcpu = 100000;
    EXPECT_EQ(call(XEN_DOMCTL_getvcpuinfo, 0), -EINVAL);
}

TEST(affinity)
{
    static uint64_t hard, soft;
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    memset(&op, 0, sizeof(op));
    op.u.max_vcpus.max = 1;
    REQUIRE_EQ(call(XEN_DOMCTL_max_vcpus, id), 0);
    memset(&op, 0, sizeof(op));
    hard = 1;
    soft = ~0ul;
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)&hard);
    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_soft.bitmap, (uint8_t *)&soft);
    op.u.vcpuaffinity.cpumap_hard.nr_bits = op.u.vcpuaffinity.cpumap_soft.nr_bits = 64;
    EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), 0);
    hard = ~0ul;
    EXPECT_EQ(call(XEN_DOMCTL_getvcpuaffinity, id), 0);
    EXPECT_EQ(hard, 1);
    hard = 0;
    EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), -EINVAL);
    hard = 1ul << 60;
    EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), -EINVAL);
    op.u.vcpuaffinity.flags = 0;
    EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), -EINVAL);
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_HARD;
    hard = 3;
    soft = 1;
    EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), 0);
    op.u.vcpuaffinity.vcpu = 1;
    EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), -EINVAL);
    EXPECT_EQ(call(XEN_DOMCTL_getvcpuaffinity, id), -EINVAL);
    op.u.vcpuaffinity.vcpu = 100000;
    EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), -EINVAL);
    /* Bits beyond the number that is said are not there, and what is behind them is not written. */
    op.u.vcpuaffinity.vcpu = 0;
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = 1;
    hard = 2;
    EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), -EINVAL);
    op.u.vcpuaffinity.cpumap_hard.nr_bits = 9;
    hard = ~0ul << 9 | 1;
    EXPECT_EQ(call(XEN_DOMCTL_setvcpuaffinity, id), 0);
    hard = ~0ul;
    EXPECT_EQ(call(XEN_DOMCTL_getvcpuaffinity, id), 0);
    EXPECT_EQ(hard, (~0ul << 16) | 1);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(handle)
{
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    memset(&op, 0, sizeof(op));
    memset(op.u.setdomainhandle.handle, 0x5a, sizeof(op.u.setdomainhandle.handle));
    EXPECT_EQ(call(XEN_DOMCTL_setdomainhandle, id), 0);
    EXPECT_EQ(call_clean(XEN_DOMCTL_getdomaininfo, id), 0);
    EXPECT_EQ(op.u.getdomaininfo.handle[0], 0x5a);
    EXPECT_EQ(op.u.getdomaininfo.handle[15], 0x5a);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(address_size)
{
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    EXPECT_EQ(call_clean(XEN_DOMCTL_get_address_size, id), 0);
    EXPECT_EQ(op.u.address_size.size, 64);
    op.u.address_size.size = 64;
    EXPECT_EQ(call(XEN_DOMCTL_set_address_size, id), 0);
    op.u.address_size.size = 16;
    EXPECT_EQ(call(XEN_DOMCTL_set_address_size, id), -EINVAL);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(debugging)
{
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    memset(&op, 0, sizeof(op));
    op.u.setdebugging.enable = 1;
    EXPECT_EQ(call(XEN_DOMCTL_setdebugging, id), 0);
    EXPECT_EQ(call_clean(XEN_DOMCTL_getdomaininfo, id), 0);
    EXPECT_EQ(op.u.getdomaininfo.flags & XEN_DOMINF_debugged, XEN_DOMINF_debugged);
    EXPECT_EQ(call_clean(XEN_DOMCTL_setdebugging, id), 0);
    EXPECT_EQ(call_clean(XEN_DOMCTL_setdebugging, 0), -EINVAL);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(permissions)
{
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    memset(&op, 0, sizeof(op));
    op.u.ioport_permission.first_port = 0x70;
    op.u.ioport_permission.nr_ports = 2;
    op.u.ioport_permission.allow_access = 1;
    EXPECT_EQ(call(XEN_DOMCTL_ioport_permission, id), 0);
    op.u.ioport_permission.first_port = 0xffff;
    EXPECT_EQ(call(XEN_DOMCTL_ioport_permission, id), -EINVAL);
    memset(&op, 0, sizeof(op));
    op.u.iomem_permission.first_mfn = 0xfd000;
    op.u.iomem_permission.nr_mfns = 1;
    op.u.iomem_permission.allow_access = 1;
    EXPECT_EQ(call(XEN_DOMCTL_iomem_permission, id), 0);
    op.u.iomem_permission.first_mfn = ~0ul;
    op.u.iomem_permission.nr_mfns = 2;
    EXPECT_EQ(call(XEN_DOMCTL_iomem_permission, id), -EINVAL);
    memset(&op, 0, sizeof(op));
    op.u.irq_permission.pirq = 100000 & 0xff;
    op.u.irq_permission.allow_access = 2;
    EXPECT_EQ(call(XEN_DOMCTL_irq_permission, id), -EPERM);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(scheduler_parameters)
{
    memset(&op, 0, sizeof(op));
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    EXPECT_EQ(call(XEN_DOMCTL_scheduler_op, 0), 0);
    EXPECT_EQ(op.u.scheduler_op.u.credit2.weight, 256);
    EXPECT_EQ(op.u.scheduler_op.u.credit2.cap, 0);
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    op.u.scheduler_op.u.credit2.weight = 512;
    EXPECT_EQ(call(XEN_DOMCTL_scheduler_op, 0), 0);
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    EXPECT_EQ(call(XEN_DOMCTL_scheduler_op, 0), 0);
    EXPECT_EQ(op.u.scheduler_op.u.credit2.weight, 512);
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    op.u.scheduler_op.u.credit2.weight = 256;
    EXPECT_EQ(call(XEN_DOMCTL_scheduler_op, 0), 0);
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_ARINC653;
    EXPECT_EQ(call(XEN_DOMCTL_scheduler_op, 0), -EINVAL);
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    op.u.scheduler_op.cmd = 77;
    EXPECT_EQ(call(XEN_DOMCTL_scheduler_op, 0), -EINVAL);
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putvcpuinfo;
    EXPECT_EQ(call(XEN_DOMCTL_scheduler_op, 0), -EINVAL);
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getvcpuinfo;
    EXPECT_EQ(call(XEN_DOMCTL_scheduler_op, 0), -EINVAL);
}

static long put_params(domid_t id, uint16_t weight, uint16_t cap)
{
    memset(&op, 0, sizeof(op));
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    op.u.scheduler_op.u.credit2.weight = weight;
    op.u.scheduler_op.u.credit2.cap = cap;
    return call(XEN_DOMCTL_scheduler_op, id);
}

static void expect_params(domid_t id, uint16_t weight, uint16_t cap)
{
    memset(&op, 0, sizeof(op));
    op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    EXPECT_EQ(call(XEN_DOMCTL_scheduler_op, id), 0);
    EXPECT_EQ(op.u.scheduler_op.u.credit2.weight, weight);
    EXPECT_EQ(op.u.scheduler_op.u.credit2.cap, cap);
}

/* A weight of 0 keeps it; a cap is at most 100 for each vCPU. */
TEST(scheduler_parameter_bounds)
{
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 3, 0), 0);
    EXPECT_EQ(put_params(id, 0, 1), -EINVAL); /* it has no vCPU yet */
    memset(&op, 0, sizeof(op));
    op.u.max_vcpus.max = 3;
    REQUIRE_EQ(call(XEN_DOMCTL_max_vcpus, id), 0);
    expect_params(id, 256, 0);
    EXPECT_EQ(put_params(id, 65535, 300), 0);
    expect_params(id, 65535, 300);
    EXPECT_EQ(put_params(id, 0, 1), 0);
    expect_params(id, 65535, 1);
    EXPECT_EQ(put_params(id, 0, 301), -EINVAL);
    EXPECT_EQ(put_params(id, 0, 0xffff), -EINVAL);
    expect_params(id, 65535, 1);
    EXPECT_EQ(put_params(id, 1, 0), 0);
    expect_params(id, 1, 0);
    EXPECT_EQ(child_destroy_id(id), 0);
}

TEST(page_frame_info)
{
    static xen_pfn_t frames[4];

    frames[0] = virt_to_mfn(pt_root);
    frames[1] = virt_to_mfn(frames);
    frames[2] = ~0ul >> 12;
    frames[3] = virt_to_mfn(pt_walk((unsigned long)frames, 1));
    memset(&op, 0, sizeof(op));
    op.u.getpageframeinfo3.num = 4;
    set_xen_guest_handle(op.u.getpageframeinfo3.array, frames);
    EXPECT_EQ(call(XEN_DOMCTL_getpageframeinfo3, 0), 0);
    EXPECT_EQ(frames[0] & XEN_DOMCTL_PFINFO_LTAB_MASK,
              XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB);
    EXPECT_EQ(frames[1] & XEN_DOMCTL_PFINFO_LTAB_MASK, XEN_DOMCTL_PFINFO_NOTAB);
    EXPECT_EQ(frames[2] & XEN_DOMCTL_PFINFO_LTAB_MASK, XEN_DOMCTL_PFINFO_XTAB);
    EXPECT_EQ(frames[3] & 0x70000000, XEN_DOMCTL_PFINFO_L1TAB);
    op.u.getpageframeinfo3.num = 5000;
    EXPECT_EQ(call(XEN_DOMCTL_getpageframeinfo3, 0), -E2BIG);
    op.u.getpageframeinfo3.num = 4;
    set_xen_guest_handle(op.u.getpageframeinfo3.array, BAD_POINTER);
    EXPECT_EQ(call(XEN_DOMCTL_getpageframeinfo3, 0), -EFAULT);
}

/* A domU may ask nothing of this, about anyone, itself included. */
ROLE(domctl)
{
    unsigned int allowed = 0;
    struct xen_sysctl s = { .cmd = XEN_SYSCTL_physinfo,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

    for (uint32_t cmd = 1; cmd < 92; cmd++) {
        for (unsigned int who = 0; who < 3; who++) {
            static const domid_t ids[] = { 0, DOMID_SELF, 1 };
            long rc = call_clean(cmd, ids[who]);

            if (rc >= 0) {
                printf("ALLOWED %u on %u: %ld\n", cmd, ids[who], rc);
                allowed++;
            }
        }
    }
    printf("REPORT allowed %u\n", allowed);
    printf("REPORT info %ld\n", call_clean(XEN_DOMCTL_getdomaininfo, 0));
    printf("REPORT create %ld\n", call_clean(XEN_DOMCTL_createdomain, 0));
    printf("REPORT pause %ld\n", call_clean(XEN_DOMCTL_pausedomain, 0));
    printf("REPORT unknown %ld\n", call_clean(1000, 0));
    printf("REPORT virq %ld\n", call_clean(XEN_DOMCTL_set_virq_handler, 0));
    op.cmd = XEN_DOMCTL_getdomaininfo;
    op.interface_version = 3;
    printf("REPORT version %ld\n", hv_domctl(&op));
    printf("REPORT sysctl %ld\n", hv_sysctl(&s));
    s.cmd = 1000;
    printf("REPORT nosysctl %ld\n", hv_sysctl(&s));
    return SHUTDOWN_poweroff;
}

TEST(from_domu)
{
    static const struct {
        const char *key;
        long want;
    } reports[] = {
        { "allowed", 0 },    { "info", -EPERM },    { "create", -EPERM },
        { "pause", -EPERM }, { "unknown", -EPERM }, { "version", -EACCES },
        { "virq", -EPERM },  { "sysctl", -EPERM },  { "nosysctl", -EPERM },
    };
    static struct child c;

    REQUIRE_EQ(child_run(&c, "role=domctl", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    for (unsigned int i = 0; i < ARRAY_SIZE(reports); i++) {
        long value = -999;

        if (!EXPECT(child_reported(&c, reports[i].key, &value)) ||
            !EXPECT_EQ(value, reports[i].want)) {
            printf("#    report %s\n", reports[i].key);
        }
    }
}

/* I17: domains made and destroyed at every stage of their life give everything back. */
TEST(no_leak)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=hello", .paused = true };
    long before = 0;
    domid_t id;

    for (unsigned int round = 0; round < 12; round++) {
        if (round == 2) {
            before = child_settle();
        }
        REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
        EXPECT_EQ(child_destroy_id(id), 0);
        REQUIRE_EQ(child_create(&c, &o), 0);
        EXPECT_EQ(child_destroy(&c), 0);
        EXPECT_EQ(child_run(&c, "role=hello", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
        time_sleep(5 * NSEC_PER_MSEC);
    }
    EXPECT(before > 0);
    if (!EXPECT(child_settles_to(before))) {
        printf("#    %ld pages fewer\n", before - child_settle());
    }
}

static long set_tsc(domid_t id, uint32_t mode, uint32_t khz)
{
    struct xen_domctl tsc;

    child_domctl_init(&tsc, XEN_DOMCTL_settscinfo, id);
    tsc.u.tsc_info.tsc_mode = mode;
    tsc.u.tsc_info.gtsc_khz = khz;
    tsc.u.tsc_info.incarnation = 7;
    return hv_domctl(&tsc);
}

/* Modes that every machine has: the hypervisor's choice, and never emulated. */
TEST(tsc_info)
{
    struct xen_domctl tsc;
    domid_t id;

    REQUIRE_EQ(child_create_empty(&id, 1, 0), 0);
    child_domctl_init(&tsc, XEN_DOMCTL_gettscinfo, id);
    EXPECT_EQ(hv_domctl(&tsc), 0);
    EXPECT_EQ(tsc.u.tsc_info.tsc_mode, 0);
    EXPECT(tsc.u.tsc_info.gtsc_khz > 1000);
    EXPECT_EQ(tsc.u.tsc_info.incarnation, 1);
    EXPECT_EQ(set_tsc(id, 2, 0), 0);
    EXPECT_EQ(hv_domctl(&tsc), 0);
    EXPECT_EQ(tsc.u.tsc_info.tsc_mode, 2);
    EXPECT_EQ(tsc.u.tsc_info.gtsc_khz, 0);
    EXPECT_EQ(tsc.u.tsc_info.incarnation, 8);
    EXPECT_EQ(set_tsc(id, 0, 0), 0);
    EXPECT_EQ(set_tsc(id, 3, 0), -EINVAL);
    EXPECT_EQ(set_tsc(id, ~0u, 0), -EINVAL);
    EXPECT_EQ(hv_domctl(&tsc), 0);
    EXPECT_EQ(tsc.u.tsc_info.tsc_mode, 0);
    EXPECT_EQ(set_tsc(0, 0, 0), -EINVAL);
    child_domctl_init(&tsc, XEN_DOMCTL_gettscinfo, 0);
    EXPECT_EQ(hv_domctl(&tsc), -EINVAL);
    EXPECT_EQ(child_destroy_id(id), 0);
}
