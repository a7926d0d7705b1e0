/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * do_mca: what dom0 may ask of machine checks, and a role that tells what it is told of them. The
 * errors themselves are made from outside of the machine: tests/ladder/mca.py.
 */
#define SUITE "mca"
#include "test.h"
#include <guest/shutdown.h>
#include "child.h"
#include <public/arch-x86/xen-mca.h>

static struct xen_mc mc;
static mc_info_t info;

static long mca(uint32_t cmd)
{
    mc.cmd = cmd;
    mc.interface_version = XEN_MCA_INTERFACE_VERSION;
    return hypercall1(__HYPERVISOR_mca, &mc);
}

static long fetch(uint32_t flags)
{
    memset(&mc, 0, sizeof(mc));
    memset(&info, 0xa5, sizeof(info));
    mc.u.mc_fetch.flags = flags;
    set_xen_guest_handle(mc.u.mc_fetch.data, &info);
    return mca(XEN_MC_fetch);
}

static long acknowledge(uint32_t flags, uint64_t id)
{
    memset(&mc, 0, sizeof(mc));
    mc.u.mc_fetch.flags = flags | XEN_MC_ACK;
    mc.u.mc_fetch.fetch_id = id;
    return mca(XEN_MC_fetch);
}

TEST(machine_checks)
{
    static struct mcinfo_logical_cpu cpus[8];

    memset(&mc, 0, sizeof(mc));
    EXPECT_EQ(hypercall1(__HYPERVISOR_arch_0, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hypercall1(__HYPERVISOR_mca, &mc), -EACCES);
    EXPECT_EQ(mca(0), -EINVAL);
    EXPECT_EQ(mca(77), -EINVAL);
    EXPECT_EQ(mca(XEN_MC_notifydomain), -EINVAL);
    mc.u.mc_fetch.flags = XEN_MC_NONURGENT;
    EXPECT_EQ(mca(XEN_MC_fetch), -EINVAL); /* nowhere to put it */
    set_xen_guest_handle(mc.u.mc_fetch.data, &info);
    EXPECT_EQ(mca(XEN_MC_fetch), 0);
    EXPECT_EQ(mc.u.mc_fetch.flags, XEN_MC_NODATA);
    mc.u.mc_fetch.flags = XEN_MC_NONURGENT | XEN_MC_ACK;
    EXPECT_EQ(mca(XEN_MC_fetch), 0);
    EXPECT_EQ(mc.u.mc_fetch.flags, XEN_MC_NONURGENT | XEN_MC_ACK);
    mc.u.mc_fetch.flags = XEN_MC_ACK;
    EXPECT_EQ(mca(XEN_MC_fetch), -EINVAL);
    mc.u.mc_fetch.flags = XEN_MC_NONURGENT | 8; /* what it does not know */
    EXPECT_EQ(mca(XEN_MC_fetch), 0);

    memset(&mc, 0, sizeof(mc));
    EXPECT_EQ(mca(XEN_MC_physcpuinfo), 0);
    EXPECT(mc.u.mc_physcpuinfo.ncpus >= 1);
    mc.u.mc_physcpuinfo.ncpus = ARRAY_SIZE(cpus);
    set_xen_guest_handle(mc.u.mc_physcpuinfo.info, cpus);
    EXPECT_EQ(mca(XEN_MC_physcpuinfo), 0);
    EXPECT_EQ(cpus[0].mc_cpunr, 0);
    EXPECT_EQ(cpus[0].mc_apicid, 0);
    EXPECT_EQ(cpus[0].mc_nmsrvals, 1);
    EXPECT_EQ(cpus[0].mc_msrvalues[0].reg, 0x179);
    EXPECT(cpus[0].mc_family >= 6);
    set_xen_guest_handle(mc.u.mc_physcpuinfo.info, (struct mcinfo_logical_cpu *)BAD_POINTER);
    EXPECT_EQ(mca(XEN_MC_physcpuinfo), -EFAULT);
}

static void tell_global(const struct mcinfo_global *g)
{
    printf("MCA global size %u dom %x vcpu %x socket %u core %u thread %u apic %u flags %x status "
           "%lx\n",
           g->common.size, g->mc_domid, g->mc_vcpuid, g->mc_socketid, g->mc_coreid,
           g->mc_core_threadid, g->mc_apicid, g->mc_flags, g->mc_gstatus);
}

static void tell_bank(const struct mcinfo_bank *b)
{
    printf("MCA bank %u size %u dom %x status %lx addr %lx misc %lx ctrl2 %lx tsc %s\n", b->mc_bank,
           b->common.size, b->mc_domid, b->mc_status, b->mc_addr, b->mc_misc, b->mc_ctrl2,
           b->mc_tsc ? "set" : "none");
}

static void tell_records(void)
{
    struct mcinfo_common *c = x86_mcinfo_first(&info);

    printf("MCA records %u flags %x\n", info.mi_nentries, info.flags);
    for (uint32_t i = 0; i < info.mi_nentries; i++) {
        if (c->type == MC_TYPE_GLOBAL) {
            tell_global((void *)c);
        } else if (c->type == MC_TYPE_BANK) {
            tell_bank((void *)c);
        } else {
            printf("MCA type %u size %u\n", c->type, c->size);
        }
        c = x86_mcinfo_next(c);
    }
}

/* Fetches all there is of a kind. Until it is acknowledged an error stays the oldest. */
static void take(const char *kind, uint32_t flags)
{
    while (!fetch(flags) && mc.u.mc_fetch.flags == XEN_MC_OK) {
        uint64_t id = mc.u.mc_fetch.fetch_id;
        bool same;

        printf("MCA %s\n", kind);
        tell_records();
        same = !acknowledge(flags, id + 1) && !fetch(flags) && mc.u.mc_fetch.fetch_id == id;
        same = same && !acknowledge(flags ^ (XEN_MC_URGENT | XEN_MC_NONURGENT), id) &&
               !fetch(flags) && mc.u.mc_fetch.fetch_id == id;
        printf("MCA %s\n", same ? "kept" : "lost");
        acknowledge(flags, id);
    }
}

static volatile unsigned int told;

static void virq_mca(evtchn_port_t port __attribute__((unused)), void *arg __attribute__((unused)))
{
    told++;
}

static void machine_check(void)
{
    guest_shutdown(SHUTDOWN_crash);
}

/* 4.17 tells a dom0 of errors that has a handler for its own. */
static const struct trap_info handler[] = {
    { TRAP_MC, 0, FLAT_KERNEL_CS, (unsigned long)machine_check },
    { 0 },
};

ROLE(mca)
{
    evtchn_port_t port;
    unsigned int seen = 0;

    if (hv_set_trap_table(handler) || event_bind_virq(VIRQ_MCA, 0, &port)) {
        return SHUTDOWN_crash;
    }
    event_set_handler(port, virq_mca, NULL);
    event_unmask(port);
    printf("MCA ready\n");
    for (;;) {
        events_mask();
        if (told == seen) {
            hv_sched_op(SCHEDOP_block, NULL); /* unmasks them */
        }
        events_unmask();
        while (told != seen) {
            seen++;
            take("urgent", XEN_MC_URGENT);
            take("nonurgent", XEN_MC_NONURGENT);
            printf("MCA done\n");
        }
    }
}
