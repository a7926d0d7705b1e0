/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the boot loader to C: the multiboot2 header, the 32-bit entry, the first page tables, long mode.
 *
 * GRUB enters boot_start in 32-bit protected mode without paging, with the image anywhere 2 MiB-aligned
 * below 4 GiB, on BIOS and (boot services left) on UEFI alike. Invariant: from the first instruction in
 * long mode no page is both writable and executable. The code before that fits the image's first page,
 * which is the only one mapped at its physical address, and only by boot_l4 (gone with init memory).
 * Runs once, on the first CPU, interrupts off.
 */
#include <asm/cpu-defs.h>
#include <asm/layout.h>
#include <asm/multiboot2.h>
#include <asm/page.h>

/* Distance from the image's start; EBP holds where that is in memory. */
#define OFF(sym) ((sym) - IMAGE_START)
#define PHYS(sym) OFF(sym)(%ebp)

#define MAP_TABLE_BITS (PTE_P | PTE_RW | PTE_A | PTE_D)
#define RW_BITS        (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G)
#define RO_BITS        (PTE_P | PTE_A | PTE_G)
#define NX_HIGH        (1 << (PTE_NX_BIT - 32))

    .set L3_INDEX, (IMAGE_START >> 30) & 511
    .set L2_INDEX, (IMAGE_START >> 21) & 511

/* struct cpu_info at a stack's top, rounded up. */
#define STACK_TOP_ROOM 512

#define CODE32_SEL 0x08
#define DATA_SEL   0x10
#define CODE64_SEL 0x18

    .section .text.header, "ax"
    .balign 8
mb2_header:
    .long MB2_HEADER_MAGIC
    .long MB2_ARCH_I386
    .long mb2_header_end - mb2_header
    .long -(MB2_HEADER_MAGIC + MB2_ARCH_I386 + (mb2_header_end - mb2_header))

    .balign 8
    .short MB2_HEADER_INFO, MB2_HEADER_REQUIRED
    .long 12
    .long MB2_TAG_MMAP

    .balign 8
    .short MB2_HEADER_MODULE_ALIGN, MB2_HEADER_REQUIRED
    .long 8

    .balign 8
    .short MB2_HEADER_RELOCATABLE, MB2_HEADER_OPTIONAL
    .long 24
    .long 0x00200000 /* lowest address */
    .long 0xffffffff /* highest */
    .long 0x00200000 /* alignment */
    .long MB2_LOAD_LOW

    /* A frame buffer of whatever size there is, or text where there is none. */
    .balign 8
    .short MB2_HEADER_CONSOLE, MB2_HEADER_OPTIONAL
    .long 12
    .long MB2_CONSOLE_TEXT

    .balign 8
    .short MB2_HEADER_FRAMEBUFFER, MB2_HEADER_OPTIONAL
    .long 20
    .long MB2_NO_PREFERENCE /* width */
    .long MB2_NO_PREFERENCE /* height */
    .long MB2_NO_PREFERENCE /* depth */

    .balign 8
    .short MB2_HEADER_END, MB2_HEADER_REQUIRED
    .long 8
mb2_header_end:

    .code32
    .globl boot_start
boot_start:
    cli
    cld
    cmp $MB2_BOOT_MAGIC, %eax
    mov $OFF(msg_loader), %esi
    jne boot_fail_nobase

    /* The word at offset 4 of the boot information is reserved: the only memory known to be ours. */
    lea 8(%ebx), %esp
    call 1f
1:  pop %ebp
    sub $OFF(1b), %ebp
    mov %ebp, PHYS(image_start_maddr)
    mov %ebx, PHYS(mb2_info_maddr)
    lea PHYS(boot_stack_top), %esp

    lea PHYS(boot_gdt), %eax
    mov %eax, PHYS(boot_gdtr + 2)
    lgdt PHYS(boot_gdtr)
    mov $DATA_SEL, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss

    call check_cpu
    call build_tables
    lea PHYS(boot_long), %eax
    mov %eax, PHYS(boot_far)

    mov $(CR4_PAE), %eax
    mov %eax, %cr4
    lea PHYS(boot_l4), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $(EFER_LME | EFER_NXE), %eax
    wrmsr
    mov $HOST_CR0, %eax
    mov %eax, %cr0
    ljmp *PHYS(boot_far) /* the stack is not mapped any more, this page is */

/* Long mode, NX and the execute-disable switch of MISC_ENABLE (SDM vol. 4, MSR 1a0H, bit 34). */
check_cpu:
    mov $OFF(msg_long), %esi
    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb boot_fail
    mov $0x80000001, %eax
    cpuid
    mov $OFF(msg_long), %esi
    bt $29, %edx
    jnc boot_fail
    bt $20, %edx
    jc 1f
    xor %eax, %eax
    cpuid
    mov $OFF(msg_nx), %esi
    cmp $0x6c65746e, %ecx /* "ntel" */
    jne boot_fail
    mov $0x1a0, %ecx
    rdmsr
    and $~(1 << 2), %edx
    wrmsr
    mov $0x80000001, %eax
    cpuid
    mov $OFF(msg_nx), %esi
    bt $20, %edx
    jnc boot_fail
1:  ret

/* Entry idx of a table: address of sym plus flags, never NX (the leaves say that). */
.macro table_entry table, idx, sym
    lea OFF(\sym) + MAP_TABLE_BITS(%ebp), %eax
    mov %eax, OFF(\table) + 8 * (\idx)(%ebp)
.endm

/* Pages [start, end) of the image, in its two tables of level 1. nx: 0, or the bit in the high word. */
.macro map_image start, end, flags, nx
    mov $OFF(\start), %edi
    mov $OFF(\end), %ecx
    mov $(\flags), %eax
    mov $(\nx), %edx
    call map_image_range
.endm

map_image_range:
1:  cmp %ecx, %edi
    jae 2f
    lea (%edi, %ebp), %ebx
    or %eax, %ebx
    mov %edi, %esi
    shr $9, %esi /* (edi >> 12) * 8 */
    and $~7, %esi
    mov %ebx, OFF(image_l1)(%ebp, %esi)
    mov %edx, OFF(image_l1) + 4(%ebp, %esi)
    add $0x1000, %edi
    jmp 1b
2:  ret

build_tables:
    table_entry idle_pg_table, IMAGE_SLOT, image_l3
    table_entry idle_pg_table, DIRECTMAP_SLOT, directmap_l3
    table_entry boot_l4, IMAGE_SLOT, image_l3
    table_entry boot_l4, DIRECTMAP_SLOT, directmap_l3
    table_entry image_l3, L3_INDEX, image_l2
    table_entry image_l2, L2_INDEX, image_l1
    table_entry image_l2, L2_INDEX+1, image_l1+0x1000

    map_image __image_start, __text_end, RO_BITS, 0
    map_image __rodata_start, __rodata_end, RO_BITS, NX_HIGH
    map_image __ro_after_init_start, __per_cpu_end, RW_BITS, NX_HIGH
    map_image __init_text_start, __init_text_end, RO_BITS, 0
    map_image __init_text_end, __image_end, RW_BITS, NX_HIGH
    mov $OFF(boot_stack + STACK_GUARD_PAGE * 0x1000), %edi
    shr $9, %edi
    movl $0, OFF(image_l1)(%ebp, %edi)

    /* The first 4 GiB in the direct map, in pages of 2 MiB. */
    xor %ecx, %ecx
1:  mov %ecx, %eax
    shl $21, %eax
    or $(RW_BITS | PTE_PSE), %eax
    mov %eax, OFF(boot_directmap_l2)(%ebp, %ecx, 8)
    movl $NX_HIGH, OFF(boot_directmap_l2) + 4(%ebp, %ecx, 8)
    inc %ecx
    cmp $2048, %ecx
    jb 1b
    table_entry directmap_l3, 0, boot_directmap_l2
    table_entry directmap_l3, 1, boot_directmap_l2+0x1000
    table_entry directmap_l3, 2, boot_directmap_l2+0x2000
    table_entry directmap_l3, 3, boot_directmap_l2+0x3000

    /* This page at its physical address, read and execute. */
    table_entry boot_l4, 0, boot_low_l3
    mov %ebp, %esi
    shr $30, %esi
    lea OFF(boot_low_l2) + MAP_TABLE_BITS(%ebp), %eax
    mov %eax, OFF(boot_low_l3)(%ebp, %esi, 8)
    mov %ebp, %esi
    shr $21, %esi
    and $511, %esi
    lea OFF(boot_low_l1) + MAP_TABLE_BITS(%ebp), %eax
    mov %eax, OFF(boot_low_l2)(%ebp, %esi, 8)
    lea RO_BITS - PTE_G(%ebp), %eax
    mov %eax, PHYS(boot_low_l1)
    ret

/* Says the message at offset ESI on COM1 and the text screen, then stops. */
boot_fail_nobase:
    /* Another loader: nothing is known about memory, and the link address is the best guess. */
    mov $0x200000, %ebp
boot_fail:
    add %ebp, %esi
    mov $0xb8000, %edi
1:  lodsb
    test %al, %al
    jz 3f
    mov %al, (%edi)
    movb $0x4f, 1(%edi)
    add $2, %edi
    mov %al, %bl
    mov $0x10000, %ecx /* a line that does not exist reads as busy or as ready for ever */
    mov $0x3fd, %edx
2:  in %dx, %al
    test $0x20, %al
    loopz 2b
    mov %bl, %al
    mov $0x3f8, %edx
    out %al, %dx
    jmp 1b
3:  hlt
    jmp 3b

msg_loader: .asciz "Corbel: not started by a multiboot2 loader\r\n"
msg_long:   .asciz "Corbel: this CPU has no 64-bit mode\r\n"
msg_nx:     .asciz "Corbel: this CPU has no no-execute pages\r\n"

    .code64
boot_long:
    movabs $boot_high, %rax
    jmp *%rax

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00cf9b000000ffff /* code, 32 bits */
    .quad 0x00cf93000000ffff /* data */
    .quad 0x00af9b000000ffff /* code, 64 bits */
boot_gdt_end:

boot_far:
    .long 0
    .short CODE64_SEL

    .globl boot_low_end
boot_low_end:

    .section .data, "aw"
    .balign 8
boot_gdtr:
    .short boot_gdt_end - boot_gdt - 1
    .quad 0

    .section .init.text, "ax"
boot_high:
    lea idle_pg_table(%rip), %rax
    movabs $IMAGE_START, %rcx
    sub %rcx, %rax
    add image_start_maddr(%rip), %rax
    mov %rax, %cr3
    mov %cr4, %rax
    or $CR4_PGE, %rax
    mov %rax, %cr4
    lea boot_stack_top(%rip), %rsp

    /* The descriptors by their virtual address: the low page is not mapped any more. */
    lea boot_gdt(%rip), %rax
    mov %rax, boot_gdtr + 2(%rip)
    lgdt boot_gdtr(%rip)
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ss

    lea __per_cpu_start(%rip), %rsi
    lea __per_cpu_first(%rip), %rdi
    lea __per_cpu_end(%rip), %rcx
    sub %rsi, %rcx
    rep movsb

    xor %ebp, %ebp
    call boot_main
    ud2

    .section .data.ro_after_init, "aw"
    .balign 8
    .globl image_start_maddr, mb2_info_maddr
    .hidden image_start_maddr, mb2_info_maddr
image_start_maddr: .quad 0
mb2_info_maddr: .quad 0

.macro page_table name, pages=1
    .globl \name
    .hidden \name
\name:
    .skip 4096 * \pages
.endm

    .section .bss.page_aligned, "aw", @nobits
    .balign 4096
    page_table idle_pg_table
    page_table directmap_l3
    page_table boot_directmap_l2, 4
    page_table image_l3
    page_table image_l2
    page_table image_l1, 2

    /* Until each CPU has a stack of its own, and page tables to switch paging on with. */
    .section .bss.init.page_aligned, "aw", @nobits
    .balign STACK_SIZE
    .globl boot_stack
    .hidden boot_stack
boot_stack:
    .skip STACK_SIZE - STACK_TOP_ROOM
boot_stack_top:
    .skip STACK_TOP_ROOM
    page_table boot_l4
    page_table boot_low_l3
    page_table boot_low_l2
    page_table boot_low_l1
