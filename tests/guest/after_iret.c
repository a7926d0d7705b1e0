/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A multicall that goes to user mode in its midst: what comes after that is not done, for it would
 * be done on a user's page tables with a kernel's rights (XSA-213).
 */
#define SUITE "after_iret"
#include <guest/user.h>
#include "gnttab_test.h"

#define USER_RAX 0x1234567

#define STR(x)  #x
#define XSTR(x) STR(x)

/*
 * void multicall_to_user(struct multicall_entry *calls, struct iret_context *frame)
 * Two elements, the first being iret by this frame; comes back by user_leave(), as user_enter().
 */
void multicall_to_user(struct multicall_entry *calls, struct iret_context *frame);
__asm__(".pushsection .text\n"
        ".globl multicall_to_user\n"
        "multicall_to_user:\n"
        "    push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "    mov %rsp, %gs:" XSTR(CPU_USER_RESUME) "\n"
                                                   "    mov %rsi, %rsp\n"
                                                   "    mov $2, %esi\n"
                                                   "    mov $" XSTR(
                                                       __HYPERVISOR_multicall) ", %eax\n"
                                                                               "    syscall\n"
                                                                               "    ud2\n"
                                                                               ".popsection\n");

static void go(struct trap_regs *regs, struct multicall_entry *calls)
{
    static struct iret_context frame;
    bool was_masked = events_masked();

    user_regs_init(regs);
    frame = (struct iret_context){ .rax = USER_RAX,
                                   .rip = regs->rip,
                                   .cs = regs->cs,
                                   .rflags = regs->rflags,
                                   .rsp = regs->rsp,
                                   .ss = regs->ss };
    events_mask();
    this_cpu()->user_regs = regs;
    multicall_to_user(calls, &frame);
    this_cpu()->user_regs = NULL;
    if (!was_masked) {
        events_unmask();
    }
}

TEST(xsa_213_multicall_into_user_mode)
{
    static const uint8_t code[] = { 0x0f, 0x05 };
    static struct gnttab_copy copy;
    static struct multicall_entry calls[2];
    static struct trap_regs regs;
    unsigned char *page = page_alloc(2);

    REQUIRE_EQ(gt_use(1), 0);
    REQUIRE_EQ(user_init(), 0);
    user_load(code, sizeof(code));
    memset(page, 0x5a, PAGE_SIZE);
    copy = (struct gnttab_copy){ .len = 64, .status = 77 };
    copy.source.domid = copy.dest.domid = DOMID_SELF;
    copy.source.u.gmfn = virt_to_mfn(page);
    copy.dest.u.gmfn = virt_to_mfn(page + PAGE_SIZE);
    calls[0] = (struct multicall_entry){ .op = __HYPERVISOR_iret };
    calls[1] = (struct multicall_entry){ .op = __HYPERVISOR_grant_table_op, .result = 99 };
    calls[1].args[0] = GNTTABOP_copy;
    calls[1].args[1] = (unsigned long)&copy;
    calls[1].args[2] = 1;
    go(&regs, calls);
    EXPECT_EQ(regs.vector, TRAP_SYSCALL);
    EXPECT_EQ(regs.rip, USER_CODE + sizeof(code));
    EXPECT_EQ(regs.rax, USER_RAX);
    EXPECT_EQ(copy.status, 77);
    EXPECT_EQ(calls[1].result, 99);
    EXPECT_EQ(page[PAGE_SIZE], 0);
    /* The same element by itself is fine. */
    EXPECT_EQ(hv_multicall(&calls[1], 1), 0);
    EXPECT_EQ(copy.status, GNTST_okay);
    EXPECT_EQ(page[PAGE_SIZE], 0x5a);
    page_free(page, 2);
}
