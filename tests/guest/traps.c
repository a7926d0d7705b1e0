/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions bounced to the kernel: vector, error code, address, registers; trap table and callback
 * registration and their errors.
 */
#define SUITE "trap"
#include <guest/cmdline.h>
#include <public/callback.h>
#include "test.h"
#include "child.h"

static struct trap_catch caught;

static bool expect_trap(int line, void (*fn)(void *), void *arg, unsigned int vector, long error)
{
    bool same;

    memset(&caught, 0, sizeof(caught));
    if (!trap_call(&caught, fn, arg)) {
        test_fail(__FILE__, line, "no trap, expected %#x", vector);
        return false;
    }
    same = test_equal(__FILE__, line, "vector", (long)caught.regs.vector, vector);
    return test_equal(__FILE__, line, "error code", (long)caught.regs.error, error) && same;
}

#define EXPECT_TRAP(fn, arg, vector, error) expect_trap(__LINE__, fn, arg, vector, error)

static void do_ud2(void *arg)
{
    (void)arg;
    __asm__ volatile("ud2");
}

static void do_int3(void *arg)
{
    (void)arg;
    __asm__ volatile("int3");
}

static void do_div(void *arg)
{
    (void)arg;
    __asm__ volatile("xorl %%edx, %%edx; movl $1, %%eax; xorl %%ecx, %%ecx; divl %%ecx"
                     :
                     :
                     : "rax", "rcx", "rdx", "cc");
}

static void do_read(void *arg)
{
    __asm__ volatile("movb (%0), %%al" : : "r"(arg) : "rax", "memory");
}

static void do_write(void *arg)
{
    __asm__ volatile("movb $0, (%0)" : : "r"(arg) : "memory");
}

static void do_call(void *arg)
{
    ((void (*)(void))arg)();
}

static void do_load_fs(void *arg)
{
    __asm__ volatile("movl %0, %%fs" : : "r"((unsigned int)(unsigned long)arg));
}

static void do_soft(void *arg)
{
    (void)arg;
    __asm__ volatile("int $0x80");
}

static void do_soft_kern(void *arg)
{
    (void)arg;
    __asm__ volatile("int $0x81");
}

static void do_soft_free(void *arg)
{
    (void)arg;
    __asm__ volatile("int $0x90");
}

static void do_bad_iret(void *arg)
{
    (void)arg;
    __asm__ volatile("pushq $0; pushq $0; pushq $0; pushq $0xffff; pushq $0; iretq");
}

static void do_single_step(void *arg)
{
    (void)arg;
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop" ::: "memory", "cc");
}

static void do_alignment(void *arg)
{
    __asm__ volatile("pushfq; orl $0x40000, (%%rsp); popfq; movl 1(%0), %%eax; pushfq; "
                     "andl $~0x40000, (%%rsp); popfq"
                     :
                     : "r"(arg)
                     : "rax", "memory", "cc");
}

TEST(invalid_opcode)
{
    EXPECT_TRAP(do_ud2, NULL, TRAP_UD, 0);
    EXPECT_EQ(*(uint16_t *)caught.regs.rip, 0x0b0f);
    EXPECT_EQ(caught.regs.cs & 3, 0);
    EXPECT_EQ(caught.regs.cs, FLAT_KERNEL_CS & ~3);
}

TEST(breakpoint)
{
    EXPECT_TRAP(do_int3, NULL, TRAP_BP, 0);
    EXPECT_EQ(*(uint8_t *)(caught.regs.rip - 1), 0xcc);
}

TEST(divide)
{
    EXPECT_TRAP(do_div, NULL, TRAP_DE, 0);
    EXPECT_EQ(caught.regs.rax, 1);
}

TEST(page_fault_not_present)
{
    EXPECT_TRAP(do_read, BAD_POINTER, TRAP_PF, 0);
    EXPECT_EQ(caught.cr2, BAD_POINTER);
    EXPECT_TRAP(do_write, BAD_POINTER, TRAP_PF, 2);
    EXPECT_EQ(caught.cr2, BAD_POINTER);
}

TEST(page_fault_readonly)
{
    unsigned long va = pt_vmap_reserve(1);
    void *page = page_alloc(1);

    REQUIRE(page != NULL);
    REQUIRE_EQ(pt_map(va, pte_make(virt_to_mfn(page), PTE_RO)), 0);
    EXPECT_TRAP(do_write, (void *)va, TRAP_PF, 3);
    EXPECT_EQ(caught.cr2, va);
    EXPECT(!trap_call(&caught, do_read, (void *)va));
    EXPECT_EQ(pt_unmap(va), 0);
    EXPECT_TRAP(do_read, (void *)va, TRAP_PF, 0);
    page_free(page, 1);
}

TEST(page_fault_no_execute)
{
    unsigned long va = pt_vmap_reserve(1);
    uint8_t *page = page_alloc(1);

    REQUIRE(page != NULL);
    page[0] = 0xc3;
    REQUIRE_EQ(pt_map(va, pte_make(virt_to_mfn(page), PTE_RO)), 0);
    EXPECT(!trap_call(&caught, do_call, (void *)va));
    REQUIRE_EQ(pt_map(va, pte_make(virt_to_mfn(page), PTE_RO | PTE_NX)), 0);
    EXPECT_TRAP(do_call, (void *)va, TRAP_PF, 0x11);
    EXPECT_EQ(caught.cr2, va);
    EXPECT_EQ(pt_unmap(va), 0);
    page_free(page, 1);
}

/* The hypervisor's own space: the M2P is readable and nothing else is. */
TEST(hypervisor_space)
{
    EXPECT(!trap_call(&caught, do_read, (void *)HYPERVISOR_VIRT_START));
    EXPECT_TRAP(do_write, (void *)HYPERVISOR_VIRT_START, TRAP_PF, 3);
    /* Whether it is mapped at all depends on page-table isolation. */
    REQUIRE(trap_call(&caught, do_read, HV_POINTER));
    EXPECT_EQ(caught.regs.vector, TRAP_PF);
    EXPECT_EQ(caught.regs.error & ~1ul, 0);
    REQUIRE(trap_call(&caught, do_write, HV_POINTER));
    EXPECT_EQ(caught.regs.vector, TRAP_PF);
    EXPECT_EQ(caught.regs.error & ~1ul, 2);
}

TEST(non_canonical)
{
    EXPECT_TRAP(do_read, (void *)0x0000800000000000ul, TRAP_GP, 0);
    EXPECT_TRAP(do_write, (void *)0xffff7ffffffffffful, TRAP_GP, 0);
}

TEST(bad_selector)
{
    EXPECT_TRAP(do_load_fs, (void *)0x1000, TRAP_GP, 0x1000);
    EXPECT_TRAP(do_load_fs, (void *)0xfff8, TRAP_GP, 0xfff8);
    EXPECT_TRAP(do_load_fs, (void *)0x0f, TRAP_GP, 0x0c);
}

TEST(bad_iret)
{
    EXPECT_TRAP(do_bad_iret, NULL, TRAP_GP, 0xfffc);
}

/* Software interrupts go by the trap table's privilege, and come back after the instruction. */
TEST(software_interrupt)
{
    EXPECT_TRAP(do_soft, NULL, TRAP_SOFT, 0);
    EXPECT_EQ(*(uint16_t *)(caught.regs.rip - 2), 0x80cd);
}

/* Vectors other than 0x80 arrive at the hypervisor as a #GP whose error code names them. */
TEST(software_interrupt_by_error_code)
{
    EXPECT_TRAP(do_soft_kern, NULL, TRAP_SOFT_KERN, 0);
    EXPECT_EQ(*(uint16_t *)(caught.regs.rip - 2), 0x81cd);
}

/* A vector that the table does not have stays a #GP at the instruction, with the IDT bit in its
 * code. */
TEST(software_interrupt_free)
{
    memset(&caught, 0, sizeof(caught));
    REQUIRE(trap_call(&caught, do_soft_free, NULL));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    EXPECT_EQ(caught.regs.error & 7, 2);
    EXPECT_EQ(*(uint16_t *)caught.regs.rip, 0x90cd);
}

TEST(single_step)
{
    EXPECT_TRAP(do_single_step, NULL, TRAP_DB, 0);
    EXPECT_EQ(hv_get_debugreg(6) & 0x4000, 0x4000);
    EXPECT_EQ(hv_set_debugreg(6, 0), 0);
}

/* PV kernels run with alignment checks possible; CR0.AM is the hypervisor's. */
TEST(alignment_check)
{
    static uint64_t words[2];

    if (test_under_tcg()) {
        SKIP("QEMU's TCG does not check alignment");
    }
    EXPECT_TRAP(do_alignment, words, TRAP_AC, 0);
}

static struct trap_regs hook_saw;
static unsigned long hook_cr2;

static bool resume_hook(struct trap_regs *regs, unsigned long cr2)
{
    if (regs->vector != TRAP_UD) {
        return false;
    }
    hook_saw = *regs;
    hook_cr2 = cr2;
    regs->rip += 2;
    regs->rax = 0x1234;
    regs->rflags |= 1;
    return true;
}

/* Registers survive the bounce and the iret hypercall gives them back, changed where the handler
 * did. */
TEST(registers_through_bounce)
{
    trap_hook_fn old = trap_set_hook(resume_hook);
    unsigned long rax, rdx = 0x77, carry, r8_after, r11_after, rcx_after;
    register unsigned long r8 __asm__("r8") = 0x8888;
    register unsigned long r11 __asm__("r11") = 0xbbbb;
    register unsigned long rcx __asm__("rcx") = 0xcccc;

    __asm__ volatile("clc; ud2; setc %b1; movzbl %b1, %k1"
                     : "=a"(rax), "=&S"(carry), "+r"(r8), "+r"(r11), "+r"(rcx), "+d"(rdx)
                     : "0"(0x1ul)
                     : "cc", "memory");
    r8_after = r8;
    r11_after = r11;
    rcx_after = rcx;
    trap_set_hook(old);
    EXPECT_EQ(rax, 0x1234);
    EXPECT_EQ(carry, 1);
    EXPECT_EQ(r8_after, 0x8888);
    EXPECT_EQ(r11_after, 0xbbbb);
    EXPECT_EQ(rcx_after, 0xcccc);
    EXPECT_EQ(rdx, 0x77);
    EXPECT_EQ(hook_saw.rax, 1);
    EXPECT_EQ(hook_saw.r11, 0xbbbb);
    EXPECT_EQ(hook_saw.rcx, 0xcccc);
}

/* Saved IF mirrors the upcall mask at the trap, and iret restores it. */
TEST(interrupt_flag)
{
    EXPECT_TRAP(do_ud2, NULL, TRAP_UD, 0);
    EXPECT_EQ(caught.regs.rflags & 0x200, 0x200);
    events_mask();
    EXPECT_TRAP(do_ud2, NULL, TRAP_UD, 0);
    EXPECT_EQ(caught.regs.rflags & 0x200, 0);
    EXPECT(events_masked());
    events_unmask();
    EXPECT(!events_masked());
}

TEST(set_trap_table_errors)
{
    struct trap_info bad[2] = {
        { .vector = 200, .flags = 0, .cs = FLAT_KERNEL_CS, .address = 0x0000800000000000ul },
        { 0 },
    };

    EXPECT_EQ(hv_set_trap_table(BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_set_trap_table((const struct trap_info *)HV_POINTER), -EFAULT);
    EXPECT_EQ(hv_set_trap_table(bad), -EINVAL);
    EXPECT_EQ(hv_set_trap_table(trap_table), 0);
    EXPECT_TRAP(do_ud2, NULL, TRAP_UD, 0);
}

/* NULL clears the whole table; a fault then has nowhere to go, so only set it again. */
TEST(set_trap_table_null)
{
    EXPECT_EQ(hv_set_trap_table(NULL), 0);
    REQUIRE_EQ(hv_set_trap_table(trap_table), 0);
    EXPECT_TRAP(do_ud2, NULL, TRAP_UD, 0);
}

/* A call adds to the table; NULL empties it. */
TEST(set_trap_table_partial)
{
    struct trap_info one[2] = { trap_table[0], { 0 } };

    for (unsigned int i = 0; trap_table[i].address; i++) {
        if (trap_table[i].vector == TRAP_SOFT) {
            one[0] = trap_table[i];
        }
    }
    one[0].vector = 0x90;
    REQUIRE_EQ(hv_set_trap_table(one), 0);
    EXPECT_TRAP(do_soft_free, NULL, TRAP_SOFT, 0);
    EXPECT_TRAP(do_ud2, NULL, TRAP_UD, 0);
    REQUIRE_EQ(hv_set_trap_table(NULL), 0);
    REQUIRE_EQ(hv_set_trap_table(trap_table), 0);
    REQUIRE(trap_call(&caught, do_soft_free, NULL));
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
}

TEST(callback_op)
{
    static const struct {
        uint16_t type;
        unsigned long address;
        long reg, unreg;
    } cases[] = {
        { CALLBACKTYPE_event, (unsigned long)entry_event, 0, -EINVAL },
        { CALLBACKTYPE_failsafe, (unsigned long)entry_failsafe, 0, -EINVAL },
        { CALLBACKTYPE_syscall, (unsigned long)entry_syscall, 0, -EINVAL },
        { CALLBACKTYPE_sysenter_deprecated, (unsigned long)entry_sysenter, -ENOSYS, -ENOSYS },
        { CALLBACKTYPE_nmi, (unsigned long)entry_nmi, 0, 0 },
        { CALLBACKTYPE_sysenter, (unsigned long)entry_sysenter, 0, -EINVAL },
        { 6, (unsigned long)entry_event, -ENOSYS, -ENOSYS },
        { CALLBACKTYPE_syscall32, (unsigned long)entry_syscall32, 0, -EINVAL },
        { 8, (unsigned long)entry_event, -ENOSYS, -ENOSYS },
        { 0xffff, (unsigned long)entry_event, -ENOSYS, -ENOSYS },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        struct callback_register reg = { .type = cases[i].type, .address = cases[i].address };
        struct callback_unregister unreg = { .type = cases[i].type };
        bool ok = EXPECT_EQ(hv_callback_op(CALLBACKOP_register, &reg), cases[i].reg);

        ok &= EXPECT_EQ(hv_callback_op(CALLBACKOP_unregister, &unreg), cases[i].unreg);
        if (!ok) {
            printf("#    callback type %u\n", cases[i].type);
        }
    }
}

TEST(callback_errors)
{
    struct callback_register reg = {
        .type = CALLBACKTYPE_event,
        .address = 0x0000800000000000ul,
    };

    EXPECT_EQ(hv_callback_op(CALLBACKOP_register, &reg), -EINVAL);
    reg.type = CALLBACKTYPE_syscall;
    EXPECT_EQ(hv_callback_op(CALLBACKOP_register, &reg), -EINVAL);
    EXPECT_EQ(hv_callback_op(CALLBACKOP_register, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_callback_op(CALLBACKOP_unregister, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_callback_op(2, &reg), -ENOSYS);
    EXPECT_EQ(hv_callback_op(~0u, &reg), -ENOSYS);
}

TEST(set_callbacks)
{
    unsigned long e = (unsigned long)entry_event, f = (unsigned long)entry_failsafe,
                  s = (unsigned long)entry_syscall;

    EXPECT_EQ(hv_set_callbacks(e, f, s), 0);
    /* The old form takes any address; using a bad one would be fatal, so it is replaced at once. */
    events_mask();
    EXPECT_EQ(hv_set_callbacks(e, 0x0000800000000000ul, s), 0);
    EXPECT_EQ(hv_set_callbacks(e, f, 0x0000800000000000ul), 0);
    EXPECT_EQ(hv_set_callbacks(e, f, s), 0);
    events_unmask();
    EXPECT_TRAP(do_ud2, NULL, TRAP_UD, 0);
}

TEST(nmi_op)
{
    struct xennmi_callback cb = { .handler_address = (unsigned long)entry_nmi };

    EXPECT_EQ(hv_nmi_op(XENNMI_register_callback, &cb), 0);
    EXPECT_EQ(hv_nmi_op(XENNMI_unregister_callback, NULL), 0);
    EXPECT_EQ(hv_nmi_op(XENNMI_unregister_callback, NULL), 0);
    cb.handler_address = 0x0000800000000000ul;
    EXPECT_EQ(hv_nmi_op(XENNMI_register_callback, &cb), -EINVAL);
    EXPECT_EQ(hv_nmi_op(XENNMI_register_callback, BAD_POINTER), -EFAULT);
    EXPECT_EQ(hv_nmi_op(2, NULL), -ENOSYS);
    EXPECT_EQ(hv_nmi_op(~0u, NULL), -ENOSYS);
}

/* Deaths of a domU by its own hand: each ends that domain with SHUTDOWN_crash and nothing else. */
ROLE(no_handler)
{
    hv_set_trap_table(NULL);
    __asm__ volatile("ud2");
    return SHUTDOWN_poweroff;
}

ROLE(bad_stack)
{
    __asm__ volatile("movq $0x1000, %rsp; ud2");
    return SHUTDOWN_poweroff;
}

ROLE(bad_iret_frame)
{
    __asm__ volatile("movq $0x1000, %%rsp; movl %0, %%eax; syscall" : : "i"(__HYPERVISOR_iret));
    return SHUTDOWN_poweroff;
}

ROLE(hypervisor_stack)
{
    __asm__ volatile("movq $0xffff830000001000, %rsp; ud2");
    return SHUTDOWN_poweroff;
}

ROLE(noncanonical_stack)
{
    __asm__ volatile("movabsq $0x0000900000000000, %rsp; ud2");
    return SHUTDOWN_poweroff;
}

static void do_failing_iret(void *arg)
{
    struct iret_context frame = { .rip = (unsigned long)entry_failsafe, .rflags = 0x2 };

    frame.cs = (unsigned long)arg;
    frame.ss = FLAT_KERNEL_SS;
    frame.rsp = (unsigned long)&frame;
    __asm__ volatile("movq %0, %%rsp; movl %1, %%eax; syscall"
                     :
                     : "r"(&frame), "i"(__HYPERVISOR_iret)
                     : "memory");
}

/* A way back to the guest that fails. */
TEST(iret_that_fails)
{
    bool caught_it = trap_call(&caught, do_failing_iret, (void *)0xfff8);

    EXPECT(caught_it);
    EXPECT_EQ(caught.regs.vector, TRAP_GP);
    EXPECT_EQ(caught.regs.error, 0xfff8);
}

/* A way back to the guest that fails, its stack so many bytes above the hypervisor's space. */
ROLE(frame_at_the_edge)
{
    const unsigned long base = 0xffff880000000000ul;
    struct iret_context frame = { .rip = (unsigned long)entry_failsafe, .rflags = 0x2 };

    if (pt_map(base, pte_make(virt_to_mfn(page_alloc(1)), PTE_KERN))) {
        return SHUTDOWN_reboot;
    }
    frame.cs = 0xfff8; /* beyond the table, for the kernel */
    frame.ss = FLAT_KERNEL_SS;
    frame.rsp = base + cmdline_number("above", 0);
    __asm__ volatile("movq %0, %%rsp; movl %1, %%eax; syscall"
                     :
                     : "r"(&frame), "i"(__HYPERVISOR_iret)
                     : "memory");
    return SHUTDOWN_reboot;
}

/* What is told to a guest whose way back failed goes to its own stack or, where that would reach
 * into the hypervisor's space, nowhere. */
TEST(xsa_215_frame_at_the_edge)
{
    static const unsigned int above[] = { 16, 32, 48, 64 };
    static struct child c;
    char line[48];

    for (unsigned int i = 0; i < ARRAY_SIZE(above); i++) {
        snprintf(line, sizeof(line), "role=frame_at_the_edge above=%u", above[i]);
        EXPECT_EQ(child_run(&c, line, 10 * NSEC_PER_SEC), SHUTDOWN_crash);
        EXPECT(!strstr(c.log, "unexpected trap"));
    }
}

/* A stack at an address of the hypervisor's, on the way to a trap's handler or back to nowhere. */
ROLE(stack_at)
{
    struct iret_context frame = { .rip = (unsigned long)entry_failsafe, .rflags = 0x2 };

    frame.cs = 0xfff8;
    frame.ss = FLAT_KERNEL_SS;
    frame.rsp = cmdline_number("stack", 0);
    if (cmdline_number("failsafe", 0)) {
        __asm__ volatile("movq %0, %%rsp; movl %1, %%eax; syscall"
                         :
                         : "r"(&frame), "i"(__HYPERVISOR_iret)
                         : "memory");
    }
    __asm__ volatile("movq %0, %%rsp; ud2" : : "r"(frame.rsp));
    return SHUTDOWN_poweroff;
}

/* What a frame would be written over, were it written, is a page of ours by another name. */
TEST(no_frame_in_the_hypervisors_space)
{
    static struct child c;
    uint64_t *page = page_alloc(1);
    char line[64];

    REQUIRE(page != NULL);
    for (unsigned int failsafe = 0; failsafe < 2; failsafe++) {
        snprintf(line, sizeof(line), "role=stack_at failsafe=%u stack=%#lx", failsafe,
                 (unsigned long)HV_POINTER + virt_to_maddr(page) + PAGE_SIZE / 2);
        memset(page, 0, PAGE_SIZE);
        EXPECT_EQ(child_run(&c, line, 10 * NSEC_PER_SEC), SHUTDOWN_crash);
        for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
            if (!EXPECT_EQ(page[i], 0)) {
                break;
            }
        }
    }
    page_free(page, 1);
}

TEST(fatal_to_the_guest_alone)
{
    static const char *const roles[] = { "no_handler", "bad_stack", "bad_iret_frame",
                                         "hypervisor_stack", "noncanonical_stack" };
    static struct child c;
    char line[64];

    for (unsigned int i = 0; i < ARRAY_SIZE(roles); i++) {
        snprintf(line, sizeof(line), "role=%s", roles[i]);
        if (!EXPECT_EQ(child_run(&c, line, 10 * NSEC_PER_SEC), SHUTDOWN_crash)) {
            printf("#    %s\n", line);
        }
    }
}
