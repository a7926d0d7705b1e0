/* SPDX-License-Identifier: GPL-2.0-only */
/* What boot.S and the boot loader leave to the start-up code, and the image's own parts. */
#ifndef ASM_BOOT_H
#define ASM_BOOT_H

#include <hv/frame.h>
#include <hv/init.h>
#include <asm/firmware.h>
#include <asm/page.h>

/* Parts of the image: corbel.lds.S. */
extern char __image_start[], __image_end[];
extern char __text_start[], __text_end[];
extern char __rodata_start[], __rodata_end[];
extern char __ro_after_init_start[], __ro_after_init_end[];
extern char __data_start[];
extern char __per_cpu_start[], __per_cpu_end[], __per_cpu_first[];
extern char __init_begin[], __init_end[], __init_text_start[], __init_text_end[];
extern char __build_id_start[], __build_id_end[];

/* Page tables that boot.S made. idle_pg_table is the hypervisor's own level 4; boot_l4 has besides
 * it the low pages that switch paging on, and goes with init memory. */
extern pte_t idle_pg_table[PT_ENTRIES];
extern pte_t directmap_l3[PT_ENTRIES];
extern pte_t boot_directmap_l2[4 * PT_ENTRIES];
extern pte_t image_l1[2 * PT_ENTRIES], image_l3[PT_ENTRIES];
extern pte_t boot_l4[PT_ENTRIES], boot_low_l3[PT_ENTRIES], boot_low_l2[PT_ENTRIES];

extern char boot_stack[]; /* one block, until the first CPU has its own */

extern maddr_t image_start_maddr; /* where the image is; 2 MiB-aligned, below 4 GiB */
extern maddr_t mb2_info_maddr;
/* A page below 1 MiB that other CPUs start from, kept out of the heap; 0: there is none. */
extern maddr_t trampoline_maddr;

/* Machine address of something in the image; of anything else, nonsense. */
maddr_t image_to_maddr(const void *va);

/* Rights of a part of the image, whole pages; existing pages only. On all CPUs; interrupts on. */
void image_set_rights(const void *start, const void *end, uint64_t flags);
/* .data.ro_after_init becomes read-only. Call once start-up is over, before init memory is freed.
 */
void image_seal(void);

/* ACPI's tables are read, wherever they lie; before the heap: arch/x86/boot/acpi-map.c. */
void acpi_start(void);

/* First C function: boot.S. Ends in hv_start(). */
void boot_main(void) __noreturn;
/* The start order: arch/x86/boot/setup.c. */
void hv_start(void) __noreturn;
/* After it, on the first CPU's own stack: seals, gives back, and becomes the idle loop. */
void start_finish(void) __noreturn;

#endif
