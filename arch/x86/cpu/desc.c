/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptor tables: one IDT for all CPUs, one page of GDT and TSS for each.
 *
 * Invariant: after start-up the IDT and, at the addresses that the CPUs use, the descriptor pages
 * are read-only. A CPU writes only its own page, through the alias in the direct map. No lock.
 */
#include <hv/lib.h>
#include <asm/boot.h>
#include <asm/desc.h>
#include <asm/entry.h>
#include <hv/mm.h>
#include <asm/processor.h>
#include <asm/stack.h>

/* SDM vol. 3A 6.14.1. */
struct gate {
    uint64_t lo, hi;
};
#define GATE_INTERRUPT 0xe
#define GATE_PRESENT   (1UL << 47)
#define GATE_DPL(n)    ((uint64_t)(n) << 45)
#define GATE_TYPE(t)   ((uint64_t)(t) << 40)
#define GATE_IST(n)    ((uint64_t)(n) << 32)

/* Flat segments: SDM vol. 3A 3.4.5, accessed bit set, so that the CPU need not write. */
#define DESC_CODE64(dpl) (0x00af9b000000ffffUL | (uint64_t)(dpl) << 45)
#define DESC_CODE32(dpl) (0x00cf9b000000ffffUL | (uint64_t)(dpl) << 45)
#define DESC_DATA(dpl)   (0x00cf93000000ffffUL | (uint64_t)(dpl) << 45)
#define DESC_TSS         0x0000890000000000UL
#define DESC_LDT         0x0000820000000000UL
/* Ring 3 may ask for the limit of this one; it is not present for anything else. */
#define DESC_CPU_NUMBER 0x0040f50000000000UL

/* Any vector behind the exceptions. */
#define PROBE_VECTOR 0x82

#define DESC_INDEX(sel) (((sel)-HV_GDT_OFFSET) >> 3)

extern struct gate idt_page[];
struct gate idt_page[256] __section(".data.ro_after_init.page_aligned") __aligned(4096);
static struct desc_page boot_desc_page __section(".bss.init.page_aligned") __aligned(4096);

unsigned int int_error_code_shift __ro_after_init = 3;

DEFINE_PER_CPU(struct desc_page *, desc_page);
DEFINE_PER_CPU(mfn_t, desc_page_mfn);

/* A descriptor of 16 bytes: TSS or LDT. */
static void set_system_desc(uint64_t *d, uint64_t type, unsigned long base, uint32_t limit)
{
    d[1] = base >> 32;
    d[0] = type | (limit & 0xffff) | (uint64_t)(limit & 0xf0000) << 32 | (base & 0xffffff) << 16 |
           (base & 0xff000000) << 32;
}

static void tss_init(struct tss *tss, unsigned long stack)
{
    *tss = (struct tss){ .io_map = sizeof(*tss) };
    tss->rsp[0] = cpu_info_rsp0(cpu_info_of_stack(stack));
    tss->ist[IST_DF - 1] = stack + IST_DF_TOP;
    tss->ist[IST_NMI - 1] = stack + IST_NMI_TOP;
    tss->ist[IST_MCE - 1] = stack + IST_MCE_TOP;
    tss->ist[IST_DB - 1] = stack + IST_DB_TOP;
}

static void desc_fill(struct desc_page *page, unsigned long tss_va, unsigned long stack,
                      unsigned int cpu)
{
    uint64_t *gdt = page->gdt;

    gdt[DESC_INDEX(HV_SEL_CS)] = DESC_CODE64(0);
    gdt[DESC_INDEX(HV_SEL_DS)] = DESC_DATA(0);
    gdt[DESC_INDEX(FLAT_RING3_CS32)] = DESC_CODE32(3);
    gdt[DESC_INDEX(FLAT_RING3_SS64)] = DESC_DATA(3);
    gdt[DESC_INDEX(FLAT_RING3_CS64)] = DESC_CODE64(3);
    gdt[DESC_INDEX(HV_SEL_CPU)] = DESC_CPU_NUMBER | cpu;
    set_system_desc(&gdt[DESC_INDEX(HV_SEL_TSS)], DESC_TSS, tss_va, sizeof(struct tss) - 1);
    tss_init(&page->tss, stack);
}

void desc_page_init(struct desc_page *page, unsigned long stack, unsigned int cpu)
{
    unsigned long guard = stack + STACK_GUARD_PAGE * PAGE_SIZE;

    memset(page, 0, sizeof(*page));
    desc_fill(page, guard + offsetof(struct desc_page, tss), stack, cpu);
}

static void load_gdt(unsigned long page_va)
{
    struct desc_ptr gdtr = { HV_GDT_LIMIT, page_va - HV_GDT_OFFSET };

    lgdt(&gdtr);
}

/* CS by a far return; the data segments hold null selectors, as in guest context. */
static void load_segments(void)
{
    __asm__ volatile("pushq %0\n"
                     "lea 1f(%%rip), %%rax\n"
                     "push %%rax\n"
                     "lretq\n"
                     "1: xor %%eax, %%eax\n"
                     "mov %%eax, %%ds; mov %%eax, %%es; mov %%eax, %%fs; mov %%eax, %%gs\n"
                     "mov %%eax, %%ss"
                     :
                     : "i"(HV_SEL_CS)
                     : "rax", "memory");
}

static void load_idt(void)
{
    struct desc_ptr idtr = { sizeof(idt_page) - 1, (unsigned long)idt_page };

    lidt(&idtr);
}

void desc_load_own_gdt(void)
{
    load_gdt(CPU_STACK(smp_processor_id()) + STACK_GUARD_PAGE * PAGE_SIZE);
}

void desc_load_guest_gdt(unsigned long window_va)
{
    load_gdt(window_va + HV_GDT_OFFSET);
}

void desc_load_ldt(unsigned long base, unsigned int entries)
{
    if (!entries) {
        lldt(0);
        return;
    }
    set_system_desc(&this_cpu(desc_page)->gdt[DESC_INDEX(HV_SEL_LDT)], DESC_LDT, base,
                    entries * 8 - 1);
    lldt(HV_SEL_LDT);
}

void desc_cpu_load(void)
{
    /* LTR writes the descriptor's busy bit, so the writable alias is used for that one moment. */
    load_gdt((unsigned long)this_cpu(desc_page));
    load_segments();
    ltr(HV_SEL_TSS);
    lldt(0);
    desc_load_own_gdt();
    load_idt();
}

static __init void set_gate_to(unsigned long stub, unsigned int vector, unsigned int dpl,
                               enum ist ist)
{
    idt_page[vector].lo = (stub & 0xffff) | (uint64_t)HV_SEL_CS << 16 | GATE_IST(ist) |
                          GATE_TYPE(GATE_INTERRUPT) | GATE_DPL(dpl) | GATE_PRESENT |
                          (stub & 0xffff0000) << 32;
    idt_page[vector].hi = stub >> 32;
}

static __init void set_gate(unsigned int vector, unsigned int dpl, enum ist ist)
{
    set_gate_to((unsigned long)exception_stubs + vector * EXCEPTION_STUB_SIZE, vector, dpl, ist);
}

/*
 * INT3, INTO and the ABI's fast INT 0x80 are open to ring 3. Any other `int n` of a guest ends as a
 * general-protection fault, whose error code tells the vector.
 */
static __init void idt_init(void)
{
    for (unsigned int v = 0; v < ARRAY_SIZE(idt_page); v++) {
        set_gate(v, 0, IST_NONE);
    }
    set_gate(TRAP_DB, 0, IST_DB);
    set_gate(TRAP_NMI, 0, IST_NMI);
    set_gate(TRAP_DF, 0, IST_DF);
    set_gate(TRAP_MC, 0, IST_MCE);
    set_gate(TRAP_BP, 3, IST_NONE);
    set_gate(TRAP_OF, 3, IST_NONE);
    set_gate(LEGACY_SYSCALL_VECTOR, 3, IST_NONE);
}

/* #GP's gate during the probe: the error code goes into EAX, and on behind the two bytes of INT. */
extern const char probe_gp_entry[];
__asm__(".pushsection .init.text, \"ax\"\n"
        "probe_gp_entry: pop %rax\n"
        "addq $2, (%rsp)\n"
        "iretq\n"
        ".popsection");

/*
 * The error code of an INT that faults holds the vector from bit 3 on (SDM vol. 3A 6.13). QEMU's
 * emulator before version 9 has it one bit higher, as the offset of a gate of 16 bytes. One such
 * INT tells which: the IDT's limit is below its vector.
 */
static __init void probe_int_error_code(void)
{
    struct desc_ptr idtr = { (TRAP_GP + 1) * sizeof(struct gate) - 1, (unsigned long)idt_page };
    uint32_t code;

    set_gate_to((unsigned long)probe_gp_entry, TRAP_GP, 0, IST_NONE);
    lidt(&idtr);
    __asm__ volatile("int %1" : "=a"(code) : "i"(PROBE_VECTOR) : "memory");
    set_gate(TRAP_GP, 0, IST_NONE);
    if (code >> 4 == PROBE_VECTOR) {
        int_error_code_shift = 4;
    }
}

void __init desc_early_init(void)
{
    struct desc_page *page = &boot_desc_page;

    idt_init();
    desc_fill(page, (unsigned long)&page->tss, ROUNDDOWN((unsigned long)get_cpu_info(), STACK_SIZE),
              0);
    load_gdt((unsigned long)page);
    load_segments();
    ltr(HV_SEL_TSS);
    probe_int_error_code();
    load_idt();
}
