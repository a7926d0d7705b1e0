/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounces: a page fault in the kernel and back, a system call from user mode and back. What the
 * kernel's own handler costs is kept to a few instructions: the stubs here count up and return by
 * the iret hypercall.
 */
#include <guest/hypercall.h>
#include <guest/pt.h>
#include <guest/trap.h>
#include <guest/user.h>
#include "bench.h"

void bench_fault_entry(void);
void bench_syscall_entry(void);

/* The instruction at bench_fault_site is two bytes; the handler steps over it. */
extern char bench_fault_site[];

__asm__(".text\n"
        ".globl bench_fault_entry, bench_syscall_entry\n"
        "bench_fault_entry:\n" /* rcx, r11, error, rip, cs, rflags, rsp, ss */
        "    movq (%rsp), %rcx\n"
        "    movq 8(%rsp), %r11\n"
        "    addq $16, %rsp\n"
        "    addq $3, 8(%rsp)\n"
        "    movq $0, (%rsp)\n"
        "    jmp hypercall_page + 23 * 32\n"
        "bench_syscall_entry:\n" /* rcx, r11, rip, cs, rflags, rsp, ss */
        "    movq (%rsp), %rcx\n"
        "    movq 8(%rsp), %r11\n"
        "    addq $8, %rsp\n"
        "    movq $256, (%rsp)\n" /* VGCF_in_syscall: return by sysret */
        "    jmp hypercall_page + 23 * 32\n");

static void fault_once(unsigned long va)
{
    __asm__ volatile("movq (%0), %%rax" : : "a"(va) : "memory");
}

static void page_fault(void)
{
    struct trap_info table[2] = {
        { .vector = TRAP_PF,
          .flags = 4,
          .cs = FLAT_KERNEL_CS,
          .address = (unsigned long)bench_fault_entry },
        { 0 },
    };

    if (hv_set_trap_table(table)) {
        bench_report("page-fault-bounce", ~0ull);
        return;
    }
    BENCH_MEASURE("page-fault-bounce", 100, fault_once(0x600000000000ul));
    hv_set_trap_table(trap_table);
}

/* User code: 100 syscalls between two reads of the counter, the best of several runs, then int
 * 0x80. */
static void system_call(void)
{
    static const uint8_t code[] = {
        0xbb, 0x64, 0, 0, 0, /* mov $100, %ebx */
        0x0f, 0x31,          /* rdtsc */
        0x89, 0xc6,          /* mov %eax, %esi */
        0x0f, 0x05,          /* 1: syscall */
        0xff, 0xcb,          /* dec %ebx */
        0x75, 0xfa,          /* jnz 1b */
        0x0f, 0x31,          /* rdtsc */
        0x29, 0xf0,          /* sub %esi, %eax */
        0xcd, 0x80,          /* int $0x80 */
    };
    struct callback_register reg = {
        .type = CALLBACKTYPE_syscall,
        .flags = CALLBACKF_mask_events,
        .address = (unsigned long)bench_syscall_entry,
    };
    uint64_t best = ~0ull;

    if (user_init() || hv_callback_op(CALLBACKOP_register, &reg)) {
        bench_report("syscall-bounce", ~0ull);
        return;
    }
    user_load(code, sizeof(code));
    for (unsigned int run = 0; run < BENCH_RUNS; run++) {
        struct trap_regs regs;

        user_regs_init(&regs);
        user_run(&regs);
        best = (uint32_t)regs.rax < best ? (uint32_t)regs.rax : best;
    }
    bench_report("syscall-bounce", best / 100);
    reg.address = (unsigned long)entry_syscall;
    hv_callback_op(CALLBACKOP_register, &reg);
}

void bench_bounces(void)
{
    page_fault();
    system_call();
}
