/* SPDX-License-Identifier: GPL-2.0-only */
/* CPU stack blocks: asm/layout.h has their shape. */
#ifndef ASM_STACK_H
#define ASM_STACK_H

#include <asm/current.h>

/* Where the CPU starts to push an exception frame from a guest, and SYSCALL's stub its own. */
static inline unsigned long cpu_info_rsp0(struct cpu_info *info)
{
    return (unsigned long)&info->guest_regs.es;
}

static inline struct cpu_info *cpu_info_of_stack(unsigned long stack)
{
    return (struct cpu_info *)(stack + STACK_SIZE) - 1;
}

/* Takes and maps cpu's block and fills its cpu_info and descriptor page: 0 or -ENOMEM. The CPU is
 * not running. Process context of another CPU, or of start-up. */
int cpu_stack_init(unsigned int cpu) __must_check;
/* Is sp within the mapped stacks of the block that it points into? For unwinding. */
bool stack_contains(unsigned long sp);

/* First CPU: leaves the boot stack for its own block, with the new descriptors, and calls fn there.
 */
void cpu_leave_boot_stack(void (*fn)(void)) __noreturn __init;

/* Chooses the value that functions check their frames with; first thing on the first CPU. */
void stack_guard_init(void) __init;

#endif
