/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image: linked at IMAGE_START, loaded at 2 MiB or wherever the boot loader finds 2 MiB-aligned
 * room below 4 GiB (boot.S asks for that and finds its place itself). Each kind of content starts a
 * page, since boot.S maps the image in 4 KiB pages with the rights of its kind: code is never writable,
 * data never executable. [__init_begin, __init_end) is given back once dom0 runs.
 */
#include <asm/layout.h>

#define PAGE        4096
#define LOAD_OFFSET (IMAGE_START - 0x200000)

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(boot_start)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
    init PT_LOAD FLAGS(7);
    bss PT_LOAD FLAGS(6);
    note PT_NOTE FLAGS(4);
}

SECTIONS
{
    . = IMAGE_START;
    __image_start = .;

    .text : AT(ADDR(.text) - LOAD_OFFSET) {
        __text_start = .;
        *(.text.header)
        __entry_text_start = .;
        *(.text.entry)
        __entry_text_end = .;
        *(.text .text.hot .text.hot.* .text.__x86_indirect_thunk_*)
        *(.text.fixup)
        *(.text.unlikely .text.unlikely.* .text.cold .text.startup .text.exit)
        __text_end = .;
    } :text =0xcccccccc

    . = ALIGN(PAGE);
    .rodata : AT(ADDR(.rodata) - LOAD_OFFSET) {
        __rodata_start = .;
        *(.rodata .rodata.str* .rodata.cst*)
        *(.rodata.symbols)
        . = ALIGN(8);
        __keyhandlers_start = .;
        KEEP(*(.data.rel.ro.keyhandlers))
        __keyhandlers_end = .;
        *(.rodata.*)
        *(.data.rel.ro .data.rel.ro.*)
        /* Addresses known at link time; clang reaches the stack guard through one. */
        *(.got .got.plt .igot .igot.plt)
    } :rodata

    .note.gnu.build-id : AT(ADDR(.note.gnu.build-id) - LOAD_OFFSET) {
        __build_id_start = .;
        *(.note.gnu.build-id)
        __build_id_end = .;
    } :rodata :note
    __rodata_end = .;

    . = ALIGN(PAGE);
    .data : AT(ADDR(.data) - LOAD_OFFSET) {
        __ro_after_init_start = .;
        *(.data.ro_after_init.page_aligned)
        *(.data.ro_after_init .data.ro_after_init.*)
        . = ALIGN(8);
        ex_table_start = .; /* sorted at start-up */
        KEEP(*(.ex_table))
        ex_table_end = .;
        . = ALIGN(PAGE);
        __ro_after_init_end = .;
        __data_start = .;
        *(.data.page_aligned)
        *(.data.read_mostly)
        . = ALIGN(64);
        *(.data .data.rel .data.rel.local)
        . = ALIGN(64);
        /* Only the template: every CPU, the first one too, works on a copy. */
        __per_cpu_start = .;
        *(.data.percpu)
        . = ALIGN(64);
        __per_cpu_end = .;
    } :data

    . = ALIGN(PAGE);
    __init_begin = .;
    .init.text : AT(ADDR(.init.text) - LOAD_OFFSET) {
        __init_text_start = .;
        *(.init.text)
        . = ALIGN(PAGE);
        __init_text_end = .;
    } :init =0xcccccccc
    .init.data : AT(ADDR(.init.data) - LOAD_OFFSET) {
        *(.init.rodata .init.rodata.*)
        . = ALIGN(8);
        __params_start = .;
        KEEP(*(.init.params))
        __params_end = .;
        . = ALIGN(8);
        __alt_start = .;
        KEEP(*(.altinstructions))
        __alt_end = .;
        *(.altinstr_replacement)
        . = ALIGN(8);
        *(.init.data)
    } :init

    . = ALIGN(PAGE);
    .bss : AT(ADDR(.bss) - LOAD_OFFSET) {
        *(.bss.init.page_aligned)
        *(.init.bss)
        . = ALIGN(PAGE);
        __init_end = .;
        __bss_start = .;
        *(.bss.page_aligned)
        *(.bss .bss.*)
        *(COMMON)
        . = ALIGN(64);
        /* The first CPU's copy of the template, which it needs before there is a heap. */
        __per_cpu_first = .;
        . += __per_cpu_end - __per_cpu_start;
        . = ALIGN(PAGE);
    } :bss
    __image_end = .;

    /DISCARD/ : {
        *(.comment .note.GNU-stack .note.gnu.property .eh_frame .eh_frame_hdr .gnu.warning.*)
    }

    .debug_aranges 0 : { *(.debug_aranges) } :NONE
    .debug_info 0 : { *(.debug_info .gnu.linkonce.wi.*) }
    .debug_abbrev 0 : { *(.debug_abbrev) }
    .debug_line 0 : { *(.debug_line .debug_line.*) }
    .debug_frame 0 : { *(.debug_frame) }
    .debug_str 0 : { *(.debug_str) }
    .debug_loc 0 : { *(.debug_loc) }
    .debug_ranges 0 : { *(.debug_ranges) }
    .debug_addr 0 : { *(.debug_addr) }
    .debug_line_str 0 : { *(.debug_line_str) }
    .debug_loclists 0 : { *(.debug_loclists) }
    .debug_macro 0 : { *(.debug_macro) }
    .debug_names 0 : { *(.debug_names) }
    .debug_rnglists 0 : { *(.debug_rnglists) }
    .debug_str_offsets 0 : { *(.debug_str_offsets) }
    .symtab 0 : { *(.symtab) }
    .strtab 0 : { *(.strtab) }
    .shstrtab 0 : { *(.shstrtab) }
    /* Nothing may need a run-time loader. */
    .plt : { *(.plt) *(.iplt) }
    .rela : { *(.rela.*) }
}

/* boot.S maps the image through two tables of level 1, and its 32-bit part by one page. */
ASSERT(__image_end - __image_start <= 0x400000, "the image outgrew its two level-1 tables")
ASSERT(boot_low_end - __image_start <= PAGE, "start-up code before paging must fit one page")
ASSERT(SIZEOF(.plt) == 0 && SIZEOF(.rela) == 0, "unexpected relocation")
