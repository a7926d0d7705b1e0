/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of the machine: dumps, reboot, halt. */
#ifndef ASM_FATAL_H
#define ASM_FATAL_H

#include <hv/arch/domain.h>

struct cpu_user_regs;

/* Registers of a frame, and the calls that led there by frame pointers or, failing that, by what on
 * the stack looks like a return address. Any context. */
void show_execution_state(const struct cpu_user_regs *regs);

/* Resets by ACPI, the chipset, the keyboard controller, a triple fault: in that order. */
void machine_reset(void) __noreturn;
/* The other CPUs stand still from now on, whatever they were doing. */
void stop_other_cpus(void);

#endif
