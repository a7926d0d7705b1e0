/* SPDX-License-Identifier: GPL-2.0-only */
/* The one way in and out of a guest (arch/x86/entry): vectors, marks in a saved frame, its symbols.
 */
#ifndef ASM_ENTRY_H
#define ASM_ENTRY_H

#define TRAP_DE               0
#define TRAP_DB               1
#define TRAP_NMI              2
#define TRAP_BP               3
#define TRAP_OF               4
#define TRAP_BR               5
#define TRAP_UD               6
#define TRAP_NM               7
#define TRAP_DF               8
#define TRAP_TS               10
#define TRAP_NP               11
#define TRAP_SS               12
#define TRAP_GP               13
#define TRAP_PF               14
#define TRAP_MF               16
#define TRAP_AC               17
#define TRAP_MC               18
#define TRAP_XM               19
#define TRAP_CP               21
#define TRAP_LAST_EXCEPTION   31
#define LEGACY_SYSCALL_VECTOR 0x80

/* In entry_vector: the guest does not expect rcx and r11 back, so SYSRET may end this entry. */
#define TRAP_syscall 0x100

/* Selectors of the reserved GDT pages. */
#define HV_CS64           0xe008
#define HV_DS             0x0000
#define FLAT_USER_CS_BASE 0xe023 /* STAR's SYSRET base: CS64 is 16 above, SS is 8 above */

#define X86_EFLAGS_CF   0x00000001
#define X86_EFLAGS_MBS  0x00000002
#define X86_EFLAGS_TF   0x00000100
#define X86_EFLAGS_IF   0x00000200
#define X86_EFLAGS_DF   0x00000400
#define X86_EFLAGS_IOPL 0x00003000
#define X86_EFLAGS_NT   0x00004000
#define X86_EFLAGS_RF   0x00010000
#define X86_EFLAGS_VM   0x00020000
#define X86_EFLAGS_AC   0x00040000
#define X86_EFLAGS_VIF  0x00080000
#define X86_EFLAGS_VIP  0x00100000
/* What SYSCALL clears (MSR FMASK). */
#define X86_SYSCALL_MASK                                                                           \
    (X86_EFLAGS_AC | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_DF |               \
     X86_EFLAGS_IF | X86_EFLAGS_TF | X86_EFLAGS_IOPL)

#define EXCEPTION_STUB_SIZE 32

#ifndef __ASSEMBLY__
#include <hv/compiler.h>

struct cpu_user_regs;
struct vcpu;

/* One stub a vector, EXCEPTION_STUB_SIZE bytes each: what the IDT points at. */
extern const char exception_stubs[];

/* One stub a CPU, SYSCALL_STUB_SIZE bytes each: LSTAR and CSTAR. */
extern const char syscall_stubs[], syscall32_stubs[];
#define SYSCALL_STUB_SIZE 32
extern const char sysenter_entry[];
extern const char sysenter_flags_saved[];

/* The stubs' memory: stack[i].top is CPU_INFO_RSP0 of CPU i. */
struct syscall_slot {
    unsigned long guest_rsp, top;
    unsigned long unused[6];
};
extern struct syscall_slot syscall_slots[];

/* Drops the stack and goes on in the guest path with the current vCPU's saved registers. */
void ret_to_guest_reset_stack(void) __noreturn;
/* Drops the stack (nothing on it is needed any more) and calls fn, which does not return. */
void reset_stack_and_call(void (*fn)(void)) __noreturn;

/* Interrupts of every vector: arch/x86/irq. */
void do_irq(struct cpu_user_regs *regs);
void do_nmi(struct cpu_user_regs *regs);
void do_machine_check(struct cpu_user_regs *regs);
/* Prints everything and stops the machine. */
void fatal_trap(const struct cpu_user_regs *regs) __noreturn;

/* C side of the entry path. */
void exit_softirqs(void);
void guest_exception(struct vcpu *v, struct cpu_user_regs *regs);
void guest_legacy_syscall(struct vcpu *v, struct cpu_user_regs *regs);
void guest_interrupt(struct vcpu *v, struct cpu_user_regs *regs);
void guest_page_fault(struct vcpu *v, struct cpu_user_regs *regs);
void guest_debug(struct cpu_user_regs *regs);
void host_exception(struct cpu_user_regs *regs);
void double_fault(struct cpu_user_regs *regs) __noreturn;
#endif

#endif
