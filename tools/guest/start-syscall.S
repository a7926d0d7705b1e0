/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start without a transfer page from the hypervisor: the page is assembled here, and each slot makes the
 * hypercall with a bare SYSCALL instruction.
 */
#include "start.inc.S"

        .section .note.Xen, "a", @note
        NOTE_STRING XEN_ELFNOTE_FEATURES, "writable_page_tables"

        .section .text.hypercall, "ax", @progbits
        .balign 4096
        .globl  hypercall_page
hypercall_page:
        .set    nr, 0
        .rept   128
        .balign 32, 0xcc
        .if     nr == 23        /* iret: rcx, r11 and rax are part of its frame; it does not return */
        pushq   %rcx
        pushq   %r11
        pushq   %rax
        movl    $nr, %eax
        syscall
        .else
        pushq   %rcx
        pushq   %r11
        movl    $nr, %eax
        syscall
        popq    %r11
        popq    %rcx
        ret
        .endif
        .set    nr, nr + 1
        .endr
        .balign 4096, 0xcc

        .text
        .globl  hypercall_init
hypercall_init:
        ret
