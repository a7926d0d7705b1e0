/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GDT, LDT and descriptors, segment bases, debug registers, the FPU's task-switched flag, the
 * kernel stack.
 */
#define SUITE "segment"
#include <guest/user.h>
#include "test.h"

#define DESC_CODE64 0x00affb000000fffful /* present, DPL 3, long mode code */
#define DESC_DATA   0x00cff3000000fffful /* present, DPL 3, data */
#define DESC_DPL0   0x00cf93000000fffful
#define DESC_GATE   0x0000ec0000080000ul /* call gate */
#define DESC_TSS    0x0000890000000067ul

static uint64_t *gdt;
static unsigned long gdt_frame;

static long install_gdt(void)
{
    long rc;

    if (!gdt) {
        gdt = page_alloc(1);
        if (!gdt) {
            return -ENOMEM;
        }
        gdt[1] = DESC_DATA;
        gdt[2] = DESC_DATA;
        gdt[3] = DESC_CODE64;
        rc = pt_set_readonly(gdt);
        if (rc) {
            return rc;
        }
        gdt_frame = virt_to_mfn(gdt);
    }
    return hv_set_gdt(&gdt_frame, 512);
}

static void load_fs(void *arg)
{
    __asm__ volatile("movl %0, %%fs" : : "r"((unsigned int)(unsigned long)arg));
}

static unsigned long lsl(unsigned int selector)
{
    unsigned long limit = 0;
    unsigned char ok;

    __asm__ volatile("lsl %2, %1; setz %0" : "=r"(ok), "+r"(limit) : "r"((unsigned long)selector));
    return ok ? limit : ~0ul;
}

TEST(set_gdt)
{
    struct trap_catch caught;

    REQUIRE_EQ(install_gdt(), 0);
    EXPECT_EQ(lsl(0x0b), 0xffffffff);
    EXPECT(!trap_call(&caught, load_fs, (void *)0x0b));
    EXPECT(!trap_call(&caught, load_fs, (void *)0));
    EXPECT_EQ(hv_set_gdt(NULL, 0), 0);
    EXPECT(trap_call(&caught, load_fs, (void *)0x0b));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    EXPECT_EQ(caught.regs.error, 0x08);
}

TEST(set_gdt_errors)
{
    unsigned long frames[2] = { ~0ul, 0 };
    void *page = page_alloc(1);

    REQUIRE_EQ(install_gdt(), 0);
    EXPECT_EQ(hv_set_gdt(BAD_POINTER, 512), -EFAULT);
    EXPECT_EQ(hv_set_gdt(&gdt_frame, FIRST_RESERVED_GDT_ENTRY + 1), -EINVAL);
    EXPECT_EQ(hv_set_gdt(&gdt_frame, ~0u), -EINVAL);
    EXPECT_EQ(hv_set_gdt(frames, 1), -EINVAL);
    /* A page that is mapped writable cannot be a descriptor page. */
    frames[0] = virt_to_mfn(page);
    EXPECT_EQ(hv_set_gdt(frames, 1), -EINVAL);
    /* A page table cannot be one either. */
    frames[0] = virt_to_mfn(pt_root);
    EXPECT_EQ(hv_set_gdt(frames, 1), -EINVAL);
    /* None of those took the old one away. */
    EXPECT_EQ(lsl(0x0b), 0xffffffff);
    EXPECT_EQ(hv_set_gdt(NULL, 0), 0);
    page_free(page, 1);
}

TEST(gdt_page_type)
{
    REQUIRE_EQ(install_gdt(), 0);
    EXPECT_EQ(pt_set_writable(gdt), -EBUSY);
    EXPECT_EQ(hv_set_gdt(NULL, 0), 0);
    EXPECT_EQ(pt_set_writable(gdt), 0);
    EXPECT_EQ(pt_set_readonly(gdt), 0);
}

TEST(update_descriptor)
{
    uint64_t slot;

    REQUIRE_EQ(install_gdt(), 0);
    slot = virt_to_maddr(&gdt[5]);
    EXPECT_EQ(lsl(0x2b), -1);
    EXPECT_EQ(hv_update_descriptor(slot, DESC_DATA), 0);
    EXPECT_EQ(gdt[5], (long)DESC_DATA);
    EXPECT_EQ(lsl(0x2b), 0xffffffff);
    EXPECT_EQ(hv_update_descriptor(slot, DESC_TSS), -EINVAL);
    EXPECT_EQ(gdt[5], (long)DESC_DATA);
    /* A call gate is kept with DPL 0, so that its use traps; its target's RPL is made the guest's.
     */
    EXPECT_EQ(hv_update_descriptor(slot, DESC_GATE), 0);
    EXPECT_EQ(gdt[5], 0x00008c00000b0000);
    /* DPL 0 and the accessed bit are fixed up, not refused. */
    EXPECT_EQ(hv_update_descriptor(slot, DESC_DPL0), 0);
    EXPECT_EQ((gdt[5] >> 45) & 3, 3);
    EXPECT_EQ(hv_update_descriptor(slot, 0), 0);
    EXPECT_EQ(gdt[5], 0);
    EXPECT_EQ(hv_update_descriptor(slot + 4, 0), -EINVAL);
    EXPECT_EQ(hv_update_descriptor(~7ul, 0), -EINVAL);
    EXPECT_EQ(hv_update_descriptor(virt_to_maddr(pt_root), 0), -EINVAL);
    EXPECT_EQ(hv_set_gdt(NULL, 0), 0);
}

/* A writable page takes a descriptor as data. */
TEST(update_descriptor_writable_page)
{
    uint64_t *page = page_alloc(1);

    REQUIRE(page != NULL);
    EXPECT_EQ(hv_update_descriptor(virt_to_maddr(&page[7]), DESC_DATA), 0);
    EXPECT_EQ(page[7], (long)DESC_DATA);
    page_free(page, 1);
}

static long set_ldt(const void *base, unsigned int entries)
{
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

    op.arg1.linear_addr = (unsigned long)base;
    op.arg2.nr_ents = entries;
    return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

TEST(ldt)
{
    uint64_t *ldt = page_alloc(1);
    struct trap_catch caught;

    REQUIRE(ldt != NULL);
    ldt[1] = DESC_DATA;
    REQUIRE_EQ(pt_set_readonly(ldt), 0);
    EXPECT_EQ(set_ldt(ldt, 2), 0);
    EXPECT(!trap_call(&caught, load_fs, (void *)0x0f));
    EXPECT_EQ(lsl(0x0f), 0xffffffff);
    EXPECT(trap_call(&caught, load_fs, (void *)0x17));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    EXPECT(!trap_call(&caught, load_fs, (void *)0));
    EXPECT_EQ(set_ldt(NULL, 0), 0);
    EXPECT(trap_call(&caught, load_fs, (void *)0x0f));
    EXPECT_EQ(set_ldt((char *)ldt + 8, 2), -EINVAL);
    EXPECT_EQ(set_ldt(ldt, 8193), -EINVAL);
    EXPECT_EQ(set_ldt(HV_POINTER, 2), -EINVAL);
    /* An LDT at an address without a mapping is found out when it is used. */
    EXPECT_EQ(set_ldt(BAD_POINTER, 2), 0);
    EXPECT(trap_call(&caught, load_fs, (void *)0x0f));
    EXPECT_EQ(set_ldt(NULL, 0), 0);
    EXPECT_EQ(pt_set_writable(ldt), 0);
    page_free(ldt, 1);
}

static unsigned long fs_read(void)
{
    unsigned long value;

    __asm__ volatile("movq %%fs:0, %0" : "=r"(value));
    return value;
}

TEST(segment_base)
{
    static unsigned long word = 0x123456789abcdef;
    struct guest_cpu *cpu = this_cpu();

    EXPECT_EQ(hv_set_segment_base(SEGBASE_FS, (unsigned long)&word), 0);
    EXPECT_EQ(fs_read(), (long)word);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_FS, 0), 0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER, 0x1000), 0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER, 0), 0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)cpu), 0);
    EXPECT(this_cpu() == cpu);
}

/* Linux sets user mode's selector and base in two steps. In between the vCPU may lose its CPU, and
 * the kernel's base, by which it finds all it has, must be there when it goes on. */
TEST(kernel_base_stays)
{
    struct guest_cpu *cpu = this_cpu();

    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER_SEL, FLAT_USER_SS), 0);
    for (int i = 0; i < 5; i++) {
        time_sleep(NSEC_PER_MSEC);
        EXPECT(this_cpu() == cpu);
    }
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
}

TEST(segment_base_errors)
{
    EXPECT_EQ(hv_set_segment_base(SEGBASE_FS, 0x0000800000000000ul), -EINVAL);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER, 0x0000800000000000ul), -EINVAL);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_KERNEL, 0x0000800000000000ul), -EINVAL);
    EXPECT_EQ(hv_set_segment_base(4, 0), -EINVAL);
    EXPECT_EQ(hv_set_segment_base(-1, 0), -EINVAL);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER_SEL, 0x1003), 0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
}

__attribute__((noinline)) static void target(void *arg)
{
    ++*(volatile unsigned long *)arg;
}

TEST(debug_registers)
{
    for (int reg = 0; reg < 4; reg++) {
        EXPECT_EQ(hv_set_debugreg(reg, 0x1000ul + (unsigned long)reg), 0);
        EXPECT_EQ(hv_get_debugreg(reg), 0x1000 + reg);
        EXPECT_EQ(hv_set_debugreg(reg, 0), 0);
    }
    EXPECT_EQ(hv_get_debugreg(7), 0x400);
    EXPECT_EQ(hv_get_debugreg(6), (long)0xffff0ff0);
}

TEST(debug_register_errors)
{
    EXPECT_EQ(hv_set_debugreg(0, (unsigned long)HV_POINTER), -EPERM);
    EXPECT_EQ(hv_set_debugreg(3, (unsigned long)HV_POINTER), -EPERM);
    EXPECT_EQ(hv_set_debugreg(0, 0x0000800000000000ul), -EPERM);
    EXPECT_EQ(hv_set_debugreg(4, 0), 0);
    EXPECT_EQ(hv_set_debugreg(5, 0), 0);
    EXPECT_EQ(hv_set_debugreg(8, 0), -ENODEV);
    EXPECT_EQ(hv_set_debugreg(-1, 0), -ENODEV);
    EXPECT_EQ(hv_get_debugreg(4), 0xffff0ff0);
    EXPECT_EQ(hv_get_debugreg(5), 0x400);
    EXPECT_EQ(hv_get_debugreg(8), -ENODEV);
    EXPECT_EQ(hv_get_debugreg(-1), -ENODEV);
    EXPECT_EQ(hv_set_debugreg(7, 1ul << 32), -EINVAL);
    EXPECT_EQ(hv_set_debugreg(6, 1ul << 32), -EINVAL);
    /* General detect is the hypervisor's. */
    EXPECT_EQ(hv_set_debugreg(7, 0x2000), -EPERM);
}

TEST(breakpoint_hits)
{
    struct trap_catch caught;
    volatile unsigned long calls = 0;

    REQUIRE_EQ(hv_set_debugreg(0, (unsigned long)target), 0);
    REQUIRE_EQ(hv_set_debugreg(7, 0x1), 0);
    EXPECT(trap_call(&caught, target, (void *)&calls));
    EXPECT_EQ(caught.regs.vector, TRAP_DB);
    EXPECT_EQ(caught.regs.rip, (unsigned long)target);
    EXPECT_EQ(hv_get_debugreg(6) & 0xf, 1);
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(hv_set_debugreg(7, 0), 0);
    EXPECT_EQ(hv_set_debugreg(6, 0), 0);
    EXPECT(!trap_call(&caught, target, (void *)&calls));
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(hv_set_debugreg(0, 0), 0);
}

/* A data breakpoint follows the access. */
TEST(watchpoint_hits)
{
    struct trap_catch caught;
    static volatile unsigned long word;

    word = 0;
    REQUIRE_EQ(hv_set_debugreg(1, (unsigned long)&word), 0);
    REQUIRE_EQ(hv_set_debugreg(7, 0x4 | (0xdul << 20)), 0);
    EXPECT(trap_call(&caught, target, (void *)&word));
    EXPECT_EQ(caught.regs.vector, TRAP_DB);
    EXPECT_EQ(hv_get_debugreg(6) & 0xf, 2);
    EXPECT_EQ(word, 1);
    EXPECT_EQ(hv_set_debugreg(7, 0), 0);
    EXPECT_EQ(hv_set_debugreg(6, 0), 0);
    EXPECT_EQ(hv_set_debugreg(1, 0), 0);
}

static void use_fpu(void *arg)
{
    (void)arg;
    __asm__ volatile("fninit");
}

static void use_sse(void *arg)
{
    (void)arg;
    __asm__ volatile("xorps %xmm0, %xmm0");
}

TEST(fpu_taskswitch)
{
    struct trap_catch caught;

    EXPECT_EQ(hv_fpu_taskswitch(0), 0);
    EXPECT(!trap_call(&caught, use_fpu, NULL));
    EXPECT_EQ(hv_fpu_taskswitch(1), 0);
    EXPECT(trap_call(&caught, use_fpu, NULL));
    EXPECT_EQ(caught.regs.vector, TRAP_NM);
    /* The bounce cleared the flag, as the interface says. */
    EXPECT(!trap_call(&caught, use_fpu, NULL));
    EXPECT_EQ(hv_fpu_taskswitch(1), 0);
    EXPECT(trap_call(&caught, use_sse, NULL));
    EXPECT_EQ(caught.regs.vector, TRAP_NM);
    EXPECT_EQ(hv_fpu_taskswitch(0), 0);
    EXPECT(!trap_call(&caught, use_sse, NULL));
}

TEST(fpu_state_kept)
{
    static const double in = 3.25;
    double out = 0;
    uint32_t xmm[4] = { 0x11111111, 0x22222222, 0x33333333, 0x44444444 }, back[4];

    __asm__ volatile("fninit; fldl %0; movups %1, %%xmm5" : : "m"(in), "m"(xmm));
    for (int i = 0; i < 50; i++) {
        time_sleep(20 * NSEC_PER_USEC);
    }
    __asm__ volatile("fstpl %0; movups %%xmm5, %1" : "=m"(out), "=m"(back));
    EXPECT_EQ(*(uint64_t *)&out, (long)*(const uint64_t *)&in);
    EXPECT(!memcmp(xmm, back, sizeof(xmm)));
}

TEST(stack_switch)
{
    unsigned long sp = (unsigned long)this_cpu()->trap_stack;

    EXPECT_EQ(hv_stack_switch(FLAT_KERNEL_SS, sp), 0);
    EXPECT_EQ(hv_stack_switch(0, sp), 0);
    EXPECT_EQ(hv_stack_switch(FLAT_KERNEL_SS & ~3, sp), 0);
    EXPECT_EQ(hv_stack_switch(FLAT_KERNEL_SS, sp), 0);
}
