/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Indirect branches: the compiler calls one of these for each, so that the branch is predicted by the
 * return stack, which no guest can train, and not by the branch target buffer.
 */
.macro THUNK reg
    .section .text.__x86_indirect_thunk_\reg, "ax", @progbits
    .globl __x86_indirect_thunk_\reg
    .hidden __x86_indirect_thunk_\reg
    .type __x86_indirect_thunk_\reg, @function
    .balign 32
__x86_indirect_thunk_\reg:
    call 2f
1:  pause
    lfence
    jmp 1b
2:  mov %\reg, (%rsp)
    ret
    .size __x86_indirect_thunk_\reg, . - __x86_indirect_thunk_\reg
.endm

.irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    THUNK \reg
.endr

    .section .note.GNU-stack, "", @progbits
