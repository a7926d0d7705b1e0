/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entering a PV guest's kernel: for its exceptions, system calls, event upcalls and NMIs.
 *
 * A bounce writes a frame to the guest kernel's stack and points the saved registers at its
 * handler. Frame, from low to high addresses (8 bytes each): rcx, r11, [ds, es, fs, gs,] [error
 * code,] rip, cs with the upcall mask in bits 32-39, rflags, rsp, ss. rcx and r11 are there because
 * the hypervisor enters the kernel by SYSRET. The virtual interrupt flag is the inverse of the
 * vCPU's upcall mask.
 *
 * Everything runs on the current vCPU; no locks.
 */
#include <hv/guest-access.h>
#include <asm/extable.h>
#include <asm/pv.h>
#include <asm/smap.h>

#include "mode.h"

/* Stores one word of the frame, or goes to `fault`. */
#define PUT_WORD(at, val, fault)                                                                   \
    __asm__ goto("1: mov %0, %1\n" EX_TABLE("1b", "%l2")                                           \
                 :                                                                                 \
                 : "r"((unsigned long)(val)), "m"(at)                                              \
                 : "memory"                                                                        \
                 : fault)

#define GUEST_RFLAGS_KEPT                                                                          \
    ~(unsigned long)(X86_EFLAGS_AC | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_TF)

static inline uint16_t read_ds(void)
{
    uint16_t s;

    __asm__ volatile("mov %%ds, %0" : "=r"(s));
    return s;
}
static inline uint16_t read_es(void)
{
    uint16_t s;

    __asm__ volatile("mov %%es, %0" : "=r"(s));
    return s;
}
static inline uint16_t read_fs(void)
{
    uint16_t s;

    __asm__ volatile("mov %%fs, %0" : "=r"(s));
    return s;
}
static inline uint16_t read_gs(void)
{
    uint16_t s;

    __asm__ volatile("mov %%gs, %0" : "=r"(s));
    return s;
}

/* Whether it was in kernel mode; now it is. Comes first, so that little has to outlive it. */
static always_inline bool leave_user_mode(struct vcpu *v)
{
    if (guest_kernel_mode(v)) {
        return true;
    }
    pv_enter_kernel(v);
    return false;
}

/* Inlined into each way in, where most of what *b says is constant. v is in kernel mode already. */
static always_inline void bounce(struct vcpu *v, struct cpu_user_regs *regs,
                                 const struct pv_bounce *b, bool from_kernel)
{
    struct vcpu_info *vi;
    unsigned long old_rsp, rsp, rflags, cs;
    unsigned long *top, *p;
    uint8_t mask;

    if (unlikely(b->rip == 0)) {
        domain_crash(v->domain, "no handler registered for what the guest was to be told");
        return;
    }

    vi = v->vcpu_info;
    mask = READ_ONCE(vi->evtchn_upcall_mask);
    if (b->disable_events) {
        WRITE_ONCE(vi->evtchn_upcall_mask, 1);
    }
    cs = regs->cs;
    old_rsp = regs->rsp;
    rsp = v->arch.pv.kernel_sp;
    if (from_kernel) {
        rsp = old_rsp;
        cs &= ~3UL;
    }
    cs |= (unsigned long)mask << 32;

    rflags = regs->rflags & ~(unsigned long)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);
    if (!mask) {
        rflags |= X86_EFLAGS_IF;
    }
    if (v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl)) {
        rflags |= (unsigned long)v->arch.pv.iopl << 12;
    }

    rsp &= ~15UL;
    /* The frame is at most 12 words below rsp; none of them may be hypervisor space. */
    if (unlikely(rsp - 1 - HYPERVISOR_START < HYPERVISOR_END + 128 - HYPERVISOR_START)) {
        goto fault;
    }
    top = (unsigned long *)rsp;
    p = top - 7 - (b->has_error_code ? 1 : 0) - (b->failsafe ? 4 : 0);

    stac();
    PUT_WORD(top[-1], regs->ss, fault_clac);
    PUT_WORD(top[-2], old_rsp, fault_clac);
    PUT_WORD(top[-3], rflags, fault_clac);
    PUT_WORD(top[-4], cs, fault_clac);
    PUT_WORD(top[-5], regs->rip, fault_clac);
    if (b->has_error_code) {
        PUT_WORD(top[-6], b->error_code, fault_clac);
    }
    if (unlikely(b->failsafe)) {
        PUT_WORD(p[5], read_gs(), fault_clac);
        PUT_WORD(p[4], read_fs(), fault_clac);
        PUT_WORD(p[3], read_es(), fault_clac);
        PUT_WORD(p[2], read_ds(), fault_clac);
    }
    PUT_WORD(p[1], regs->r11, fault_clac);
    PUT_WORD(p[0], regs->rcx, fault_clac);
    clac();

    regs->entry_vector |= TRAP_syscall;
    regs->rip = b->rip;
    regs->cs = b->cs;
    regs->rflags &= GUEST_RFLAGS_KEPT;
    regs->rsp = (unsigned long)p;
    regs->ss = FLAT_KERNEL_SS;
    if (!from_kernel) {
        pv_kernel_entered(v);
    }
    return;

fault_clac:
    clac();
fault:
    domain_crash(v->domain, "cannot write to the guest kernel's stack");
}

void pv_bounce(struct vcpu *v, struct cpu_user_regs *regs, const struct pv_bounce *b)
{
    bounce(v, regs, b, leave_user_mode(v));
}

void pv_inject_trap(struct vcpu *v, struct cpu_user_regs *regs, unsigned int vector,
                    int32_t error_code)
{
    bool from_kernel = leave_user_mode(v);
    const struct trap_info *ti = &v->arch.pv.trap_ctxt[vector];
    const struct pv_bounce b = {
        .rip = ti->address,
        .cs = ti->cs,
        .has_error_code = error_code != PV_NO_ERROR_CODE,
        .error_code = (uint32_t)error_code,
        .disable_events = TI_GET_IF(ti),
    };

    bounce(v, regs, &b, from_kernel);
}

void pv_inject_page_fault(struct vcpu *v, struct cpu_user_regs *regs, unsigned long addr,
                          uint32_t error_code)
{
    bool from_kernel = leave_user_mode(v);
    const struct trap_info *ti = &v->arch.pv.trap_ctxt[TRAP_PF];
    const struct pv_bounce b = {
        .rip = ti->address,
        .cs = ti->cs,
        .has_error_code = true,
        /* Both modes run in ring 3: the U bit says which of the two it was. */
        .error_code = from_kernel ? error_code & ~4U : error_code | 4U,
        .disable_events = TI_GET_IF(ti),
    };

    v->arch.pv.ctrlreg[2] = addr;
    v->vcpu_info->arch.cr2 = addr;
    bounce(v, regs, &b, from_kernel);
}

bool pv_inject_sw_interrupt(struct vcpu *v, struct cpu_user_regs *regs, unsigned int vector)
{
    const struct trap_info *ti = &v->arch.pv.trap_ctxt[vector];
    unsigned int level = guest_kernel_mode(v) ? 1 : 3;

    if (TI_GET_DPL(ti) < level) {
        return false;
    }
    pv_inject_trap(v, regs, vector, PV_NO_ERROR_CODE);
    return true;
}

void pv_deliver_upcall(struct vcpu *v)
{
    bool from_kernel = leave_user_mode(v);
    const struct pv_bounce b = {
        .rip = v->arch.pv.event_callback_eip,
        .cs = FLAT_KERNEL_CS,
        .disable_events = true,
    };

    bounce(v, guest_cpu_user_regs(), &b, from_kernel);
}

void pv_deliver_nmi(struct vcpu *v)
{
    if (v->arch.nmi_masked || v->arch.pv.trap_ctxt[TRAP_NMI].address == 0) {
        return;
    }
    v->nmi_pending = false;
    v->arch.nmi_masked = true;
    pv_inject_trap(v, guest_cpu_user_regs(), TRAP_NMI, PV_NO_ERROR_CODE);
}

/* Only user mode comes here: the entry path has looked. */
void pv_syscall_bounce(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct pv_bounce b;

    pv_enter_kernel(v);
    b = (struct pv_bounce){
        .rip = v->arch.pv.syscall_callback_eip,
        .cs = FLAT_KERNEL_CS,
        .disable_events = v->arch.pv.vgc_flags & VGCF_syscall_disables_events,
    };

    bounce(v, regs, &b, false);
}

void pv_syscall32_bounce(struct vcpu *v, struct cpu_user_regs *regs)
{
    const struct pv_bounce b = {
        .rip = v->arch.pv.syscall32_callback_eip,
        .cs = FLAT_KERNEL_CS,
        .disable_events = v->arch.pv.syscall32_disables_events,
    };

    if (!b.rip) {
        regs->entry_vector &= ~TRAP_syscall;
        regs->rip -= 2;
        pv_inject_trap(v, regs, TRAP_UD, PV_NO_ERROR_CODE);
        return;
    }
    bounce(v, regs, &b, leave_user_mode(v));
}

void pv_sysenter_bounce(struct vcpu *v, struct cpu_user_regs *regs)
{
    const struct pv_bounce b = {
        .rip = v->arch.pv.sysenter_callback_eip,
        .cs = FLAT_KERNEL_CS,
        .disable_events = v->arch.pv.sysenter_disables_events,
    };

    regs->cs = FLAT_USER_CS32;
    if (!b.rip) {
        pv_inject_trap(v, regs, TRAP_GP, 0);
        return;
    }
    bounce(v, regs, &b, leave_user_mode(v));
}
