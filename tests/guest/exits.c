/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways out of the hypervisor that do not reach the guest, or reach it elsewhere than it wanted. */
#define SUITE "exit"
#include <guest/user.h>
#include <public/io/console.h>
#include "child.h"
#include "test.h"

static struct trap_regs regs;

#define WITNESS 1023 /* a byte of the console's input that nobody uses */

/*
 * An event whose upcall finds no stack ends the domain; its user mode, whose code is mapped for the
 * kernel too, does not go on: not as the kernel, where %gs:0 is not 0, and it could leave a mark.
 */
ROLE(upcall_without_stack)
{
    static uint8_t code[] = {
        0x65, 0x8b, 0x04, 0x25, 0, 0, 0, 0,       /* 1: mov %gs:0, %eax */
        0x85, 0xc0,                               /* test %eax, %eax */
        0x74, 0xf4,                               /* jz 1b */
        0x48, 0xb8, 0,    0,    0, 0, 0, 0, 0, 0, /* mov $witness, %rax */
        0xc6, 0x00, 0x01,                         /* movb $1, (%rax) */
        0xeb, 0xfe,                               /* jmp . */
    };
    struct xencons_interface *console = mfn_to_virt(guest_start_info->console.domU.mfn);
    char *witness = &console->in[WITNESS];
    evtchn_port_t port;

    memcpy(&code[14], &witness, sizeof(witness));
    if (user_init() || pt_map(USER_CODE, pte_make(virt_to_mfn(user_code_page()), PTE_RO)) ||
        hv_set_segment_base(SEGBASE_GS_USER, USER_DATA) || event_bind_virq(VIRQ_TIMER, 0, &port)) {
        return SHUTDOWN_reboot;
    }
    memset(user_data_page(), 0, PAGE_SIZE);
    user_load(code, sizeof(code));
    user_regs_init(&regs);
    event_unmask(port);
    hv_stack_switch(FLAT_KERNEL_SS, 0x1000);
    hv_set_timer_op(time_now() + 5 * NSEC_PER_MSEC);
    user_run(&regs);
    return SHUTDOWN_poweroff;
}

/* An interrupt that is pending just then hides what this is about: several times. */
TEST(upcall_without_stack)
{
    static struct child c;

    for (unsigned int i = 0; i < 4; i++) {
        struct child_options o = { .cmdline = "role=upcall_without_stack" };

        REQUIRE_EQ(child_create(&c, &o), 0);
        EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_crash);
        EXPECT_EQ(c.console->in[WITNESS], 0);
        EXPECT_EQ(child_destroy(&c), 0);
    }
}

#define NON_CANONICAL 0x0000800000000000ul
#define EFLAGS_AC     0x40000ul
#define EFLAGS_NT     0x4000ul
#define EFLAGS_TF     0x100ul
#define EFLAGS_DF     0x400ul
#define EFLAGS_RF     0x10000ul

static struct trap_catch caught;

/* To the address in arg by the iret hypercall; as the end of a system call, and otherwise. */
static void iret_as(unsigned long rip, unsigned long flags)
{
    struct iret_context frame = { .flags = flags, .rip = rip, .rflags = 0x202 };

    frame.cs = FLAT_KERNEL_CS & ~3ul; /* to the kernel */
    frame.ss = FLAT_KERNEL_SS;
    frame.rsp = (unsigned long)&frame - 256;
    __asm__ volatile("movq %0, %%rsp; movl %1, %%eax; syscall"
                     :
                     : "r"(&frame), "i"(__HYPERVISOR_iret)
                     : "memory");
}

static void iret_by_iret(void *arg)
{
    iret_as((unsigned long)arg, 0);
}

static void iret_by_sysret(void *arg)
{
    iret_as((unsigned long)arg, VGCF_in_syscall);
}

/* An address that SYSRET would fault on in ring 0, and IRET too, is the guest's exception. */
TEST(non_canonical_rip)
{
    static const unsigned long rips[] = { NON_CANONICAL, 0xffff7ffffffffffful, 1ul << 63 };

    for (unsigned int i = 0; i < 2 * ARRAY_SIZE(rips); i++) {
        unsigned long rip = rips[i / 2];

        REQUIRE(trap_call(&caught, i % 2 ? iret_by_sysret : iret_by_iret, (void *)rip));
        EXPECT_EQ(caught.regs.vector, TRAP_GP);
        EXPECT_EQ(caught.regs.error, 0);
        EXPECT_EQ(caught.regs.rip, (long)rip);
    }
}

/* Flags of user mode do not come along into the kernel: by a system call, by an exception, by an
 * interrupt. */
TEST(flags_of_user_mode_stay_there)
{
    static const uint8_t by_syscall[] = { 0x0f, 0x05 }, by_fault[] = { 0x0f, 0x0b },
                         by_int[] = { 0xcd, 0x80 }, by_int3[] = { 0xcc };
    static const struct {
        const uint8_t *code;
        unsigned int len, vector;
    } ways[] = {
        { by_syscall, sizeof(by_syscall), TRAP_SYSCALL },
        { by_fault, sizeof(by_fault), TRAP_UD },
        { by_int, sizeof(by_int), TRAP_SOFT },
        { by_int3, sizeof(by_int3), TRAP_BP },
    };

    REQUIRE_EQ(user_init(), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
        unsigned long rflags;

        user_load(ways[i].code, ways[i].len);
        user_regs_init(&regs);
        regs.rflags |= EFLAGS_AC | EFLAGS_NT;
        user_run(&regs);
        __asm__ volatile("pushfq; popq %0" : "=r"(rflags));
        EXPECT_EQ(regs.vector, ways[i].vector);
        EXPECT_EQ(regs.rflags & (EFLAGS_AC | EFLAGS_NT), EFLAGS_AC | EFLAGS_NT);
        EXPECT_EQ(rflags & (EFLAGS_AC | EFLAGS_NT | EFLAGS_TF | EFLAGS_RF), 0);
    }
}

static unsigned int debug_traps;

static bool count_debug_traps(struct trap_regs *r, unsigned long cr2)
{
    (void)cr2;
    debug_traps += r->vector == TRAP_DB;
    return r->vector == TRAP_DB || r->vector == TRAP_BP || r->vector == TRAP_SOFT;
}

static uint16_t watched_ss = FLAT_KERNEL_SS;

/* A watchpoint that MOV SS holds back until the next instruction is done, which enters the
 * hypervisor: the #DB comes in its first instruction. */
TEST(watchpoint_held_back_by_ss)
{
    trap_hook_fn old = trap_set_hook(count_debug_traps);
    long version;

    debug_traps = 0;
    REQUIRE_EQ(hv_set_debugreg(0, (unsigned long)&watched_ss), 0);
    REQUIRE_EQ(hv_set_debugreg(7, 1 | 7ul << 16), 0); /* two bytes, read or written */
    for (unsigned int i = 0; i < 4; i++) {
        version = -1;
        __asm__ volatile("movw %1, %%ss; syscall"
                         : "=a"(version)
                         : "m"(watched_ss), "a"(__HYPERVISOR_xen_version), "D"(0), "S"(0)
                         : "rcx", "r11", "memory");
        EXPECT_EQ(version, test_xen_version());
        __asm__ volatile("movw %0, %%ss; int $0x80" : : "m"(watched_ss) : "memory");
        __asm__ volatile("movw %0, %%ss; int3" : : "m"(watched_ss) : "memory");
    }
    EXPECT_EQ(hv_set_debugreg(7, 0), 0);
    EXPECT_EQ(hv_set_debugreg(0, 0), 0);
    EXPECT_EQ(hv_set_debugreg(6, 0), 0);
    trap_set_hook(old);
}
