/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small hypercalls by which a PV kernel sets its vCPU's own processor state: kernel stack,
 * CR0.TS, debug registers, segment bases. Each acts on the current vCPU only; no locks.
 */
#include <hv/guest-access.h>
#include <hv/nospec.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/segment.h>
#include <asm/state.h>
#include <gen/hypercall-dispatch.h>

#define DR_ADDR_REGS 4
#define DR6_RESERVED 0xffff0ff0UL /* read as one */
#define DR6_ZERO     (1UL << 12)
#define DR7_RESERVED 0x00000400UL
#define DR7_ZERO     0xdc00UL
#define DR7_GD       0x2000UL
#define DR7_ENABLED  0xffUL

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
        __asm__ volatile("swapgs");
        (void)LOAD_SEG(gs, pv_fixup_guest_selector((uint16_t)base));
        __asm__ volatile("mfence; swapgs");
        return 0;
    default:
        return -EINVAL;
    }
}

/* Breakpoint kinds and lengths in a DR7: only what hardware has, never I/O without CR4.DE. */
static bool dr7_breakpoints_valid(const struct vcpu *v, unsigned long dr7)
{
    for (unsigned int i = 0; i < DR_ADDR_REGS; i++) {
        unsigned int field = (dr7 >> (16 + 4 * i)) & 0xf;
        unsigned int kind = field & 3, len = field >> 2;

        if (kind == 0 && len != 0) {
            return false;
        }
        if (kind == 2 && !(v->arch.pv.ctrlreg[4] & CR4_DE)) {
            return false;
        }
    }
    return true;
}

void pv_load_debugregs(const struct vcpu *v)
{
    const unsigned long *dr = v->arch.pv.dr;

    __asm__ volatile("mov %0, %%db0" : : "r"(dr[0]));
    __asm__ volatile("mov %0, %%db1" : : "r"(dr[1]));
    __asm__ volatile("mov %0, %%db2" : : "r"(dr[2]));
    __asm__ volatile("mov %0, %%db3" : : "r"(dr[3]));
    __asm__ volatile("mov %0, %%db6" : : "r"(dr[6]));
    __asm__ volatile("mov %0, %%db7" : : "r"(dr[7]));
}

static long set_dr7(struct vcpu *v, unsigned long value)
{
    if (value >> 32) {
        return -EINVAL;
    }
    value &= ~DR7_ZERO;
    value |= DR7_RESERVED;
    if (value & DR7_GD) {
        return -EPERM;
    }
    if ((value & DR7_ENABLED) && !dr7_breakpoints_valid(v, value)) {
        return -EPERM;
    }
    v->arch.pv.dr[7] = value;
    return 0;
}

long pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value)
{
    unsigned long *dr = v->arch.pv.dr;
    long rc = 0;

    if ((reg == 4 || reg == 5) && !(v->arch.pv.ctrlreg[4] & CR4_DE)) {
        reg += 2;
    }
    switch (reg) {
    case 0:
    case 1:
    case 2:
    case 3:
        /* A breakpoint on the hypervisor would fire inside it. */
        if (!guest_access_ok(guest_ptr(value), 1) || !is_canonical(value)) {
            return -EPERM;
        }
        dr[array_index_nospec(reg, DR_ADDR_REGS)] = value;
        break;
    case 6:
        if (value >> 32) {
            return -EINVAL;
        }
        dr[6] = (value & ~DR6_ZERO) | DR6_RESERVED;
        break;
    case 7:
        rc = set_dr7(v, value);
        break;
    default:
        return -ENODEV;
    }
    if (!rc && v == current) {
        pv_load_debugregs(v);
    }
    return rc;
}

long do_set_debugreg(int reg, unsigned long value)
{
    return pv_set_debugreg(current, (unsigned int)reg, value);
}

long do_get_debugreg(int reg)
{
    const struct vcpu *v = current;
    unsigned int nr = (unsigned int)reg;

    if ((nr == 4 || nr == 5) && !(v->arch.pv.ctrlreg[4] & CR4_DE)) {
        nr += 2;
    }
    if (nr > 7 || nr == 4 || nr == 5) {
        return -ENODEV;
    }
    return (long)v->arch.pv.dr[array_index_nospec(nr, 8)];
}
