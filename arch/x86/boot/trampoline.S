/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a started CPU begins: real mode, at the start of a page below 1 MiB to which this is copied. It
 * goes to long mode on the start-up page tables at once, finds its number and so its stack by its APIC
 * id, and jumps into the image. Many CPUs may be here at once: nothing is written, and there is no stack
 * until each has its own. The words at the end are filled in by smpboot.c.
 */
#include <gen/asm-offsets.h>
#include <asm/cpu-defs.h>
#include <asm/layout.h>

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
    /* The id as initial_apic_id() of smpboot.c has it, to %edx. */
    xor %eax, %eax
    cpuid
    cmp $0xb, %eax
    jb 1f
    mov $0xb, %eax
    xor %ecx, %ecx
    cpuid
    test %ebx, %ebx
    jnz 2f
1:  mov $1, %eax
    cpuid
    shr $24, %ebx
    mov %ebx, %edx
    /* CPU 0 is not looked for. One that is not in the table stays here. */
2:  mov trampoline_ids(%rip), %rsi
    mov trampoline_nr(%rip), %ecx
    xor %eax, %eax
3:  inc %eax
    cmp %ecx, %eax
    jae 5f
    cmp %edx, (%rsi, %rax, 4)
    jne 3b
    imul $STACK_SIZE, %rax, %rax
    mov $CPU_STACKS_START + STACK_SIZE - CPUINFO_sizeof, %rsp
    add %rax, %rsp
    mov trampoline_entry(%rip), %rax
    jmp *%rax
5:  cli
    hlt
    jmp 5b

    .balign 8
trampoline_gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .globl trampoline_gdtr, trampoline_far, trampoline_cr3, trampoline_ids, trampoline_entry
    .globl trampoline_gdt, trampoline_64, trampoline_nr
    .hidden trampoline_gdtr, trampoline_far, trampoline_cr3, trampoline_ids, trampoline_entry, trampoline_nr
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
trampoline_ids:
    .quad 0
trampoline_entry:
    .quad 0
trampoline_nr:
    .long 0
trampoline_end:

    .section .note.GNU-stack, "", @progbits
