/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segment selectors and bases of PV vCPUs. While a vCPU is current they are in the CPU; the GS base
 * of the mode that it is not in waits in MSR_KERNEL_GS_BASE, where swapgs finds it. No locks.
 */
#include <hv/lib.h>
#include <asm/guest-segment.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/state.h>

/* CR4.FSGSBASE on this CPU is as v's kernel has it. */
static bool has_fsgsbase(const struct vcpu *v)
{
    return v->arch.pv.ctrlreg[4] & CR4_FSGSBASE;
}

static unsigned long read_fs_base(const struct vcpu *v)
{
    unsigned long base;

    if (!has_fsgsbase(v)) {
        return rdmsr(MSR_FS_BASE);
    }
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

static unsigned long read_gs_base(const struct vcpu *v)
{
    unsigned long base;

    if (!has_fsgsbase(v)) {
        return rdmsr(MSR_GS_BASE);
    }
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

static void write_fs_base(const struct vcpu *v, unsigned long base)
{
    if (!has_fsgsbase(v)) {
        wrmsr(MSR_FS_BASE, base);
    } else {
        __asm__ volatile("wrfsbase %0" : : "r"(base));
    }
}

static void write_gs_base(const struct vcpu *v, unsigned long base)
{
    if (!has_fsgsbase(v)) {
        wrmsr(MSR_GS_BASE, base);
    } else {
        __asm__ volatile("wrgsbase %0" : : "r"(base));
    }
}

unsigned long current_gs_base(const struct vcpu *v, bool kernel)
{
    return kernel == guest_kernel_mode(v) ? read_gs_base(v) : rdmsr(MSR_KERNEL_GS_BASE);
}

void set_current_gs_base(struct vcpu *v, bool kernel, unsigned long base)
{
    if (kernel == guest_kernel_mode(v)) {
        write_gs_base(v, base);
    } else {
        wrmsr(MSR_KERNEL_GS_BASE, base);
    }
}

void segments_save(struct vcpu *v)
{
    struct cpu_user_regs *regs = &v->arch.user_regs;
    struct pv_vcpu *pv = &v->arch.pv;
    unsigned long active = read_gs_base(v), inactive = rdmsr(MSR_KERNEL_GS_BASE);

    regs->ds = READ_SEG(ds);
    regs->es = READ_SEG(es);
    regs->fs = READ_SEG(fs);
    regs->gs = READ_SEG(gs);
    pv->fs_base = read_fs_base(v);
    pv->gs_base_kernel = guest_kernel_mode(v) ? active : inactive;
    pv->gs_base_user = guest_kernel_mode(v) ? inactive : active;
}

bool segments_load(struct vcpu *v)
{
    const struct cpu_user_regs *regs = &v->arch.user_regs;
    const struct pv_vcpu *pv = &v->arch.pv;
    bool kernel = guest_kernel_mode(v), refused = false;

    /* A null selector in place is the common case, and loading costs a descriptor read. */
    if (regs->ds | READ_SEG(ds)) {
        refused |= LOAD_GUEST_SEG(v, ds, regs->ds);
    }
    if (regs->es | READ_SEG(es)) {
        refused |= LOAD_GUEST_SEG(v, es, regs->es);
    }
    if (regs->fs | READ_SEG(fs)) {
        refused |= LOAD_GUEST_SEG(v, fs, regs->fs);
    }
    if (regs->gs | READ_SEG(gs)) {
        refused |= LOAD_GUEST_SEG(v, gs, regs->gs);
    }
    /*
     * Bases last and whatever the selectors are: loading one overwrites the base, and what the vCPU
     * had need not have come from its selector.
     */
    write_fs_base(v, pv->fs_base);
    wrmsr(MSR_KERNEL_GS_BASE, kernel ? pv->gs_base_user : pv->gs_base_kernel);
    write_gs_base(v, kernel ? pv->gs_base_kernel : pv->gs_base_user);
    return !refused;
}
