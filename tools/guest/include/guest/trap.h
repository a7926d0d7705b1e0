/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps, callbacks and catching expected faults.
 *
 * A fault outside trap_call() ends the kernel with a register dump. Inside, it unwinds to the
 * caller, which finds vector, error code and registers in its record.
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#define TRAP_DE        0
#define TRAP_DB        1
#define TRAP_NMI       2
#define TRAP_BP        3
#define TRAP_OF        4
#define TRAP_BR        5
#define TRAP_UD        6
#define TRAP_NM        7
#define TRAP_TS        10
#define TRAP_NP        11
#define TRAP_SS        12
#define TRAP_GP        13
#define TRAP_PF        14
#define TRAP_MF        16
#define TRAP_AC        17
#define TRAP_MC        18
#define TRAP_XM        19
#define TRAP_SOFT      0x80 /* int $0x80, open to user mode */
#define TRAP_SOFT_KERN 0x81 /* int $0x81, kernel only */
/* Not vectors of the processor: the callbacks. */
#define TRAP_EVENT     0x100
#define TRAP_FAILSAFE  0x101
#define TRAP_SYSCALL   0x102
#define TRAP_SYSENTER  0x103
#define TRAP_SYSCALL32 0x104

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>
#include <public/xen.h>

struct trap_regs {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

struct trap_catch {
    unsigned long rsp; /* known to entry.S */
    struct trap_catch *prev;
    struct trap_regs regs;
    unsigned long cr2;
    bool was_masked;
};

/* Installs the trap table and callbacks of vCPU 0; others get them through their context. */
void trap_init(void);
extern const struct trap_info trap_table[];

/* Calls fn(arg). False: it returned. True: it trapped, and *c says how. */
bool trap_call(struct trap_catch *c, void (*fn)(void *arg), void *arg);

/* A hook that sees every trap from kernel mode first; true means handled, resume at regs. */
typedef bool (*trap_hook_fn)(struct trap_regs *regs, unsigned long cr2);
trap_hook_fn trap_set_hook(trap_hook_fn hook);

/* Entry points, for tests that register callbacks themselves. */
void entry_event(void);
void entry_failsafe(void);
void entry_syscall(void);
void entry_sysenter(void);
void entry_syscall32(void);
void entry_nmi(void);

#endif
#endif
