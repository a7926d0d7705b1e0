/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways into the kernel: trap stubs, callbacks, and the switches to and from user mode.
 *
 * The hypervisor pushes rcx and r11 below the usual frame. Every stub turns that into a struct trap_regs
 * (all registers saved), calls trap_dispatch(regs) and returns through the iret hypercall, which also
 * delivers events that became pending while they were masked.
 */
#include <guest/trap.h>
#include <guest/cpu.h>

#define HYPERCALL_iret 23

        .text

        .macro SAVE_REGS
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        pushq   %rax
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        .endm

        .macro RESTORE_REGS
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rax
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
        .endm

trap_common:
        cld
        SAVE_REGS
        movq    %rsp, %rdi
        call    trap_dispatch
trap_return:
        RESTORE_REGS
        /* The error code's slot becomes the iret context's flags. */
        addq    $8, %rsp
        movq    $0, (%rsp)
        jmp     hypercall_page + HYPERCALL_iret * 32

        /* Frame from the hypervisor: rcx, r11, rip, cs, rflags, rsp, ss. */
        .macro STUB name, vector
        .globl  \name
        .type   \name, @function
\name:
        movq    (%rsp), %rcx
        movq    8(%rsp), %r11
        movq    $\vector, (%rsp)
        movq    $0, 8(%rsp)
        jmp     trap_common
        .size   \name, . - \name
        .endm

        /* The same with an error code between r11 and rip. */
        .macro STUB_ERROR name, vector
        .globl  \name
        .type   \name, @function
\name:
        movq    (%rsp), %rcx
        movq    8(%rsp), %r11
        addq    $8, %rsp
        movq    $\vector, (%rsp)
        jmp     trap_common
        .size   \name, . - \name
        .endm

        STUB entry_de, TRAP_DE
        STUB entry_db, TRAP_DB
        STUB entry_nmi, TRAP_NMI
        STUB entry_bp, TRAP_BP
        STUB entry_of, TRAP_OF
        STUB entry_br, TRAP_BR
        STUB entry_ud, TRAP_UD
        STUB entry_nm, TRAP_NM
        STUB_ERROR entry_ts, TRAP_TS
        STUB_ERROR entry_np, TRAP_NP
        STUB_ERROR entry_ss, TRAP_SS
        STUB_ERROR entry_gp, TRAP_GP
        STUB_ERROR entry_pf, TRAP_PF
        STUB entry_mf, TRAP_MF
        STUB_ERROR entry_ac, TRAP_AC
        STUB entry_xm, TRAP_XM
        STUB entry_soft, TRAP_SOFT
        STUB entry_soft_kern, TRAP_SOFT_KERN
        STUB entry_event, TRAP_EVENT
        STUB entry_syscall, TRAP_SYSCALL
        STUB entry_sysenter, TRAP_SYSENTER
        STUB entry_syscall32, TRAP_SYSCALL32

        /* rcx, r11, ds, es, fs, gs, rip, ...: the selectors are dropped. */
        .globl  entry_failsafe
        .type   entry_failsafe, @function
entry_failsafe:
        movq    (%rsp), %rcx
        movq    8(%rsp), %r11
        addq    $32, %rsp
        movq    $TRAP_FAILSAFE, (%rsp)
        movq    $0, 8(%rsp)
        jmp     trap_common
        .size   entry_failsafe, . - entry_failsafe

        .macro PUSH_CALLEE
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        .endm

        .macro POP_CALLEE
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        .endm

/*
 * int trap_call_asm(unsigned long *rsp, void (*fn)(void *), void *arg)
 * 0 when fn returned; 1 when trap_dispatch() resumed at trap_call_resume with the stack of *rsp.
 */
        .globl  trap_call_asm, trap_call_resume
        .type   trap_call_asm, @function
trap_call_asm:
        PUSH_CALLEE
        subq    $8, %rsp
        movq    %rsp, (%rdi)
        movq    %rdx, %rdi
        call    *%rsi
        xorl    %eax, %eax
        addq    $8, %rsp
        POP_CALLEE
        ret
trap_call_resume:
        movl    $1, %eax
        addq    $8, %rsp
        POP_CALLEE
        ret
        .size   trap_call_asm, . - trap_call_asm

/*
 * void user_enter(const struct trap_regs *regs)
 * Returns when trap_dispatch() calls user_leave(), which finds this stack in the vCPU's record.
 */
        .globl  user_enter
        .type   user_enter, @function
user_enter:
        PUSH_CALLEE
        movq    %rsp, %gs:CPU_USER_RESUME
        subq    $(22 * 8), %rsp
        movq    %rdi, %rsi
        movq    %rsp, %rdi
        movl    $22, %ecx
        cld
        rep movsq
        jmp     trap_return
        .size   user_enter, . - user_enter

        .globl  user_leave
        .type   user_leave, @function
user_leave:
        movq    %gs:CPU_USER_RESUME, %rsp
        movq    $0, %gs:CPU_USER_RESUME
        POP_CALLEE
        ret
        .size   user_leave, . - user_leave

        .section .note.GNU-stack, "", @progbits
