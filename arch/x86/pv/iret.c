/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_iret: a PV kernel's way back from a handler. Takes the frame from the kernel's stack,
 * returns to the kernel or to user mode, and sets the virtual interrupt flag. Current vCPU; no
 * locks. The entry path calls pv_iret() straight, interrupts off.
 */
#include <hv/errno.h>
#include <hv/guest-access.h>
#include <asm/pv.h>
#include <gen/hypercall-dispatch.h>

#include "mode.h"

/* A word of the frame; on a fault, 0 and rc. */
#define FRAME_WORD(field)                                                                          \
    ({                                                                                             \
        uint64_t word_;                                                                            \
                                                                                                   \
        GUEST_LOAD(word_, frame->field, rc);                                                       \
        word_;                                                                                     \
    })

static __cold void refuse(struct vcpu *v, const char *why)
{
    local_irq_enable();
    domain_crash(v->domain, why);
}

/* The registers that the frame returns to are set once it is known that all of it could be read. */
void pv_iret(struct vcpu *v, struct cpu_user_regs *regs)
{
    unsigned long at = regs->rsp;
    const struct iret_context *frame;
    uint64_t rip, cs, rflags, rsp, ss;
    bool masked;
    int rc = 0;

    if (!guest_va_clamp_by(&at, sizeof(*frame), true)) {
        goto fault;
    }
    frame = (const struct iret_context *)at;
    stac();
    regs->rax = FRAME_WORD(rax);
    if (!(FRAME_WORD(flags) & VGCF_in_syscall)) {
        regs->entry_vector &= ~TRAP_syscall;
        regs->r11 = FRAME_WORD(r11);
        regs->rcx = FRAME_WORD(rcx);
    }
    rip = FRAME_WORD(rip);
    cs = FRAME_WORD(cs);
    rflags = FRAME_WORD(rflags);
    rsp = FRAME_WORD(rsp);
    ss = FRAME_WORD(ss);
    clac();
    if (unlikely(linear_slots_in_use()) &&
        guest_va_look_aside(at, sizeof(*frame)) == GUEST_VA_REFUSED) {
        goto fault;
    }
    if (unlikely(rc)) {
        goto fault;
    }

    if ((cs & 3) == 3) {
        if (unlikely(mfn_x(v->arch.guest_table_user) == 0)) {
            refuse(v, "iret to user mode without user page tables");
            return;
        }
        pv_enter_user(v);
    }
    if (v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl)) {
        v->arch.pv.iopl = (rflags & X86_EFLAGS_IOPL) >> 12;
    }
    __asm__("test %2, %1" : "=@ccz"(masked) : "r"((uint32_t)rflags), "i"(X86_EFLAGS_IF));
    WRITE_ONCE(v->vcpu_info->evtchn_upcall_mask, masked);
    v->arch.nmi_masked = false;

    regs->rip = rip;
    regs->cs = (uint16_t)cs | 3; /* never a hypervisor selector */
    regs->rflags = (rflags & ~(unsigned long)(X86_EFLAGS_IOPL | X86_EFLAGS_VM | X86_EFLAGS_VIF |
                                              X86_EFLAGS_VIP)) |
                   X86_EFLAGS_IF | X86_EFLAGS_MBS;
    regs->rsp = rsp;
    regs->ss = (uint16_t)ss | 3;
    if (unlikely(READ_ONCE(v->vcpu_info->evtchn_upcall_pending))) {
        pv_chain_upcall(v, regs);
    }
    return;

fault:
    refuse(v, "iret: cannot read the frame on the guest's stack");
}

/* As an element of a multicall, or a part of a continued one. */
long do_iret(void)
{
    struct cpu_user_regs *regs = guest_cpu_user_regs();

    pv_iret(current, regs);
    /* The way out takes this value for a preempted call's, and steps back to its instruction. */
    if (unlikely(regs->rax == (uint64_t)-ERESTART)) {
        regs->rip += 2;
    }
    return (long)regs->rax;
}
