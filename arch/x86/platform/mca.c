/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * do_mca: what the hardware domain may learn of machine checks. An uncorrected error stops the
 * machine; corrected ones are not collected, so there is never anything to fetch. No state, no
 * locks.
 */
#include <gen/hypercall-dispatch.h>
#include <hv/arch/host.h>
#include <hv/cpumask.h>
#include <hv/lib.h>
#include <public/arch-x86/xen-mca.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/topology.h>

#define MSR_MCG_CAP 0x179U

/* A request for records, or the end of one: there are none, and none was handed out. */
static long fetch(struct xen_mc_fetch *f)
{
    switch (f->flags & (XEN_MC_NONURGENT | XEN_MC_URGENT | XEN_MC_ACK)) {
    case XEN_MC_NONURGENT:
    case XEN_MC_URGENT:
        if (guest_ptr_is_null(guest_handle(f->data))) {
            return -EINVAL;
        }
        f->flags = XEN_MC_NODATA;
        f->fetch_id = 0;
        return 0;
    case XEN_MC_NONURGENT | XEN_MC_ACK:
    case XEN_MC_URGENT | XEN_MC_ACK:
        return 0;
    default:
        return -EINVAL;
    }
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
