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
