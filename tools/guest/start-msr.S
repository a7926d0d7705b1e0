/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start without a HYPERCALL_PAGE note: the kernel finds the MSR by CPUID leaf 0x40000002 and has the
 * hypervisor fill the page by writing the page's machine address to it.
 */
#include "start.inc.S"

        .section .note.Xen, "a", @note
        NOTE_STRING XEN_ELFNOTE_FEATURES, "writable_page_tables"

        .section .text.hypercall, "ax", @progbits
        .balign 4096
        .globl  hypercall_page
hypercall_page:
        .skip   4096, 0xcc

        .text
/* void hypercall_init(const unsigned long *p2m) */
        .globl  hypercall_init
        .type   hypercall_init, @function
hypercall_init:
        pushq   %rbx
        movl    $0x40000002, %eax
        .byte   0x0f, 0x0b, 0x78, 0x65, 0x6e    /* ud2; "xen": CPUID by emulation */
        cpuid
        movl    %ebx, %ecx
        leaq    hypercall_page(%rip), %rax
        movq    $guest_virt_base, %rdx
        subq    %rdx, %rax
        shrq    $12, %rax
        movq    (%rdi, %rax, 8), %rax
        shlq    $12, %rax
        movq    %rax, %rdx
        shrq    $32, %rdx
        wrmsr
        popq    %rbx
        ret
        .size   hypercall_init, . - hypercall_init
