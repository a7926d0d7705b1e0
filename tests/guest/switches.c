/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vCPU has in the CPU is its own: it finds it again after another vCPU ran there, and finds
 * nothing of the other's. A busy domain beside the test makes the two take turns where they share a
 * CPU.
 */
#define SUITE "switch"
#include "test.h"
#include "child.h"

#define DESC_DATA 0x00cff3000000fffful
#define DR6_BT    0x8000ul

#define FXSAVE_MXCSR 24
#define MXCSR_DAZ    0x40u

#define CR4_DE       0x8ul
#define CR4_VMXE     0x2000ul
#define CR4_FSGSBASE 0x10000ul

static struct trap_catch caught;

ROLE(spin)
{
    for (uint64_t end = time_now() + 3 * NSEC_PER_SEC; time_now() < end;) {
        __asm__ volatile("pause");
    }
    return SHUTDOWN_poweroff;
}

static struct child rival;

static bool rival_start(void)
{
    struct child_options o = { .cmdline = "role=spin" };

    return EXPECT_EQ(child_create(&rival, &o), 0);
}

/* Time for the rival on the same CPU: by preemption, and by waiting. */
static void take_turns(void)
{
    for (uint64_t end = time_now() + 60 * NSEC_PER_MSEC; time_now() < end;) {
        __asm__ volatile("pause");
    }
    time_sleep(NSEC_PER_MSEC);
}

static void load_fs(unsigned int selector)
{
    __asm__ volatile("movl %0, %%fs" : : "r"(selector));
}

static unsigned int fs_selector(void)
{
    unsigned int s;

    __asm__ volatile("movl %%fs, %0" : "=r"(s));
    return s;
}

static unsigned int gs_selector(void)
{
    unsigned int s;

    __asm__ volatile("movl %%gs, %0" : "=r"(s));
    return s;
}

static void read_fs(void *arg)
{
    __asm__ volatile("movq %%fs:0, %0" : "=r"(*(unsigned long *)arg));
}

/* A base that was set does not follow from the selector beside it. */
TEST(fs_base_beside_selector)
{
    static unsigned long word = 0x123456789abcdef;
    unsigned long v;

    if (!rival_start()) {
        return;
    }
    load_fs(FLAT_USER_SS);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_FS, (unsigned long)&word), 0);
    for (unsigned int i = 0; i < 4; i++) {
        v = 0;
        EXPECT(!trap_call(&caught, read_fs, &v));
        EXPECT_EQ(v, (long)word);
        EXPECT_EQ(fs_selector(), FLAT_USER_SS);
        take_turns();
    }
    load_fs(0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_FS, 0), 0);
    EXPECT_EQ(child_destroy(&rival), 0);
}

static long set_ldt(const void *base, unsigned int entries)
{
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

    op.arg1.linear_addr = (unsigned long)base;
    op.arg2.nr_ents = entries;
    return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static uint64_t *ldt;
static unsigned long ldt_alias;

static bool ldt_make(void)
{
    ldt = page_alloc(1);
    ldt_alias = pt_vmap_reserve(1);
    if (!EXPECT(ldt != NULL)) {
        return false;
    }
    ldt[1] = DESC_DATA;
    return EXPECT_EQ(pt_set_readonly(ldt), 0) &&
           EXPECT_EQ(pt_map(ldt_alias, pte_make(virt_to_mfn(ldt), PTE_RO)), 0) &&
           EXPECT_EQ(set_ldt(ldt, 2), 0);
}

static void ldt_end(void)
{
    EXPECT_EQ(set_ldt(NULL, 0), 0);
    EXPECT_EQ(pt_set_writable(ldt), 0);
    page_free(ldt, 1);
}

/* The LDT's pages may leave the descriptor window at any time, here since another mapping of one
 * goes; selectors that are loaded stay. */
TEST(ldt_selector_across_switch)
{
    unsigned long before = this_cpu()->failsafes;

    if (!rival_start() || !ldt_make()) {
        return;
    }
    load_fs(0x0f);
    take_turns();
    EXPECT_EQ(fs_selector(), 0x0f);
    EXPECT_EQ(pt_unmap(ldt_alias), 0);
    take_turns();
    take_turns();
    EXPECT_EQ(fs_selector(), 0x0f);
    EXPECT_EQ(this_cpu()->failsafes, before);
    load_fs(0);
    ldt_end();
    EXPECT_EQ(child_destroy(&rival), 0);
}

/* The same for a selector that the hypervisor loads because it is asked to. */
TEST(ldt_selector_of_user_mode)
{
    if (!ldt_make()) {
        return;
    }
    EXPECT_EQ(pt_unmap(ldt_alias), 0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER_SEL, 0x0f), 0);
    EXPECT_EQ(gs_selector(), 0x0f);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
    ldt_end();
}

/* Spins with registers full of its own. */
ROLE(spin_registers)
{
    static const uint64_t pattern[2] = { 0x7269766c7269766cul, 0x6c766972616c6c61ul };
    static const double x87 = 7.5;

    for (uint64_t end = time_now() + NSEC_PER_SEC / 2; time_now() < end;) {
        __asm__ volatile("movups %0, %%xmm0; movups %0, %%xmm7; movups %0, %%xmm15\n"
                         "fninit; fldl %1; fldl %1; fldpi"
                         :
                         : "m"(pattern), "m"(x87));
    }
    return SHUTDOWN_poweroff;
}

TEST(vector_registers)
{
    static const uint64_t mine[2] = { 0x1111222233334444, 0x5555666677778888 };
    static const double x87 = -3.25;
    uint64_t got[3][2];
    double back;

    REQUIRE_EQ(child_create(&rival, &(struct child_options){ .cmdline = "role=spin_registers" }),
               0);
    for (unsigned int i = 0; i < 5; i++) {
        __asm__ volatile("movups %0, %%xmm0; movups %0, %%xmm7; movups %0, %%xmm15\n"
                         "fninit; fldl %1"
                         :
                         : "m"(mine), "m"(x87));
        take_turns();
        __asm__ volatile("movups %%xmm0, %0; movups %%xmm7, %1; movups %%xmm15, %2; fstpl %3"
                         : "=m"(got[0]), "=m"(got[1]), "=m"(got[2]), "=m"(back));
        for (unsigned int j = 0; j < ARRAY_SIZE(got); j++) {
            EXPECT(!memcmp(got[j], mine, sizeof(mine)));
        }
        EXPECT(!memcmp(&back, &x87, sizeof(x87)));
    }
    EXPECT_EQ(child_wait(&rival, 20 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT_EQ(child_destroy(&rival), 0);
}

static void single_step(void *arg)
{
    (void)arg;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" : : : "memory", "cc");
}

ROLE(dr6)
{
    for (unsigned int i = 0; i < 20; i++) {
        long v;

        time_sleep(5 * NSEC_PER_MSEC);
        trap_call(&caught, single_step, NULL);
        v = hv_get_debugreg(6);
        if (v & DR6_BT) {
            printf("REPORT dr6 %#lx\n", v);
            return SHUTDOWN_poweroff;
        }
    }
    printf("REPORT dr6 0\n");
    return SHUTDOWN_poweroff;
}

TEST(dr6_of_another_domain)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=dr6" };
    long value = -1;

    REQUIRE_EQ(child_create(&c, &o), 0);
    for (unsigned int i = 0; i < 100; i++) {
        hv_set_debugreg(6, DR6_BT);
        time_sleep(NSEC_PER_MSEC);
    }
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&c, "dr6", &value));
    EXPECT_EQ(value, 0);
    EXPECT_EQ(child_destroy(&c), 0);
    hv_set_debugreg(6, 0);
}

static unsigned long get_cr4(void)
{
    unsigned long cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    return cr4;
}

static void set_cr4(unsigned long cr4)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4));
}

static void do_rdfsbase(void *arg)
{
    __asm__ volatile("rdfsbase %0" : "=r"(*(unsigned long *)arg));
}

static bool may_have_fsgsbase(void)
{
    bool may;

    set_cr4(get_cr4() | CR4_FSGSBASE);
    may = get_cr4() & CR4_FSGSBASE;
    set_cr4(get_cr4() & ~CR4_FSGSBASE);
    return may;
}

/* Spins with CR4.FSGSBASE set, and with a base of its own. */
ROLE(spin_fsgsbase)
{
    unsigned long base = 0;

    set_cr4(get_cr4() | CR4_FSGSBASE);
    __asm__ volatile("wrfsbase %0" : : "r"(0x123000ul));
    for (uint64_t end = time_now() + NSEC_PER_SEC / 2; time_now() < end;) {
        __asm__ volatile("rdfsbase %0" : "=r"(base));
        if (base != 0x123000) {
            break;
        }
    }
    printf("REPORT base %lu\n", base);
    return SHUTDOWN_poweroff;
}

/* The four instructions are there for who has set CR4.FSGSBASE, on whatever CPU it is. */
TEST(fsgsbase_is_each_ones_own)
{
    static unsigned long word = 77;
    unsigned long base;
    long value = 0;

    if (!may_have_fsgsbase()) {
        SKIP("no FSGSBASE on this processor");
    }
    REQUIRE_EQ(child_create(&rival, &(struct child_options){ .cmdline = "role=spin_fsgsbase" }), 0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_FS, (unsigned long)&word), 0);
    for (unsigned int i = 0; i < 4; i++) {
        EXPECT(trap_call(&caught, do_rdfsbase, &base));
        EXPECT_EQ(caught.regs.vector, TRAP_UD);
        read_fs(&base);
        EXPECT_EQ(base, 77);
        take_turns();
        set_cr4(get_cr4() | CR4_FSGSBASE);
        EXPECT(!trap_call(&caught, do_rdfsbase, &base));
        EXPECT_EQ(base, (unsigned long)&word);
        take_turns();
        EXPECT(!trap_call(&caught, do_rdfsbase, &base));
        EXPECT_EQ(base, (unsigned long)&word);
        set_cr4(get_cr4() & ~CR4_FSGSBASE);
    }
    EXPECT_EQ(hv_set_segment_base(SEGBASE_FS, 0), 0);
    EXPECT_EQ(child_wait(&rival, 20 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    EXPECT(child_reported(&rival, "base", &value));
    EXPECT_EQ(value, 0x123000);
    EXPECT_EQ(child_destroy(&rival), 0);
}

static struct {
    unsigned long cr4, word, dr[8];
    unsigned int fs, mxcsr;
} found;

static void look(void *arg)
{
    struct trap_catch c;

    (void)arg;
    found.fs = fs_selector();
    if (trap_call(&c, read_fs, &found.word)) {
        found.word = 0;
    }
    __asm__ volatile("stmxcsr %0" : "=m"(found.mxcsr));
    found.cr4 = get_cr4();
    for (int i = 0; i < 8; i++) {
        found.dr[i] = (unsigned long)hv_get_debugreg(i);
    }
}

/* What a vCPU is given before it starts, it finds: a base beside a selector, CR4's bits that are a
 * guest's, breakpoints that depend on one; all of MXCSR. */
TEST(given_state)
{
    static struct vcpu_guest_context ctx;
    static unsigned long word = 0x600d;
    const uint32_t mxcsr = MXCSR_DAZ | 0x1f80;

    if (smp_count() < 2) {
        SKIP("one vCPU");
    }
    REQUIRE_EQ(smp_make_context(1, look, NULL, &ctx), 0);
    ctx.fs_base = (unsigned long)&word;
    ctx.user_regs.fs = FLAT_USER_SS;
    ctx.ctrlreg[4] = CR4_DE | CR4_VMXE;
    ctx.debugreg[0] = 0x80;
    ctx.debugreg[1] = (unsigned long)HV_POINTER;
    ctx.debugreg[6] = 0xf;
    ctx.debugreg[7] = 1 | 2ul << 16;
    ctx.flags |= VGCF_I387_VALID;
    memset(&ctx.fpu_ctxt, 0, sizeof(ctx.fpu_ctxt));
    memcpy(&ctx.fpu_ctxt.x[FXSAVE_MXCSR], &mxcsr, sizeof(mxcsr));
    guest_cpus[1].online = true;
    REQUIRE_EQ(hv_vcpu_op(VCPUOP_initialise, 1, &ctx), 0);
    REQUIRE_EQ(hv_vcpu_op(VCPUOP_up, 1, NULL), 0);
    REQUIRE_EQ(smp_join(1), 0);
    EXPECT_EQ(found.fs, FLAT_USER_SS);
    EXPECT_EQ(found.word, 0x600d);
    EXPECT_EQ(found.mxcsr, mxcsr);
    EXPECT_EQ(found.cr4, get_cr4() | CR4_DE);
    EXPECT_EQ(found.dr[0], 0x80);
    EXPECT_EQ(found.dr[1], 0);
    EXPECT_EQ(found.dr[6], 0xffff0fff);
    EXPECT_EQ(found.dr[7], 0x20401);
}

/* A selector refused on the way to a vCPU whose kernel has no failsafe callback. */
ROLE(no_failsafe)
{
    uint64_t *gdt = page_alloc(1);
    unsigned long frame = virt_to_mfn(gdt);

    gdt[1] = DESC_DATA;
    pt_set_readonly(gdt);
    if (hv_set_gdt(&frame, 512)) {
        return 100;
    }
    load_fs(0x0b);
    hv_set_callbacks((unsigned long)entry_event, 0, (unsigned long)entry_syscall);
    hv_update_descriptor(virt_to_maddr(&gdt[1]), 0);
    for (unsigned int i = 0; i < 20; i++) {
        time_sleep(5 * NSEC_PER_MSEC);
    }
    return 101;
}

/*
 * It ends the domain once the switch is over: a debug build stops where that turned interrupts on
 * while the vCPU before was not yet said to be out of the CPU.
 */
TEST(segment_refused_without_failsafe)
{
    static struct child c;

    EXPECT_EQ(child_run(&c, "role=no_failsafe", 10 * NSEC_PER_SEC), SHUTDOWN_crash);
}
