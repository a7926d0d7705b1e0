/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug registers beyond what segments.c has: DR6 over several events, DR7's fields, breakpoints on
 * I/O. */
#define SUITE "debugreg"
#include <public/physdev.h>
#include "test.h"

#define CR4_DE      0x8ul
#define DR6_RESET   0xffff0ff0ul
#define DR6_BS      0x4000ul
#define PORT        0x80u
#define LENGTH(n)   ((n)-1ul)
#define IO_BREAK(n) (1ul | 2ul << 16 | LENGTH(n) << 18) /* the first register's */
#define EFLAGS_TF   0x100ul

static struct trap_catch caught;

static void single_step(void *arg)
{
    (void)arg;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" : : : "memory", "cc");
}

/* What an event says is added to what was there. */
TEST(dr6_accumulates)
{
    static const unsigned long before[] = { 0, 0xf, 0x800f };

    for (unsigned int i = 0; i < ARRAY_SIZE(before); i++) {
        EXPECT_EQ(hv_set_debugreg(6, before[i]), 0);
        EXPECT_EQ(hv_get_debugreg(6), (long)(DR6_RESET | before[i]));
        EXPECT(trap_call(&caught, single_step, NULL));
        EXPECT_EQ(hv_get_debugreg(6), (long)(DR6_RESET | DR6_BS | before[i]));
    }
    EXPECT_EQ(hv_set_debugreg(6, 0), 0);
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

TEST(dr7_values)
{
    static const struct {
        unsigned long value;
        long without_de, with_de;
        unsigned long read;
    } cases[] = {
        { 0xdf00, 0, 0, 0x700 },
        { 1 | 4ul << 16, 0, 0, 0x40401 }, /* a length with an instruction breakpoint */
        { 1 | 9ul << 16, 0, 0, 0x90401 },
        { 2ul << 16, 0, 0, 0x20400 },
        { 1 | 2ul << 16, -EPERM, 0, 0x20401 },
        { 4 | 2ul << 16, -EPERM, 0, 0x20404 }, /* which one is enabled does not matter */
        { 0x2001, -EPERM, -EPERM, 0 },
        { 1ul << 32, -EINVAL, -EINVAL, 0 },
    };
    unsigned long cr4 = get_cr4();

    for (unsigned int i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
        unsigned int nr = i / 2, de = i % 2;
        long rc = de ? cases[nr].with_de : cases[nr].without_de;
        bool ok;

        set_cr4(de ? cr4 | CR4_DE : cr4 & ~CR4_DE);
        ok = EXPECT_EQ(hv_set_debugreg(7, cases[nr].value), rc);
        if (!rc) {
            ok &= EXPECT_EQ(hv_get_debugreg(7), (long)cases[nr].read);
        }
        if (!ok) {
            printf("#    DR7 %#lx, DE %u\n", cases[nr].value, de);
        }
        hv_set_debugreg(7, 0);
    }
    set_cr4(cr4);
}

static void do_out(void *arg)
{
    (void)arg;
    __asm__ volatile("outb %%al, $0x80; nop" : : "a"(0));
}

static void do_in_below(void *arg)
{
    (void)arg;
    __asm__ volatile("inw %%dx, %%ax; nop" : : "d"(PORT - 1) : "rax");
}

static unsigned long outs_flags;

/* Three bytes; outs_flags in RFLAGS meanwhile. */
static void do_outs(void *arg)
{
    static const char bytes[3];

    (void)arg;
    __asm__ volatile("pushfq; orq %3, (%%rsp); popfq; rep outsb; nop"
                     :
                     : "d"(PORT), "S"(bytes), "c"(sizeof(bytes)), "r"(outs_flags)
                     : "memory", "cc");
}

static void ports(unsigned int level)
{
    struct physdev_set_iopl op = { .iopl = level };

    EXPECT_EQ(hv_physdev_op(PHYSDEVOP_set_iopl, &op), 0);
}

/* It follows the access that touches the bytes watched. */
TEST(io_breakpoint)
{
    static const struct {
        unsigned long at, length;
        bool out, in_below;
    } cases[] = {
        { PORT, 1, true, true },       { PORT - 1, 1, false, true },
        { PORT + 1, 1, false, false }, { PORT + 1, 2, true, true },
        { PORT - 1, 2, false, true },  { PORT + 3, 4, true, true },
        { PORT + 4, 4, false, false }, { PORT + 0x10000, 1, false, false },
    };
    unsigned long cr4 = get_cr4();

    ports(1);
    set_cr4(cr4 | CR4_DE);
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        bool ok = EXPECT_EQ(hv_set_debugreg(0, cases[i].at), 0);

        ok &= EXPECT_EQ(hv_set_debugreg(7, IO_BREAK(cases[i].length)), 0);
        ok &= EXPECT_EQ(trap_call(&caught, do_out, NULL), cases[i].out);
        if (cases[i].out) {
            ok &= EXPECT_EQ(caught.regs.vector, TRAP_DB);
            ok &= EXPECT_EQ(*(uint8_t *)caught.regs.rip, 0x90); /* the instruction after it */
            ok &= EXPECT_EQ(hv_get_debugreg(6), (long)(DR6_RESET | 1));
        }
        ok &= EXPECT_EQ(trap_call(&caught, do_in_below, NULL), cases[i].in_below);
        EXPECT_EQ(hv_set_debugreg(7, 0), 0);
        EXPECT_EQ(hv_set_debugreg(6, 0), 0);
        if (!ok) {
            printf("#    port %#lx, %lu bytes\n", cases[i].at, cases[i].length);
        }
    }
    /* Without CR4.DE, or not enabled, it is none. */
    EXPECT_EQ(hv_set_debugreg(0, PORT), 0);
    EXPECT_EQ(hv_set_debugreg(7, IO_BREAK(1)), 0);
    set_cr4(cr4 & ~CR4_DE);
    EXPECT(!trap_call(&caught, do_out, NULL));
    set_cr4(cr4 | CR4_DE);
    EXPECT_EQ(hv_set_debugreg(7, IO_BREAK(1) & ~1ul), 0);
    EXPECT(!trap_call(&caught, do_out, NULL));
    EXPECT_EQ(hv_set_debugreg(7, 0), 0);
    EXPECT_EQ(hv_set_debugreg(0, 0), 0);
    set_cr4(cr4);
    ports(0);
}

/* In a repeated instruction it comes after each element, and so does a single step. */
TEST(debugging_a_string)
{
    unsigned long cr4 = get_cr4();

    ports(1);
    set_cr4(cr4 | CR4_DE);
    outs_flags = 0;
    EXPECT_EQ(hv_set_debugreg(0, PORT), 0);
    EXPECT_EQ(hv_set_debugreg(7, IO_BREAK(1)), 0);
    EXPECT(trap_call(&caught, do_outs, NULL));
    EXPECT_EQ(caught.regs.vector, TRAP_DB);
    EXPECT_EQ(*(uint16_t *)caught.regs.rip, 0x6ef3);
    EXPECT_EQ(caught.regs.rcx, 2);
    EXPECT_EQ(hv_set_debugreg(7, 0), 0);
    EXPECT_EQ(hv_set_debugreg(0, 0), 0);
    EXPECT_EQ(hv_set_debugreg(6, 0), 0);
    set_cr4(cr4);
    outs_flags = EFLAGS_TF;
    EXPECT(trap_call(&caught, do_outs, NULL));
    EXPECT_EQ(caught.regs.vector, TRAP_DB);
    EXPECT_EQ(caught.regs.rcx, 2);
    EXPECT_EQ(hv_get_debugreg(6) & (long)(DR6_BS | 1), (long)DR6_BS);
    EXPECT_EQ(hv_set_debugreg(6, 0), 0);
    ports(0);
}

/* The hypervisor's own use of a port that a guest watches: its console's. */
TEST(io_breakpoint_on_the_console)
{
    unsigned long cr4 = get_cr4();

    set_cr4(cr4 | CR4_DE);
    EXPECT_EQ(hv_set_debugreg(0, 0x3f8), 0);
    EXPECT_EQ(hv_set_debugreg(7, IO_BREAK(4)), 0);
    printf("#    a line on the serial port that is watched\n");
    EXPECT_EQ(hv_get_debugreg(6), (long)DR6_RESET);
    EXPECT_EQ(hv_set_debugreg(7, 0), 0);
    EXPECT_EQ(hv_set_debugreg(0, 0), 0);
    set_cr4(cr4);
}

static void step_forced_cpuid(void *arg)
{
    (void)arg;
    __asm__ volatile("pushfq; orq %0, (%%rsp); popfq\n"
                     ".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid; std; cld"
                     :
                     : "i"(EFLAGS_TF), "a"(0), "c"(0)
                     : "rbx", "rdx", "memory", "cc");
}

/* A step over an instruction that is emulated ends after it. */
TEST(step_over_forced_emulation)
{
    EXPECT(trap_call(&caught, step_forced_cpuid, NULL));
    EXPECT_EQ(caught.regs.vector, TRAP_DB);
    EXPECT_EQ(*(uint8_t *)caught.regs.rip, 0xfd);
    EXPECT_EQ(hv_set_debugreg(6, 0), 0);
}
