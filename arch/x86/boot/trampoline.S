/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a started CPU begins: real mode, at the start of a page below 1 MiB to which this is copied. It
 * goes to long mode on the start-up page tables at once and jumps into the image. The words at the end
 * are filled in by smpboot.c.
 */
#include <asm/cpu-defs.h>

#define REL(label) (label - trampoline_start)

    .section .init.rodata.trampoline, "a", @progbits
    .balign 16
    .globl trampoline_start, trampoline_end
    .hidden trampoline_start, trampoline_end
    .code16
trampoline_start:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    lgdtl REL(trampoline_gdtr)
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov REL(trampoline_cr3), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $(EFER_LME | EFER_NXE), %eax
    wrmsr
    mov $HOST_CR0, %eax
    mov %eax, %cr0
    ljmpl *REL(trampoline_far)

    .code64
trampoline_64:
    mov trampoline_stack(%rip), %rsp
    mov trampoline_entry(%rip), %rax
    jmp *%rax

    .balign 8
trampoline_gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .globl trampoline_gdtr, trampoline_far, trampoline_cr3, trampoline_stack, trampoline_entry
    .globl trampoline_gdt, trampoline_64
    .hidden trampoline_gdtr, trampoline_far, trampoline_cr3, trampoline_stack, trampoline_entry
    .hidden trampoline_gdt, trampoline_64
    .short 0
trampoline_gdtr:
    .short 15
    .long 0
    .balign 8
trampoline_far:
    .long 0
    .short 8
    .balign 8
trampoline_cr3:
    .quad 0
trampoline_stack:
    .quad 0
trampoline_entry:
    .quad 0
trampoline_end:

    .section .note.GNU-stack, "", @progbits
