/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_iret: a PV kernel's way back from a handler. Takes the frame from the kernel's stack,
 * returns to the kernel or to user mode, and sets the virtual interrupt flag. Current vCPU; no
 * locks.
 */
#include <hv/errno.h>
#include <hv/guest-access.h>
#include <asm/pv.h>
#include <gen/hypercall-dispatch.h>

#include "mode.h"

/* Returns what rax shall be; the frame's other registers are set in place. */
long do_iret(void)
{
    struct vcpu *v = current;
    struct cpu_user_regs *regs = guest_cpu_user_regs();
    struct iret_context ctx;

    if (unlikely(copy_from_guest(&ctx, guest_ptr(regs->rsp), sizeof(ctx)))) {
        domain_crash(v->domain, "iret: cannot read the frame on the guest's stack");
        return 0;
    }

    if ((ctx.cs & 3) == 3 && unlikely(mfn_x(v->arch.guest_table_user) == 0)) {
        domain_crash(v->domain, "iret to user mode without user page tables");
        return 0;
    }

    if (v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl)) {
        v->arch.pv.iopl = (ctx.rflags & X86_EFLAGS_IOPL) >> 12;
    }

    regs->rip = ctx.rip;
    regs->cs = (uint16_t)ctx.cs | 3; /* never a hypervisor selector */
    regs->rflags = (ctx.rflags & ~(unsigned long)(X86_EFLAGS_IOPL | X86_EFLAGS_VM | X86_EFLAGS_VIF |
                                                  X86_EFLAGS_VIP | X86_EFLAGS_NT)) |
                   X86_EFLAGS_IF | X86_EFLAGS_MBS;
    regs->rsp = ctx.rsp;
    regs->ss = (uint16_t)ctx.ss | 3;

    if (!(ctx.flags & VGCF_in_syscall)) {
        regs->entry_vector &= ~TRAP_syscall;
        regs->r11 = ctx.r11;
        regs->rcx = ctx.rcx;
    }

    WRITE_ONCE(v->vcpu_info->evtchn_upcall_mask, !(ctx.rflags & X86_EFLAGS_IF));
    v->arch.nmi_masked = false;
    /* The way out takes this value for a preempted call's, and steps back to its instruction. */
    if (unlikely(ctx.rax == (uint64_t)-ERESTART)) {
        regs->rax = ctx.rax;
        regs->rip += 2;
    }
    if ((ctx.cs & 3) == 3) {
        pv_enter_user(v);
    }
    return (long)ctx.rax;
}
