/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segment selectors and bases of PV vCPUs. While a vCPU is current they are in the CPU; the GS base
 * of the mode that it is not in waits in MSR_KERNEL_GS_BASE, where swapgs finds it. No locks.
 */
#include <hv/lib.h>
#include <asm/cpufeature.h>
#include <asm/pv.h>
#include <asm/segment.h>
#include <asm/state.h>

static unsigned long read_fs_base(void)
{
    unsigned long base;

    if (!cpu_has(X86_FEATURE_FSGSBASE)) {
        return rdmsr(MSR_FS_BASE);
    }
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

static unsigned long read_gs_base(void)
{
    unsigned long base;

    if (!cpu_has(X86_FEATURE_FSGSBASE)) {
        return rdmsr(MSR_GS_BASE);
    }
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

static void write_fs_base(unsigned long base)
{
    if (!cpu_has(X86_FEATURE_FSGSBASE)) {
        wrmsr(MSR_FS_BASE, base);
    } else {
        __asm__ volatile("wrfsbase %0" : : "r"(base));
    }
}

static void write_gs_base(unsigned long base)
{
    if (!cpu_has(X86_FEATURE_FSGSBASE)) {
        wrmsr(MSR_GS_BASE, base);
    } else {
        __asm__ volatile("wrgsbase %0" : : "r"(base));
    }
}

unsigned long current_gs_base(const struct vcpu *v, bool kernel)
{
    return kernel == guest_kernel_mode(v) ? read_gs_base() : rdmsr(MSR_KERNEL_GS_BASE);
}

void set_current_gs_base(struct vcpu *v, bool kernel, unsigned long base)
{
    if (kernel == guest_kernel_mode(v)) {
        write_gs_base(base);
    } else {
        wrmsr(MSR_KERNEL_GS_BASE, base);
    }
}

void segments_save(struct vcpu *v)
{
    struct cpu_user_regs *regs = &v->arch.user_regs;
    struct pv_vcpu *pv = &v->arch.pv;
    unsigned long active = read_gs_base(), inactive = rdmsr(MSR_KERNEL_GS_BASE);

    regs->ds = READ_SEG(ds);
    regs->es = READ_SEG(es);
    regs->fs = READ_SEG(fs);
    regs->gs = READ_SEG(gs);
    pv->fs_base = read_fs_base();
    pv->gs_base_kernel = guest_kernel_mode(v) ? active : inactive;
    pv->gs_base_user = guest_kernel_mode(v) ? inactive : active;
}

bool segments_load(struct vcpu *v)
{
    const struct cpu_user_regs *regs = &v->arch.user_regs;
    const struct pv_vcpu *pv = &v->arch.pv;
    bool kernel = guest_kernel_mode(v);
    uint16_t fs = regs->fs, gs = regs->gs;
    unsigned long gs_base_user;
    bool refused = false;

    /* A null selector in place is the common case, and loading costs a descriptor read. */
    if (regs->ds | READ_SEG(ds)) {
        refused |= LOAD_SEG(ds, regs->ds);
    }
    if (regs->es | READ_SEG(es)) {
        refused |= LOAD_SEG(es, regs->es);
    }
    /* Selectors first: loading one may overwrite the base. One that is refused leaves a null one,
     * and a base that may still be another vCPU's. */
    if ((fs | READ_SEG(fs)) && LOAD_SEG(fs, fs)) {
        refused = true;
        fs = 0;
    }
    if ((gs | READ_SEG(gs)) && LOAD_SEG(gs, gs)) {
        refused = true;
        gs = 0;
    }
    /* A selector outside the flat ones brings its own base, as on hardware. */
    if (!(fs & ~3)) {
        write_fs_base(pv->fs_base);
    }
    /* GS's is user mode's, and so is what it brings: a kernel sets user mode's selector while its
     * own base is the active one. */
    gs_base_user = gs & ~3 ? read_gs_base() : pv->gs_base_user;
    wrmsr(MSR_KERNEL_GS_BASE, kernel ? gs_base_user : pv->gs_base_kernel);
    write_gs_base(kernel ? pv->gs_base_kernel : gs_base_user);
    return !refused;
}
