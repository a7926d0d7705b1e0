/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the start files share: the notes that every kernel carries, the entry point and the boot stack.
 * At entry rsi holds the start_info's address; events are masked, the memory layout is as xen.h says.
 */
#include <guest/cpu.h>
#define __ASSEMBLY__
#include <public/elfnote.h>

        .macro NOTE_STRING type, text
        .balign 4
        .long   4, 2f - 1f, \type
        .asciz  "Xen"
1:      .asciz  "\text"
2:
        .balign 4
        .endm

        .macro NOTE_NUMBER type, value
        .balign 4
        .long   4, 8, \type
        .asciz  "Xen"
        .quad   \value
        .balign 4
        .endm

        .section .note.Xen, "a", @note
        NOTE_STRING XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
        NOTE_STRING XEN_ELFNOTE_GUEST_OS, "corbel-guest"
        NOTE_STRING XEN_ELFNOTE_LOADER, "generic"
        NOTE_STRING XEN_ELFNOTE_PAE_MODE, "yes"
        NOTE_NUMBER XEN_ELFNOTE_VIRT_BASE, guest_virt_base
        NOTE_NUMBER XEN_ELFNOTE_PADDR_OFFSET, 0
        NOTE_NUMBER XEN_ELFNOTE_ENTRY, guest_start

        .section .text.start, "ax", @progbits
        .globl  guest_start
        .type   guest_start, @function
guest_start:
        cld
        movq    %rsp, %rdx
        leaq    boot_stack_end(%rip), %rsp
        xorl    %ebp, %ebp
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        call    guest_start_c
        ud2
        .size   guest_start, . - guest_start

/* A secondary vCPU: rdi holds its struct guest_cpu. */
        .globl  guest_start_secondary
        .type   guest_start_secondary, @function
guest_start_secondary:
        cld
        xorl    %ebp, %ebp
        call    smp_secondary
        ud2
        .size   guest_start_secondary, . - guest_start_secondary

        .bss
        .balign 4096
        .globl  boot_stack
boot_stack:
        .skip   CPU_STACK_SIZE
        .globl  boot_stack_end
boot_stack_end:

        .section .note.GNU-stack, "", @progbits
