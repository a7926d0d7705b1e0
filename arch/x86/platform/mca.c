/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * do_mca: what the hardware domain may learn of machine checks: errors that the machine survived,
 * as records that are kept until they are acknowledged (cpu/mce-log.c), and its CPUs. No state, no
 * locks.
 */
#include <gen/hypercall-dispatch.h>
#include <hv/arch/host.h>
#include <hv/cpumask.h>
#include <hv/lib.h>
#include <public/arch-x86/xen-mca.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/topology.h>

/* Where it was found: of a look from time to time nobody knows who ran when it happened. */
static struct mcinfo_global where(const struct mce_error *e)
{
    struct mcinfo_global g = {
        .common = { .type = MC_TYPE_GLOBAL, .size = sizeof(g) },
        .mc_domid = DOMID_INVALID,
        .mc_vcpuid = XEN_MC_VCPUID_INVALID,
        .mc_core_threadid = (uint16_t)cpu_thread_in_core(e->cpu),
        .mc_apicid = cpu_apic_id[e->cpu],
        .mc_flags = e->flags,
        .mc_gstatus = e->mcg_status,
    };
    uint32_t core;

    arch_cpu_topology(e->cpu, &core, &g.mc_socketid);
    g.mc_coreid = (uint16_t)core;
    return g;
}

static struct mcinfo_bank what(const struct mce_error *e)
{
    return (struct mcinfo_bank){
        .common = { .type = MC_TYPE_BANK, .size = sizeof(struct mcinfo_bank) },
        .mc_bank = e->bank,
        .mc_domid = DOMID_INVALID,
        .mc_status = e->status,
        .mc_addr = e->addr,
        .mc_misc = e->misc,
        .mc_ctrl2 = e->ctl2,
        .mc_tsc = e->tsc,
    };
}

/* The oldest error of a kind that was not acknowledged yet, as records. */
static long give(struct xen_mc_fetch *f, bool urgent)
{
    struct mc_info info = { .mi_nentries = 2 };
    struct mcinfo_global g;
    struct mcinfo_bank b;
    struct mce_error e;

    if (guest_ptr_is_null(guest_handle(f->data))) {
        return -EINVAL;
    }
    if (!mce_log_oldest(urgent, &e)) {
        f->flags = XEN_MC_NODATA;
        f->fetch_id = 0;
        return 0;
    }
    g = where(&e);
    b = what(&e);
    memcpy(info.mi_data, &g, sizeof(g));
    memcpy((uint8_t *)info.mi_data + sizeof(g), &b, sizeof(b));
    if (copy_to_guest(guest_handle(f->data), &info, sizeof(info))) {
        return -EFAULT;
    }
    f->flags = XEN_MC_OK;
    f->fetch_id = e.id;
    return 0;
}

static long fetch(struct xen_mc_fetch *f)
{
    uint32_t kind = f->flags & (XEN_MC_NONURGENT | XEN_MC_URGENT);

    if (kind != XEN_MC_NONURGENT && kind != XEN_MC_URGENT) {
        return -EINVAL;
    }
    if (f->flags & XEN_MC_ACK) {
        mce_log_done(kind == XEN_MC_URGENT, f->fetch_id);
        return 0;
    }
    return give(f, kind == XEN_MC_URGENT);
}

/* All CPUs are alike but for their ids. */
static void describe_kind(struct mcinfo_logical_cpu *c)
{
    static const uint8_t caps[MC_NCAPS] = { FEATURE_1_EDX,  FEATURE_1_ECX,  FEATURE_E1_EDX,
                                            FEATURE_E1_ECX, FEATURE_D1_EAX, FEATURE_7_EBX,
                                            FEATURE_7_ECX };
    uint64_t cap;

    c->mc_ncores = c->mc_ncores_active = cpu_cores_per_socket();
    c->mc_nthreads = cpu_threads_per_core();
    c->mc_cpuid_level = (int32_t)cpuid(0, 0).eax;
    cpu_vendor_id(c->mc_vendorid);
    cpu_signature(&c->mc_family, &c->mc_model, &c->mc_step);
    if (cpuid(0x80000000U, 0).eax >= 0x80000004U) {
        for (unsigned int i = 0; i < 3; i++) {
            struct cpuid_regs r = cpuid(0x80000002U + i, 0);

            memcpy(c->mc_brandid + 16 * i, &r, sizeof(r));
        }
    }
    for (unsigned int i = 0; i < MC_NCAPS; i++) {
        c->mc_cpu_caps[i] = cpu_features[caps[i]];
    }
    c->mc_cache_alignment = (cpuid(1, 0).ebx >> 8 & 0xff) * 8;
    if (cpu_has(X86_FEATURE_MCA) && !rdmsr_safe(MSR_MCG_CAP, &cap)) {
        c->mc_nmsrvals = 1;
        c->mc_msrvalues[0].reg = MSR_MCG_CAP;
        c->mc_msrvalues[0].value = cap;
    }
}

/* As many as there are and fit; the number is given back in any case. */
static long physcpuinfo(struct xen_mc_physcpuinfo *p)
{
    struct mcinfo_logical_cpu one = { 0 };
    uint32_t room = p->ncpus, done = 0, core;
    unsigned int cpu;

    if (guest_ptr_is_null(guest_handle(p->info))) {
        p->ncpus = cpumask_weight(&cpu_online_map);
        return 0;
    }
    if (!room) {
        return -EINVAL;
    }
    describe_kind(&one);
    for_each_online_cpu (cpu) {
        if (done == room) {
            break;
        }
        arch_cpu_topology(cpu, &core, &one.mc_chipid);
        one.mc_cpunr = cpu;
        one.mc_coreid = (uint16_t)core;
        one.mc_threadid = (uint16_t)cpu_thread_in_core(cpu);
        one.mc_apicid = cpu_apic_id[cpu];
        if (copy_to_guest_elem(guest_handle(p->info), done, &one)) {
            return -EFAULT;
        }
        done++;
    }
    p->ncpus = done;
    return 0;
}

long do_arch_0(guest_ptr_t arg)
{
    struct xen_mc op;
    long rc;

    if (copy_from_guest(&op, arg, sizeof(op))) {
        return -EFAULT;
    }
    if (op.interface_version != XEN_MCA_INTERFACE_VERSION) {
        return -EACCES;
    }
    switch (op.cmd) {
    case XEN_MC_fetch:
        rc = fetch(&op.u.mc_fetch);
        break;
    case XEN_MC_physcpuinfo:
        rc = physcpuinfo(&op.u.mc_physcpuinfo);
        break;
    case XEN_MC_msrinject:
    case XEN_MC_mceinject:
        return -EOPNOTSUPP; /* errors are not made on request */
    default:
        return -EINVAL;
    }
    if (!rc && copy_to_guest(arg, &op, sizeof(op))) {
        rc = -EFAULT;
    }
    return rc;
}
