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
    __asm__ goto("1: movq %0, %1\n" EX_TABLE("1b", "%l2")                                          \
                 :                                                                                 \
                 : "re"((unsigned long)(val)), "m"(at)                                             \
                 : "memory"                                                                        \
                 : fault)

/* The same for half of one. */
#define PUT_HALF(at, which, val, fault)                                                            \
    __asm__ goto("1: movl %0, %1\n" EX_TABLE("1b", "%l2")                                          \
                 :                                                                                 \
                 : "ri"((uint32_t)(val)), "m"(((uint32_t *)&(at))[which])                          \
                 : "memory"                                                                        \
                 : fault)

#define TI_IF 4 /* of trap_info.flags: TI_GET_IF() */

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

/* How the guest's kernel is entered, and what its stack gets beside the registers. The members that
 * are pointers are to the current vCPU's own state, read where they are used. */
struct how {
    const unsigned long *rip; /* 0 there: the guest has no handler */
    const uint16_t *cs;       /* NULL: the flat one */
    const uint8_t *masks;     /* NULL, or masks_bit is set there: the upcall mask is set */
    uint8_t masks_bit;
    bool by_syscall; /* SYSCALL in 64-bit mode: rcx is rip, r11 the flags; segments are flat */
    bool failsafe;   /* ds, es, fs, gs are pushed too */
    bool has_error_code;
    bool leaving; /* on the way out, which has looked for other work already */
    uint32_t error_code;
};

/* What of the interrupted state depends on the mode; the vCPU is in kernel mode now. */
struct left {
    unsigned long top; /* of the frame */
    unsigned long cs;  /* as the kernel is shown it: RPL 0 where it was itself interrupted */
    bool kernel;
};

static always_inline struct left leave_mode(struct vcpu *v, const struct cpu_user_regs *regs)
{
    if (guest_kernel_mode(v)) {
        return (struct left){ .top = regs->rsp & ~15UL, .cs = regs->cs & ~3UL, .kernel = true };
    }
    pv_enter_kernel(v);
    return (struct left){ .top = v->arch.pv.kernel_sp & ~15UL, .cs = regs->cs };
}

/* The kernel cannot be told. Its mode may be entered already, with the registers of the other one:
 * they do not run so, since the way out looks for work again. */
static __cold noinline void bounce_failed(struct vcpu *v, bool leaving, const char *why)
{
    local_irq_enable();
    domain_crash(v->domain, why);
    if (leaving) {
        ret_to_guest_reset_stack();
    }
}

/*
 * Writes the frame, then changes the registers; crashes the domain when the stack cannot take it.
 * Inlined into each way in, where most of *how is constant.
 */
static always_inline void bounce(struct vcpu *v, struct cpu_user_regs *regs, const struct how *how,
                                 struct left left)
{
    unsigned long *top = (unsigned long *)left.top, *frame;
    unsigned long at, rip, rflags;
    struct vcpu_info *vi = v->vcpu_info;
    uint8_t mask;

    if (unlikely(*how->rip == 0)) {
        bounce_failed(v, how->leaving, "no handler registered for what the guest was to be told");
        return;
    }
    at = (unsigned long)(top - 7 - (how->has_error_code ? 1 : 0) - (how->failsafe ? 4 : 0));
    if (!guest_va_clamp_by(&at, left.top - at, true)) {
        goto fault;
    }
    frame = (unsigned long *)at;

    rip = regs->rip;
    rflags = regs->rflags;
    /* A guest runs with interrupts on and no I/O privilege, whatever it is told. */
    ASSERT((rflags & (X86_EFLAGS_IF | X86_EFLAGS_IOPL)) == X86_EFLAGS_IF);

    /* The lowest word comes first: a frame that begins below the hypervisor's space, where
     * addresses are not canonical, faults before it reaches it. */
    stac();
    PUT_WORD(frame[0], how->by_syscall ? rip : regs->rcx, fault_clac);
    PUT_WORD(frame[1], how->by_syscall ? rflags : regs->r11, fault_clac);
    if (how->failsafe) {
        PUT_WORD(frame[2], read_ds(), fault_clac);
        PUT_WORD(frame[3], read_es(), fault_clac);
        PUT_WORD(frame[4], read_fs(), fault_clac);
        PUT_WORD(frame[5], read_gs(), fault_clac);
    }
    if (how->has_error_code) {
        PUT_WORD(top[-6], how->error_code, fault_clac);
    }
    PUT_WORD(top[-5], rip, fault_clac);

    mask = READ_ONCE(vi->evtchn_upcall_mask);
    if (unlikely(mask)) {
        barrier(); /* it is a branch, and hardly ever taken */
        rflags &= ~(unsigned long)X86_EFLAGS_IF;
    }
    if (v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl)) {
        rflags |= (unsigned long)v->arch.pv.iopl << 12;
    }
    PUT_HALF(top[-4], 0, how->by_syscall ? FLAT_USER_CS : left.cs, fault_clac);
    PUT_HALF(top[-4], 1, mask, fault_clac);
    PUT_WORD(top[-3], rflags, fault_clac);
    PUT_WORD(top[-2], regs->rsp, fault_clac);
    PUT_WORD(top[-1], how->by_syscall ? FLAT_USER_SS : regs->ss, fault_clac);
    clac();

    if (!how->masks || likely(*how->masks & how->masks_bit)) {
        WRITE_ONCE(vi->evtchn_upcall_mask, 1);
    }
    regs->rip = *how->rip;
    regs->rsp = (unsigned long)frame;
    regs->rflags &= GUEST_RFLAGS_KEPT;
    if (!how->by_syscall) {
        regs->entry_vector |= TRAP_syscall;
        regs->cs = how->cs ? *how->cs : FLAT_KERNEL_CS;
        regs->ss = FLAT_KERNEL_SS;
    }
    pv_kernel_entered(v);
    return;

fault_clac:
    clac();
fault:
    bounce_failed(v, how->leaving, "cannot write to the guest kernel's stack");
}

_Static_assert(FLAT_KERNEL_CS == FLAT_USER_CS && FLAT_KERNEL_SS == FLAT_USER_SS,
               "after SYSCALL the kernel's segments are in place");

void pv_bounce_failsafe(struct vcpu *v, struct cpu_user_regs *regs)
{
    const struct pv_vcpu *pv = &v->arch.pv;
    const struct how how = {
        .rip = &pv->failsafe_callback_eip,
        .masks = (const uint8_t *)&pv->vgc_flags,
        .masks_bit = VGCF_failsafe_disables_events,
        .failsafe = true,
    };

    bounce(v, regs, &how, leave_mode(v, regs));
}

/* An exception's handler in the guest's trap table. */
static always_inline struct how by_trap(const struct trap_info *ti)
{
    return (
        struct how){ .rip = &ti->address, .cs = &ti->cs, .masks = &ti->flags, .masks_bit = TI_IF };
}

void pv_inject_trap(struct vcpu *v, struct cpu_user_regs *regs, unsigned int vector,
                    int32_t error_code)
{
    struct left left = leave_mode(v, regs);
    struct how how = by_trap(&v->arch.pv.trap_ctxt[vector]);

    how.has_error_code = error_code != PV_NO_ERROR_CODE;
    how.error_code = (uint32_t)error_code;
    bounce(v, regs, &how, left);
}

void pv_inject_page_fault(struct vcpu *v, struct cpu_user_regs *regs, unsigned long addr,
                          uint32_t error_code)
{
    struct left left = leave_mode(v, regs);
    struct how how = by_trap(&v->arch.pv.trap_ctxt[TRAP_PF]);

    v->arch.pv.ctrlreg[2] = addr;
    v->vcpu_info->arch.cr2 = addr;
    how.has_error_code = true;
    /* Both modes run in ring 3: the U bit says which of the two it was. */
    how.error_code = left.kernel ? error_code & ~4U : error_code | 4U;
    bounce(v, regs, &how, left);
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

void pv_deliver_upcall(struct vcpu *v, struct cpu_user_regs *regs)
{
    const struct how how = { .rip = &v->arch.pv.event_callback_eip, .leaving = true };

    if (unlikely(v->arch.pv.upcalls.put_off)) {
        pv_put_off_upcall(v);
        return;
    }
    bounce(v, regs, &how, leave_mode(v, regs));
}

void pv_deliver_nmi(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct how how = by_trap(&v->arch.pv.trap_ctxt[TRAP_NMI]);

    if (v->arch.nmi_masked || *how.rip == 0) {
        return;
    }
    v->nmi_pending = false;
    v->arch.nmi_masked = true;
    how.leaving = true;
    bounce(v, regs, &how, leave_mode(v, regs));
}

void pv_deliver_pending(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (READ_ONCE(v->vcpu_info->evtchn_upcall_pending) &&
        !READ_ONCE(v->vcpu_info->evtchn_upcall_mask)) {
        pv_deliver_upcall(v, regs);
    }
    if (v->nmi_pending) {
        pv_deliver_nmi(v, regs);
    }
}

/* Only user mode comes here: the entry path has looked. */
void pv_syscall_bounce(struct vcpu *v, struct cpu_user_regs *regs)
{
    const struct pv_vcpu *pv = &v->arch.pv;
    const struct how how = {
        .rip = &pv->syscall_callback_eip,
        .masks = (const uint8_t *)&pv->vgc_flags,
        .masks_bit = VGCF_syscall_disables_events,
        .by_syscall = true,
    };

    pv_enter_kernel(v);
    bounce(v, regs, &how, (struct left){ .top = pv->kernel_sp & ~15UL });
}

void pv_syscall32_bounce(struct vcpu *v, struct cpu_user_regs *regs)
{
    const struct pv_vcpu *pv = &v->arch.pv;
    const struct how how = {
        .rip = &pv->syscall32_callback_eip,
        .masks = (const uint8_t *)&pv->syscall32_disables_events,
        .masks_bit = true,
    };

    if (!pv->syscall32_callback_eip) {
        regs->entry_vector &= ~TRAP_syscall;
        regs->rip -= 2;
        pv_inject_trap(v, regs, TRAP_UD, PV_NO_ERROR_CODE);
        return;
    }
    bounce(v, regs, &how, leave_mode(v, regs));
}

void pv_sysenter_bounce(struct vcpu *v, struct cpu_user_regs *regs)
{
    const struct pv_vcpu *pv = &v->arch.pv;
    const struct how how = {
        .rip = &pv->sysenter_callback_eip,
        .masks = (const uint8_t *)&pv->sysenter_disables_events,
        .masks_bit = true,
    };

    regs->cs = FLAT_USER_CS32;
    if (!pv->sysenter_callback_eip) {
        pv_inject_trap(v, regs, TRAP_GP, 0);
        return;
    }
    bounce(v, regs, &how, leave_mode(v, regs));
}
