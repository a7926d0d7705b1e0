/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small hypercalls by which a PV kernel sets its vCPU's own processor state: kernel stack,
 * CR0.TS, segment bases. Each acts on the current vCPU only; no locks.
 */
#include <hv/guest-access.h>
#include <hv/percpu.h>
#include <asm/cpu-policy.h>
#include <asm/cpufeature.h>
#include <asm/guest-segment.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/state.h>
#include <gen/hypercall-dispatch.h>

static bool is_canonical(unsigned long va)
{
    return (unsigned long)((long)(va << 16) >> 16) == va;
}

long do_stack_switch(unsigned long ss, unsigned long esp)
{
    struct vcpu *v = current;

    v->arch.pv.kernel_ss = (uint16_t)ss | 3;
    v->arch.pv.kernel_sp = esp;
    return 0;
}

long do_fpu_taskswitch(int set)
{
    struct vcpu *v = current;

    if (set) {
        v->arch.pv.ctrlreg[0] |= CR0_TS;
        write_cr0(read_cr0() | CR0_TS);
    } else {
        v->arch.pv.ctrlreg[0] &= ~(unsigned long)CR0_TS;
        clts();
    }
    return 0;
}

long do_set_segment_base(unsigned int which, unsigned long base)
{
    struct vcpu *v = current;
    uint16_t sel;

    switch (which) {
    case SEGBASE_FS:
        if (!is_canonical(base)) {
            return -EINVAL;
        }
        wrmsr(MSR_FS_BASE, base);
        return 0;
    case SEGBASE_GS_USER:
        if (!is_canonical(base)) {
            return -EINVAL;
        }
        set_current_gs_base(v, false, base);
        return 0;
    case SEGBASE_GS_KERNEL:
        if (!is_canonical(base)) {
            return -EINVAL;
        }
        set_current_gs_base(v, true, base);
        return 0;
    case SEGBASE_GS_USER_SEL:
        /* The load sets the active base, so user mode's is made the active one meanwhile. */
        sel = pv_fixup_guest_selector((uint16_t)base);
        __asm__ volatile("swapgs");
        (void)LOAD_GUEST_SEG(v, gs, sel);
        __asm__ volatile("mfence; swapgs");
        return 0;
    default:
        return -EINVAL;
    }
}

/* CR4 bits that the CPU has as the vCPU's kernel has them; the rest are the host's. */
#define CR4_AS_GUEST (CR4_FSGSBASE | CR4_TSD)

unsigned long pv_cr4_may_set(const struct domain *d)
{
    unsigned long may_set = CR4_TSD | CR4_DE | CR4_OSXSAVE;

    if (cpu_policy_bits(d->arch.cpu_policy, X86_FEATURE_FSGSBASE / 32) >>
            (X86_FEATURE_FSGSBASE % 32) &
        1) {
        may_set |= CR4_FSGSBASE;
    }
    return may_set;
}

void pv_load_cr4(const struct vcpu *v)
{
    unsigned long cr4 = host_cr4 | (v->arch.pv.ctrlreg[4] & CR4_AS_GUEST);

    if (unlikely(this_cpu(cpu_cr4) != cr4)) {
        this_cpu(cpu_cr4) = cr4;
        write_cr4(cr4);
    }
}
