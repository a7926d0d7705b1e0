/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User mode: entering by the iret hypercall, coming back by syscall, software interrupt and fault,
 * page tables and segment bases switched with the mode, events taken on top of it.
 */
#define SUITE "user"
#include <guest/user.h>
#include "test.h"

static struct trap_regs regs;

#define RUN(...)                                                                                   \
    do {                                                                                           \
        static const uint8_t code[] = { __VA_ARGS__ };                                             \
        REQUIRE_EQ(user_init(), 0);                                                                \
        user_load(code, sizeof(code));                                                             \
        user_regs_init(&regs);                                                                     \
        user_run(&regs);                                                                           \
    } while (0)

TEST(syscall)
{
    RUN(0xb8, 0x2a, 0, 0, 0, /* mov $42, %eax */
        0x0f, 0x05);         /* syscall */
    EXPECT_EQ(regs.vector, TRAP_SYSCALL);
    EXPECT_EQ(regs.rax, 42);
    EXPECT_EQ(regs.rip, USER_CODE + 7);
    EXPECT_EQ(regs.rcx, USER_CODE + 7);
    EXPECT_EQ(regs.cs & 3, 3);
    EXPECT_EQ(regs.ss, FLAT_USER_SS);
    EXPECT_EQ(regs.rsp, USER_STACK + PAGE_SIZE);
    EXPECT_EQ(regs.rflags & 0x200, 0x200);
}

TEST(syscall_resumes)
{
    RUN(0x31, 0xc0,  /* xor %eax, %eax */
        0xff, 0xc0,  /* 1: inc %eax */
        0x0f, 0x05,  /* syscall */
        0xeb, 0xfa); /* jmp 1b */
    for (unsigned int i = 1; i <= 5; i++) {
        EXPECT_EQ(regs.vector, TRAP_SYSCALL);
        EXPECT_EQ(regs.rax, i);
        user_run(&regs);
    }
}

/* Whatever is in rax is the user's, also what means something on a hypercall's way out. */
TEST(any_rax)
{
    static const long values[] = { -85, -1, 0, -512, 23 };

    for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
        /* inc %ebx, which is not to be run; syscall */
        static const uint8_t code[] = { 0xff, 0xc3, 0x0f, 0x05 };

        REQUIRE_EQ(user_init(), 0);
        user_load(code, sizeof(code));
        user_regs_init(&regs);
        regs.rip += 2;
        regs.rax = (uint64_t)values[i];
        user_run(&regs);
        EXPECT_EQ(regs.vector, TRAP_SYSCALL);
        EXPECT_EQ(regs.rax, (uint64_t)values[i]);
        EXPECT_EQ(regs.rbx, 0);
        EXPECT_EQ(regs.rip, USER_CODE + sizeof(code));
    }
}

TEST(int80)
{
    RUN(0xcd, 0x80);
    EXPECT_EQ(regs.vector, TRAP_SOFT);
    EXPECT_EQ(regs.rip, USER_CODE + 2);
}

TEST(int3)
{
    RUN(0xcc);
    EXPECT_EQ(regs.vector, TRAP_BP);
    EXPECT_EQ(regs.rip, USER_CODE + 1);
}

/* int 0x81 is for the kernel alone. */
TEST(int_privilege)
{
    RUN(0xcd, 0x81);
    EXPECT_EQ(regs.vector, TRAP_GP);
    EXPECT_EQ(regs.error & 7, 2);
    EXPECT_EQ(regs.rip, USER_CODE);
}

TEST(privileged_instruction)
{
    RUN(0xf4); /* hlt */
    EXPECT_EQ(regs.vector, TRAP_GP);
    EXPECT_EQ(regs.error, 0);
    RUN(0x0f, 0x20, 0xd8); /* mov %cr3, %rax */
    EXPECT_EQ(regs.vector, TRAP_GP);
    RUN(0xb9, 0x80, 0, 0, 0xc0, 0x0f, 0x32); /* rdmsr of EFER */
    EXPECT_EQ(regs.vector, TRAP_GP);
    EXPECT_EQ(regs.rip, USER_CODE + 5);
}

TEST(port)
{
    RUN(0xe4, 0x71); /* in $0x71, %al */
    EXPECT_EQ(regs.vector, TRAP_GP);
    EXPECT_EQ(regs.rip, USER_CODE);
}

#define CR4_TSD 0x4ul

static void set_cr4(unsigned long change)
{
    unsigned long cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 ^ change));
}

/* With CR4.TSD the time stamp counter is the kernel's. */
TEST(time_stamp_disabled)
{
    RUN(0x0f, 0x31, 0x0f, 0x05); /* rdtsc; syscall */
    EXPECT_EQ(regs.vector, TRAP_SYSCALL);
    set_cr4(CR4_TSD);
    RUN(0x0f, 0x31, 0x0f, 0x05);
    EXPECT_EQ(regs.vector, TRAP_GP);
    RUN(0x0f, 0x01, 0xf9, 0x0f, 0x05); /* rdtscp; syscall */
    EXPECT_EQ(regs.vector, TRAP_GP);
    EXPECT(cpu_rdtsc() < cpu_rdtsc());
    set_cr4(CR4_TSD);
    RUN(0x0f, 0x31, 0x0f, 0x05);
    EXPECT_EQ(regs.vector, TRAP_SYSCALL);
}

#define OPEN_PORT 0x71

static long set_bitmap(void *bitmap, uint32_t nr)
{
    struct physdev_set_iobitmap op = { .nr_ports = nr };

    set_xen_guest_handle(op.bitmap, bitmap);
    return hv_physdev_op(PHYSDEVOP_set_iobitmap, &op);
}

/* What the vCPU's bitmap opens, which the kernel may change as it likes; all of an access. */
TEST(ports_of_the_bitmap)
{
    static uint8_t closed[OPEN_PORT / 8 + 2];

    memset(closed, 0xff, sizeof(closed));
    closed[OPEN_PORT / 8] &= (uint8_t) ~(1u << OPEN_PORT % 8);
    REQUIRE_EQ(set_bitmap(closed, sizeof(closed) * 8), 0);
    RUN(0xe4, OPEN_PORT, 0x0f, 0x05); /* in $port, %al; syscall */
    EXPECT_EQ(regs.vector, TRAP_SYSCALL);
    RUN(0x66, 0xe5, OPEN_PORT, 0x0f, 0x05); /* in $port, %ax */
    EXPECT_EQ(regs.vector, TRAP_GP);
    RUN(0xe4, OPEN_PORT - 1, 0x0f, 0x05);
    EXPECT_EQ(regs.vector, TRAP_GP);
    closed[OPEN_PORT / 8] |= 1u << OPEN_PORT % 8;
    RUN(0xe4, OPEN_PORT, 0x0f, 0x05);
    EXPECT_EQ(regs.vector, TRAP_GP);
    memset(closed, 0, sizeof(closed));
    EXPECT_EQ(set_bitmap(closed, OPEN_PORT), 0); /* it ends before the port */
    RUN(0xe4, OPEN_PORT, 0x0f, 0x05);
    EXPECT_EQ(regs.vector, TRAP_GP);
    EXPECT_EQ(set_bitmap(closed, 65537), -EINVAL);
    EXPECT_EQ(set_bitmap(HV_POINTER, 64), -EINVAL);
    EXPECT_EQ(set_bitmap(NULL, 0), 0);
}

TEST(undefined_instruction)
{
    RUN(0x0f, 0x0b);
    EXPECT_EQ(regs.vector, TRAP_UD);
    EXPECT_EQ(regs.rip, USER_CODE);
}

TEST(write_fault)
{
    RUN(0xb8, 0x00, 0x00, 0x40, 0x00, /* mov $USER_CODE, %eax */
        0x88, 0x00);                  /* mov %al, (%rax) */
    EXPECT_EQ(regs.vector, TRAP_PF);
    EXPECT_EQ(regs.error, 7);
    EXPECT_EQ(this_cpu()->info->arch.cr2, USER_CODE);
}

TEST(missing_page)
{
    RUN(0xb8, 0x00, 0x00, 0x70, 0x00, /* mov $0x700000, %eax */
        0x8a, 0x00);                  /* mov (%rax), %al */
    EXPECT_EQ(regs.vector, TRAP_PF);
    EXPECT_EQ(regs.error, 4);
    EXPECT_EQ(this_cpu()->info->arch.cr2, 0x700000);
}

/* The kernel's addresses are not there in user mode. */
TEST(kernel_is_hidden)
{
    RUN(0x48, 0xc7, 0xc0, 0x00, 0x00, 0x10, 0x80, /* mov $0xffffffff80100000, %rax */
        0x8a, 0x00);
    EXPECT_EQ(regs.vector, TRAP_PF);
    EXPECT_EQ(regs.error, 4);
    EXPECT_EQ(this_cpu()->info->arch.cr2, 0xffffffff80100000);
}

TEST(hypervisor_is_hidden)
{
    RUN(0x48, 0xb8, 0, 0, 0, 0, 0, 0x83, 0xff, 0xff, /* mov $0xffff830000000000, %rax */
        0x8a, 0x00);
    EXPECT_EQ(regs.vector, TRAP_PF);
    EXPECT_EQ(regs.error & 4, 4);
}

/* No hypercalls from user mode: syscall goes to the kernel with the number untouched. */
TEST(no_hypercall)
{
    RUN(0xb8, 0x11, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05); /* xen_version */
    EXPECT_EQ(regs.vector, TRAP_SYSCALL);
    EXPECT_EQ(regs.rax, __HYPERVISOR_xen_version);
}

TEST(registers_kept)
{
    static const uint8_t code[] = { 0x0f, 0x05 };

    REQUIRE_EQ(user_init(), 0);
    user_load(code, sizeof(code));
    user_regs_init(&regs);
    regs.rbx = 1;
    regs.rdx = 2;
    regs.rsi = 3;
    regs.rdi = 4;
    regs.rbp = 5;
    regs.r8 = 6;
    regs.r9 = 7;
    regs.r10 = 8;
    regs.r12 = 9;
    regs.r13 = 10;
    regs.r14 = 11;
    regs.r15 = 12;
    user_run(&regs);
    EXPECT(regs.rbx == 1 && regs.rdx == 2 && regs.rsi == 3 && regs.rdi == 4);
    EXPECT(regs.rbp == 5 && regs.r8 == 6 && regs.r9 == 7 && regs.r10 == 8);
    EXPECT(regs.r12 == 9 && regs.r13 == 10 && regs.r14 == 11 && regs.r15 == 12);
}

/* GS follows the mode: the user's base in user mode, the kernel's record outside. */
TEST(gs_base_switches)
{
    uint64_t *data;

    REQUIRE_EQ(user_init(), 0);
    data = user_data_page();
    data[0] = 0x600dda7a;
    REQUIRE_EQ(hv_set_segment_base(SEGBASE_GS_USER, USER_DATA), 0);
    RUN(0x65, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0, /* mov %gs:0, %rax */
        0x0f, 0x05);
    EXPECT_EQ(regs.vector, TRAP_SYSCALL);
    EXPECT_EQ(regs.rax, 0x600dda7a);
    EXPECT_EQ(this_cpu()->id, 0);
    EXPECT_EQ(hv_set_segment_base(SEGBASE_GS_USER, 0), 0);
}

static volatile unsigned long ticks;

static void on_tick(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    ticks++;
}

/* A timer event interrupts a user loop, which then goes on to its end. */
TEST(event_during_user_mode)
{
    evtchn_port_t port;
    static const uint8_t code[] = {
        0x48, 0xff, 0xc9, /* 1: dec %rcx */
        0x75, 0xfb,       /* jnz 1b */
        0x0f, 0x05,
    };

    REQUIRE_EQ(user_init(), 0);
    user_load(code, sizeof(code));
    REQUIRE_EQ(event_bind_virq(VIRQ_TIMER, 0, &port), 0);
    ticks = 0;
    event_set_handler(port, on_tick, NULL);
    EXPECT_EQ(event_unmask(port), 0);
    user_regs_init(&regs);
    regs.rcx = 30000000;
    EXPECT_EQ(hv_set_timer_op(time_now() + NSEC_PER_MSEC), 0);
    user_run(&regs);
    EXPECT_EQ(regs.vector, TRAP_SYSCALL);
    EXPECT(ticks >= 1);
    EXPECT_EQ(event_close(port), 0);
}

/* A flag that user mode may not have (IOPL) does not stick; IF is always on there. */
TEST(flags_are_cleaned)
{
    static const uint8_t code[] = { 0x9c, 0x58, 0x0f, 0x05 }; /* pushf; pop %rax; syscall */

    REQUIRE_EQ(user_init(), 0);
    user_load(code, sizeof(code));
    user_regs_init(&regs);
    regs.rflags = 0x3002;
    user_run(&regs);
    EXPECT_EQ(regs.vector, TRAP_SYSCALL);
    EXPECT_EQ(regs.rax & 0x3000, 0);
    EXPECT_EQ(regs.rax & 0x200, 0x200);
}

/* Each flag, alone with IF: what user mode sees of it, and what its kernel is then told. */
TEST(each_flag)
{
    static const uint8_t code[] = { 0x9c, 0x58, 0x0f, 0x05 }; /* pushf; pop %rax; syscall */
    const unsigned long kept = 0x244cd5;                      /* CF PF AF ZF SF DF OF NT AC ID */

    REQUIRE_EQ(user_init(), 0);
    user_load(code, sizeof(code));
    for (unsigned int bit = 0; bit < 64; bit++) {
        unsigned long flag = 1ul << bit, want = 0x202 | (flag & kept);

        user_regs_init(&regs);
        regs.rflags = 0x202 | flag;
        user_run(&regs);
        if (flag == 0x100) { /* TF */
            EXPECT_EQ(regs.vector, TRAP_DB);
            EXPECT_EQ(regs.rip, USER_CODE + 1);
            EXPECT_EQ(hv_set_debugreg(6, 0), 0);
            continue;
        }
        if (!EXPECT_EQ(regs.vector, TRAP_SYSCALL) || !EXPECT_EQ(regs.rax, (long)want) ||
            !EXPECT_EQ(regs.rflags, (long)want)) {
            printf("#    flag %#lx\n", flag);
        }
    }
}

TEST(new_user_baseptr_errors)
{
    struct mmuext_op op = { .cmd = MMUEXT_NEW_USER_BASEPTR };
    void *page = page_alloc(1);

    REQUIRE_EQ(user_init(), 0);
    op.arg1.mfn = virt_to_mfn(page);
    EXPECT_EQ(hv_mmuext_op(&op, 1, NULL, DOMID_SELF), -EINVAL);
    op.arg1.mfn = ~0ul;
    EXPECT_EQ(hv_mmuext_op(&op, 1, NULL, DOMID_SELF), -EINVAL);
    op.arg1.mfn = 0;
    EXPECT_EQ(hv_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
    page_free(page, 1);
    EXPECT_EQ(user_init(), 0);
}
