/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each CPU's descriptor page, and the IDT.
 *
 * The page holds the hypervisor's descriptors and the TSS. It is mapped read-only as the guard page
 * below the CPU's main stack, and as page 14 of the GDT window of the vCPU that runs there; the
 * guest's selectors below HV_GDT_OFFSET, ours above, so they are the same in both places.
 */
#ifndef ASM_DESC_H
#define ASM_DESC_H

#include <hv/frame.h>
#include <hv/percpu.h>

#define HV_GDT_OFFSET 0xe000UL
#define HV_GDT_LIMIT  0xefff

/* Selectors; those that guests see are in public/arch-x86/xen-x86_64.h. */
#define HV_SEL_CS  0xe008
#define HV_SEL_DS  0xe010 /* what SYSCALL loads into SS */
#define HV_SEL_TSS 0xe040
#define HV_SEL_LDT 0xe050
#define HV_SEL_CPU 0xe060 /* its limit is the CPU's number, for LSL */

/* SDM vol. 3A 8.7. */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7]; /* IST n is ist[n - 1] */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __packed;
_Static_assert(sizeof(struct tss) == 104, "SDM vol. 3A 8.7");

enum ist { IST_NONE, IST_DF, IST_NMI, IST_MCE, IST_DB };

#define NR_HV_DESCRIPTORS 32

struct desc_page {
    uint64_t gdt[NR_HV_DESCRIPTORS];
    uint8_t unused0[PAGE_SIZE / 2 - NR_HV_DESCRIPTORS * 8];
    struct tss tss;
    uint8_t unused1[PAGE_SIZE / 2 - sizeof(struct tss)];
};
_Static_assert(sizeof(struct desc_page) == PAGE_SIZE, "one page");

/* Writable alias and frame of a CPU's page: the frame goes into the running vCPU's GDT window. */
DECLARE_PER_CPU(struct desc_page *, desc_page);
DECLARE_PER_CPU(mfn_t, desc_page_mfn);

/* Where the vector stands in the error code of an INT that faulted; found out at start-up. */
extern unsigned int int_error_code_shift;

/* The vCPU's LDT, or none for 0 entries. This CPU, interrupts off. */
void desc_load_ldt(unsigned long base, unsigned int entries);
/* GDTR at the CPU's own page: no guest's window. This CPU. */
void desc_load_own_gdt(void);
/* GDTR at a vCPU's window, in which page 14 is this CPU's page. This CPU. */
void desc_load_guest_gdt(unsigned long window_va);

/* First CPU before the heap: descriptors and IDT on the boot stack, so that faults are told. */
void desc_early_init(void) __init;
/* Fills cpu's page for its stack block; before the CPU uses it. */
void desc_page_init(struct desc_page *page, unsigned long stack, unsigned int cpu);
/* This CPU, on its own stack block: GDT, TSS, IDT. */
void desc_cpu_load(void);

#endif
