/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privileged instructions of a PV kernel: what is emulated, what is ignored, what is a #GP; CPUID
 * with the hypervisor's leaves; I/O ports by privilege level and permission.
 */
#define SUITE "emulate"
#include <guest/smp.h>
#include <public/arch-x86/cpuid.h>
#include <public/physdev.h>
#include "test.h"
#include "child.h"

struct regs {
    uint64_t a, b, c, d;
};

static struct trap_catch caught;

static void do_cpuid_xen(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid"
                     : "+a"(r->a), "=b"(r->b), "+c"(r->c), "=d"(r->d));
}

static struct regs cpuid_xen(uint32_t leaf, uint32_t subleaf)
{
    struct regs r = { .a = leaf, .c = subleaf };

    if (trap_call(&caught, do_cpuid_xen, &r)) {
        test_fail(__FILE__, __LINE__, "cpuid %#x trapped with %#lx", leaf, caught.regs.vector);
    }
    return r;
}

TEST(cpuid_signature)
{
    struct regs r = cpuid_xen(0x40000000, 0);

    EXPECT_EQ(r.b, XEN_CPUID_SIGNATURE_EBX);
    EXPECT_EQ(r.c, XEN_CPUID_SIGNATURE_ECX);
    EXPECT_EQ(r.d, XEN_CPUID_SIGNATURE_EDX);
    EXPECT_EQ(r.a, 0x40000005);
}

#define LEAF_1_APIC_ID_SHIFT 24

static uint32_t other_leaf_1;

static void ask_leaf_1(void *arg)
{
    struct regs r = { .a = 1 };

    (void)arg;
    do_cpuid_xen(&r);
    other_leaf_1 = (uint32_t)r.b;
}

/* Which vCPU it is, a PV kernel knows otherwise: all of them have the same APIC id, and so are one
 * package's. */
TEST(cpuid_apic_id)
{
    struct regs r = cpuid_xen(1, 0);

    EXPECT_EQ(r.b >> LEAF_1_APIC_ID_SHIFT, 0);
    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(smp_start(1, ask_leaf_1, NULL), 0);
    REQUIRE_EQ(smp_join(1), 0);
    EXPECT_EQ(other_leaf_1 >> LEAF_1_APIC_ID_SHIFT, 0);
    EXPECT_EQ(other_leaf_1, r.b);
}

TEST(cpuid_version)
{
    struct regs r = cpuid_xen(0x40000001, 0);

    EXPECT_EQ(r.a, test_xen_version());
    EXPECT_EQ(r.b, 0);
    EXPECT_EQ(r.c, 0);
    EXPECT_EQ(r.d, 0);
}

TEST(cpuid_hypercall_msr)
{
    struct regs r = cpuid_xen(0x40000002, 0);

    EXPECT_EQ(r.a, 1);
    EXPECT_EQ(r.b, 0x40000000);
    EXPECT_EQ(r.c & XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD, 1);
    EXPECT_EQ(r.d, 0);
}

/* Not emulated: no offset to tell, only what the host's counter does. */
TEST(cpuid_time)
{
    struct regs r = cpuid_xen(0x40000003, 0);

    EXPECT_EQ(r.a & ~2ul,
              4); /* RDTSCP is there; bit 1 says whether the host's counter is reliable */
    EXPECT_EQ(r.b, 0);
    EXPECT_EQ(r.d, 0);
    r = cpuid_xen(0x40000003, 1);
    EXPECT_EQ(r.a | r.b | r.c | r.d, 0);
    r = cpuid_xen(0x40000003, 2);
    EXPECT(r.a > 0);
    EXPECT_EQ(r.b | r.c | r.d, 0);
    r = cpuid_xen(0x40000003, 3);
    EXPECT_EQ(r.a | r.b | r.c | r.d, 0);
}

TEST(cpuid_pv_leaf)
{
    struct regs r = cpuid_xen(0x40000005, 0);

    /* Machine address width in the low byte of ebx. */
    EXPECT((r.b & 0xff) >= 28 && (r.b & 0xff) <= 52);
    EXPECT_EQ(r.a, 0);
    r = cpuid_xen(0x40000004, 0);
    EXPECT_EQ(r.a, 0);
}

TEST(cpuid_past_the_leaves)
{
    struct regs r = cpuid_xen(0x40000006, 0);

    EXPECT_EQ(r.a | r.b | r.c | r.d, 0);
    r = cpuid_xen(0x40000100, 0);
    EXPECT_EQ(r.a | r.b | r.c | r.d, 0);
}

TEST(cpuid_features)
{
    struct regs r = cpuid_xen(1, 0);

    EXPECT(r.c & (1u << 31));    /* hypervisor */
    EXPECT(!(r.c & (1u << 5)));  /* VMX */
    EXPECT(!(r.c & (1u << 3)));  /* MONITOR */
    EXPECT(!(r.c & (1u << 21))); /* x2APIC is not a PV kernel's */
    EXPECT(r.d & (1u << 0));     /* FPU */
    EXPECT(!(r.d & (1u << 3)));  /* PSE: no superpages */
    EXPECT(!(r.d & (1u << 17))); /* PSE36 */
    EXPECT(r.d & (1u << 6));     /* PAE */
    r = cpuid_xen(0x80000001, 0);
    EXPECT(!(r.c & (1u << 2)));  /* SVM */
    EXPECT(r.d & (1u << 11));    /* SYSCALL */
    EXPECT(r.d & (1u << 20));    /* NX */
    EXPECT(r.d & (1u << 29));    /* LM */
    EXPECT(!(r.d & (1u << 26))); /* 1 GiB pages */
}

static void do_rdmsr(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("rdmsr" : "=a"(r->a), "=d"(r->d) : "c"(r->c));
}

static void do_wrmsr(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("wrmsr" : : "a"(r->a), "d"(r->d), "c"(r->c));
}

static bool rdmsr_ok(uint32_t msr, uint64_t *value)
{
    struct regs r = { .c = msr };
    bool trapped = trap_call(&caught, do_rdmsr, &r);

    *value = trapped ? 0 : (r.d << 32) | (uint32_t)r.a;
    if (trapped) {
        EXPECT_EQ(caught.regs.vector, TRAP_GP);
        EXPECT_EQ(caught.regs.error, 0);
    }
    return !trapped;
}

static bool wrmsr_ok(uint32_t msr, uint64_t value)
{
    struct regs r = { .c = msr, .a = (uint32_t)value, .d = value >> 32 };

    return !trap_call(&caught, do_wrmsr, &r);
}

#define MSR_EFER    0xc0000080
#define MSR_STAR    0xc0000081
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KGS     0xc0000102
#define MSR_PAT     0x277

TEST(rdmsr)
{
    static unsigned long word = 99;
    uint64_t value;

    EXPECT(rdmsr_ok(MSR_EFER, &value));
    EXPECT_EQ(value & 0x501, 0x501);
    EXPECT(!(value & (1ul << 12))); /* SVME */
    EXPECT_EQ(hv_set_segment_base(SEGBASE_FS, (unsigned long)&word), 0);
    EXPECT(rdmsr_ok(MSR_FS_BASE, &value));
    EXPECT_EQ(value, (unsigned long)&word);
    EXPECT(rdmsr_ok(MSR_GS_BASE, &value));
    EXPECT_EQ(value, (unsigned long)this_cpu());
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER, 0x1234000), 0);
    EXPECT(rdmsr_ok(MSR_KGS, &value));
    EXPECT_EQ(value, 0x1234000);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER, 0), 0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_FS, 0), 0);
    EXPECT(rdmsr_ok(MSR_PAT, &value));
    EXPECT_EQ(value, 0x050100070406);
}

TEST(rdmsr_unknown)
{
    static const uint32_t msrs[] = { 0x12345678, 0x3fffffff, 0x40000001,
                                     0xc0011fff, 0x480,      0xc0010117 };
    uint64_t value;

    for (unsigned int i = 0; i < ARRAY_SIZE(msrs); i++) {
        if (!EXPECT(!rdmsr_ok(msrs[i], &value))) {
            printf("#    MSR %#x reads %#lx\n", msrs[i], value);
        }
    }
}

TEST(wrmsr_bases)
{
    static unsigned long word = 4711;
    unsigned long got;

    EXPECT(wrmsr_ok(MSR_FS_BASE, (unsigned long)&word));
    __asm__ volatile("movq %%fs:0, %0" : "=r"(got));
    EXPECT_EQ(got, 4711);
    EXPECT(wrmsr_ok(MSR_FS_BASE, 0));
    EXPECT(!wrmsr_ok(MSR_FS_BASE, 0x0000800000000000ul));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    EXPECT(!wrmsr_ok(MSR_KGS, 0x0000800000000000ul));
    EXPECT(wrmsr_ok(MSR_KGS, 0));
    EXPECT(wrmsr_ok(MSR_GS_BASE, (unsigned long)this_cpu()));
}

TEST(wrmsr_refused)
{
    uint64_t efer;

    REQUIRE(rdmsr_ok(MSR_EFER, &efer));
    EXPECT(wrmsr_ok(MSR_EFER, efer));
    EXPECT(!wrmsr_ok(MSR_PAT, 0x0007040600070406ul));
    EXPECT(!wrmsr_ok(0x12345678, 0));
    EXPECT(!wrmsr_ok(0x40000001, 0));
    EXPECT(!wrmsr_ok(0x40000000, ~0ul << 12));
}

/* The hypercall page by MSR: the index is in the low bits, the frame must be ours and writable. */
TEST(hypercall_page_msr)
{
    uint8_t *page = page_alloc(1);

    REQUIRE(page != NULL);
    EXPECT(wrmsr_ok(0x40000000, virt_to_maddr(page)));
    EXPECT(!memcmp(page + 17 * HYPERCALL_STRIDE, hypercall_page + 17 * HYPERCALL_STRIDE, 8) ||
           page[17 * HYPERCALL_STRIDE] != 0);
    EXPECT(!wrmsr_ok(0x40000000, virt_to_maddr(page) | 1));
    EXPECT(!wrmsr_ok(0x40000000, virt_to_maddr(pt_root)));
    page_free(page, 1);
}

static void do_read_cr(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("movq %%cr0, %0" : "=r"(r->a));
    __asm__ volatile("movq %%cr2, %0" : "=r"(r->b));
    __asm__ volatile("movq %%cr3, %0" : "=r"(r->c));
    __asm__ volatile("movq %%cr4, %0" : "=r"(r->d));
}

TEST(read_control_registers)
{
    struct regs r = { 0 };

    REQUIRE(!trap_call(&caught, do_read_cr, &r));
    EXPECT_EQ(r.a & 0x80000001, 0x80000001); /* PG, PE */
    EXPECT_EQ(r.a & 0x00010000, 0x00010000); /* WP */
    EXPECT_EQ(r.b, this_cpu()->info->arch.cr2);
    EXPECT_EQ(r.c, virt_to_maddr(pt_root));
    EXPECT_EQ(r.d & 0x20, 0x20); /* PAE */
    EXPECT_EQ(r.d & 0x2000, 0);  /* VMXE */
}

static void do_write_cr0(void *arg)
{
    __asm__ volatile("movq %0, %%cr0" : : "r"(*(unsigned long *)arg));
}

static void do_write_cr2(void *arg)
{
    __asm__ volatile("movq %0, %%cr2" : : "r"(*(unsigned long *)arg));
}

static void do_write_cr3(void *arg)
{
    __asm__ volatile("movq %0, %%cr3" : : "r"(*(unsigned long *)arg) : "memory");
}

static void do_write_cr4(void *arg)
{
    __asm__ volatile("movq %0, %%cr4" : : "r"(*(unsigned long *)arg));
}

static void do_write_cr8(void *arg)
{
    __asm__ volatile("movq %0, %%cr8" : : "r"(*(unsigned long *)arg));
}

static void do_clts(void *arg)
{
    (void)arg;
    __asm__ volatile("clts");
}

static void do_fninit(void *arg)
{
    (void)arg;
    __asm__ volatile("fninit");
}

TEST(write_cr0_task_switched)
{
    struct regs r = { 0 };
    unsigned long value;

    REQUIRE(!trap_call(&caught, do_read_cr, &r));
    value = r.a | 8;
    EXPECT(!trap_call(&caught, do_write_cr0, &value));
    EXPECT(trap_call(&caught, do_fninit, NULL));
    EXPECT_EQ(caught.regs.vector, TRAP_NM);
    value = r.a | 8;
    EXPECT(!trap_call(&caught, do_write_cr0, &value));
    EXPECT(!trap_call(&caught, do_clts, NULL));
    EXPECT(!trap_call(&caught, do_fninit, NULL));
    /* Any other bit is not the kernel's to change. */
    value = r.a & ~0x10000ul;
    EXPECT(trap_call(&caught, do_write_cr0, &value));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    value = r.a & ~0x80000000ul;
    EXPECT(trap_call(&caught, do_write_cr0, &value));
}

TEST(write_cr2)
{
    struct regs r = { 0 };
    unsigned long value = 0xdeadbeef000;

    EXPECT(!trap_call(&caught, do_write_cr2, &value));
    EXPECT_EQ(this_cpu()->info->arch.cr2, 0xdeadbeef000);
    REQUIRE(!trap_call(&caught, do_read_cr, &r));
    EXPECT_EQ(r.b, 0xdeadbeef000);
}

TEST(write_cr3)
{
    unsigned long value = virt_to_maddr(pt_root);
    void *page = page_alloc(1);

    EXPECT(!trap_call(&caught, do_write_cr3, &value));
    value = virt_to_maddr(page);
    EXPECT(trap_call(&caught, do_write_cr3, &value));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    page_free(page, 1);
}

TEST(write_cr4)
{
    struct regs r = { 0 };
    unsigned long value;

    REQUIRE(!trap_call(&caught, do_read_cr, &r));
    value = r.d;
    EXPECT(!trap_call(&caught, do_write_cr4, &value));
    value = 0;
    EXPECT(!trap_call(&caught, do_write_cr4, &value));
    EXPECT(trap_call(&caught, do_write_cr8, &value));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
}

static void do_dr(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("movq %0, %%dr2" : : "r"(r->b));
    __asm__ volatile("movq %%dr2, %0" : "=r"(r->a));
    __asm__ volatile("movq %%dr7, %0" : "=r"(r->d));
}

static void do_dr_bad(void *arg)
{
    __asm__ volatile("movq %0, %%dr0" : : "r"(arg));
}

TEST(debug_registers)
{
    struct regs r = { .b = 0x5000 };

    EXPECT(!trap_call(&caught, do_dr, &r));
    EXPECT_EQ(r.a, 0x5000);
    EXPECT_EQ(r.d, 0x400);
    EXPECT_EQ(hv_get_debugreg(2), 0x5000);
    EXPECT_EQ(hv_set_debugreg(2, 0), 0);
    EXPECT(trap_call(&caught, do_dr_bad, HV_POINTER));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
}

static struct {
    uint64_t rsi, rcx;
} string_end;

/* Three bytes, by registers of 32 bits: what is above in them does not count, and goes. */
static void do_outs_addr32(void *arg)
{
    uint64_t si = (uint64_t)arg | 5ul << 32, cx = 3 | 7ul << 32;

    __asm__ volatile("addr32 rep outsb" : "+S"(si), "+c"(cx) : "d"(0x80) : "memory");
    string_end.rsi = si;
    string_end.rcx = cx;
}

TEST(string_by_short_registers)
{
    static const unsigned long va = 0x10000;
    struct physdev_set_iopl op = { .iopl = 1 };
    void *page = page_alloc(1);

    REQUIRE_EQ(pt_map(va, pte_make(virt_to_mfn(page), PTE_RO)), 0);
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_set_iopl, &op), 0);
    EXPECT(!trap_call(&caught, do_outs_addr32, (void *)va));
    EXPECT_EQ(string_end.rsi, va + 3);
    EXPECT_EQ(string_end.rcx, 0);
    op.iopl = 0;
    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_set_iopl, &op), 0);
    EXPECT_EQ(pt_unmap(va), 0);
    page_free(page, 1);
}

static void do_hlt(void *arg)
{
    (void)arg;
    __asm__ volatile("hlt");
}

static void do_wbinvd(void *arg)
{
    (void)arg;
    __asm__ volatile("wbinvd");
}

static void do_invd(void *arg)
{
    (void)arg;
    __asm__ volatile("invd");
}

static void do_invlpg(void *arg)
{
    __asm__ volatile("invlpg (%0)" : : "r"(arg) : "memory");
}

static void do_cli(void *arg)
{
    (void)arg;
    __asm__ volatile("cli");
}

static void do_sti(void *arg)
{
    (void)arg;
    __asm__ volatile("sti");
}

static void do_lgdt(void *arg)
{
    (void)arg;
    __asm__ volatile("subq $16, %rsp; lgdt (%rsp); addq $16, %rsp");
}

static void do_lidt(void *arg)
{
    (void)arg;
    __asm__ volatile("subq $16, %rsp; lidt (%rsp); addq $16, %rsp");
}

static void do_ltr(void *arg)
{
    (void)arg;
    __asm__ volatile("ltr %w0" : : "r"(0));
}

static void do_swapgs(void *arg)
{
    (void)arg;
    __asm__ volatile("swapgs");
}

static void do_sysret(void *arg)
{
    (void)arg;
    __asm__ volatile("sysretq");
}

static void do_vmcall(void *arg)
{
    (void)arg;
    __asm__ volatile("vmcall");
}

static void do_vmmcall(void *arg)
{
    (void)arg;
    __asm__ volatile("vmmcall");
}

static void do_rdpmc(void *arg)
{
    (void)arg;
    __asm__ volatile("rdpmc" : : "c"(0) : "rax", "rdx");
}

TEST(privileged_instructions)
{
    static const struct {
        const char *name;
        void (*fn)(void *);
        int vector; /* -1: runs */
    } cases[] = {
        { "hlt", do_hlt, TRAP_GP },       { "wbinvd", do_wbinvd, -1 },
        { "cli", do_cli, TRAP_GP },       { "sti", do_sti, TRAP_GP },
        { "lgdt", do_lgdt, TRAP_GP },     { "lidt", do_lidt, TRAP_GP },
        { "ltr", do_ltr, TRAP_GP },       { "swapgs", do_swapgs, TRAP_GP },
        { "sysret", do_sysret, TRAP_GP }, { "rdpmc", do_rdpmc, TRAP_GP },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        bool trapped = trap_call(&caught, cases[i].fn, NULL);
        int vector = trapped ? (int)caught.regs.vector : -1;

        if (!EXPECT_EQ(vector, cases[i].vector)) {
            printf("#    %s\n", cases[i].name);
        }
    }
}

/* Alone, since not every emulator refuses it to user mode. */
TEST(invd)
{
    EXPECT(trap_call(&caught, do_invd, NULL));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
}

/* Calls to a monitor: undefined without one, privileged where the hypervisor has VMX or SVM on. */
TEST(monitor_calls)
{
    EXPECT(trap_call(&caught, do_vmcall, NULL));
    EXPECT(caught.regs.vector == TRAP_UD || caught.regs.vector == TRAP_GP);
    EXPECT(trap_call(&caught, do_vmmcall, NULL));
    EXPECT(caught.regs.vector == TRAP_UD || caught.regs.vector == TRAP_GP);
}

TEST(invlpg)
{
    EXPECT(trap_call(&caught, do_invlpg, (void *)pt_root));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    EXPECT_EQ(caught.regs.error, 0);
}

static void do_rdtsc(void *arg)
{
    struct regs *r = arg;

    r->a = cpu_rdtsc();
    r->b = cpu_rdtsc();
}

static void do_rdtscp(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("rdtscp" : "=a"(r->a), "=d"(r->d), "=c"(r->c));
}

TEST(time_stamps)
{
    struct regs r = { 0 };

    EXPECT(!trap_call(&caught, do_rdtsc, &r));
    EXPECT(r.b > r.a);
    EXPECT(!trap_call(&caught, do_rdtscp, &r));
}

static void do_xgetbv(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("xgetbv" : "=a"(r->a), "=d"(r->d) : "c"(0));
}

static void do_xsetbv(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("xsetbv" : : "a"(r->a), "d"(r->d), "c"(r->c));
}

TEST(xcr0)
{
    struct regs r = cpuid_xen(1, 0), x = { 0 }, cr = { 0 };
    unsigned long cr4;

    if (!(r.c & (1u << 26))) {
        SKIP("no XSAVE on this processor");
    }
    EXPECT(r.c & (1u << 27)); /* OSXSAVE follows CR4, which PV kernels see set */
    REQUIRE(!trap_call(&caught, do_read_cr, &cr));
    EXPECT(!trap_call(&caught, do_xgetbv, &x));
    EXPECT_EQ(x.a & 1, 1);
    x.c = 0;
    /* Before CR4.OSXSAVE is set the instruction is undefined, though reading works. */
    EXPECT(trap_call(&caught, do_xsetbv, &x));
    EXPECT_EQ(caught.regs.vector, TRAP_UD);
    cr4 = cr.d | (1ul << 18);
    REQUIRE(!trap_call(&caught, do_write_cr4, &cr4));
    EXPECT(!trap_call(&caught, do_xsetbv, &x));
    x.a = 0; /* x87 may not be off */
    EXPECT(trap_call(&caught, do_xsetbv, &x));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    x.a = 1;
    x.d = 0x80000000; /* a component that is not there */
    EXPECT(trap_call(&caught, do_xsetbv, &x));
    x.d = 0;
    x.c = 1;
    EXPECT(trap_call(&caught, do_xsetbv, &x));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
}

static void do_inb(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("inb %w1, %b0" : "=a"(r->a) : "d"(r->d));
}

static void do_outb(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("outb %b0, %w1" : : "a"(r->a), "d"(r->d));
}

static long set_iopl(uint32_t level)
{
    struct physdev_set_iopl op = { .iopl = level };

    return hv_physdev_op(PHYSDEVOP_set_iopl, &op);
}

TEST(ports_by_iopl)
{
    struct regs r = { .d = 0x71 };

    EXPECT_EQ(set_iopl(0), 0);
    EXPECT(trap_call(&caught, do_inb, &r));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    EXPECT_EQ(caught.regs.error, 0);
    EXPECT_EQ(set_iopl(1), 0);
    EXPECT(!trap_call(&caught, do_inb, &r));
    r.d = 0x80;
    EXPECT(!trap_call(&caught, do_outb, &r));
    EXPECT_EQ(set_iopl(3), 0);
    EXPECT(!trap_call(&caught, do_inb, &r));
    EXPECT_EQ(set_iopl(4), -EINVAL);
    EXPECT_EQ(set_iopl(~0u), -EINVAL);
    EXPECT_EQ(set_iopl(0), 0);
}

/* The hypervisor keeps the interrupt controllers, the PIT and its own console for itself. */
TEST(ports_not_dom0s)
{
    static const uint16_t denied[] = { 0x20, 0x21, 0xa0, 0xa1, 0x40, 0x3f8, 0x3fd };
    struct regs r = { 0 };

    REQUIRE_EQ(set_iopl(1), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(denied); i++) {
        bool trapped;

        r.a = 0;
        r.d = denied[i];
        trapped = trap_call(&caught, do_inb, &r);
        if (!EXPECT(trapped || (r.a & 0xff) == 0xff)) {
            printf("#    port %#x reads %#lx\n", denied[i], r.a & 0xff);
        }
    }
    EXPECT_EQ(set_iopl(0), 0);
}

static void do_flags(void *arg)
{
    struct regs *r = arg;

    __asm__ volatile("pushfq; popq %0; pushq $0x3202; popfq; pushfq; popq %1"
                     : "=&r"(r->a), "=&r"(r->b)
                     :
                     : "memory", "cc");
}

/* POPF at CPL 3 changes neither IF nor IOPL, silently. */
TEST(popf)
{
    struct regs r = { 0 };

    EXPECT(!trap_call(&caught, do_flags, &r));
    EXPECT_EQ(r.a & 0x200, 0x200);
    EXPECT_EQ(r.b & 0x3000, r.a & 0x3000);
}

ROLE(ports)
{
    struct regs r = { .d = 0x71 };

    printf("REPORT iopl %ld\n", set_iopl(1));
    printf("REPORT in %d\n", trap_call(&caught, do_inb, &r));
    printf("REPORT wbinvd %d\n", trap_call(&caught, do_wbinvd, NULL));
    printf("REPORT leaf %#lx\n", cpuid_xen(0x40000000, 0).b);
    return SHUTDOWN_poweroff;
}

TEST(from_domu)
{
    static struct child c;
    long value = 0;

    REQUIRE_EQ(child_run(&c, "role=ports", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&c, "iopl", &value));
    EXPECT_EQ(value, 0);
    EXPECT(child_reported(&c, "in", &value));
    EXPECT_EQ(value, 0);
    EXPECT(child_reported(&c, "wbinvd", &value));
    EXPECT_EQ(value, 0);
    EXPECT(child_reported(&c, "leaf", &value));
    EXPECT_EQ(value, XEN_CPUID_SIGNATURE_EBX);
}
