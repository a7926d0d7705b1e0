/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of the machine: dumps, reboot, halt. */
#ifndef ASM_FATAL_H
#define ASM_FATAL_H

#include <hv/arch/domain.h>

struct cpu_user_regs;

/* Registers of a frame, and the calls that led there by frame pointers or, failing that, by what on
 * the stack looks like a return address. Any context. */
void show_execution_state(const struct cpu_user_regs *regs);

/* fatal_trap() with the cause behind its first line. Any context. */
void fatal_trap_because(const struct cpu_user_regs *regs, const char *why) __noreturn;
/* The watchdog found that cpu does not move: shows it, this CPU (regs) and the others, and ends the
 * machine. In an NMI. */
void fatal_stuck_cpu(unsigned int cpu, unsigned int seconds,
                     const struct cpu_user_regs *regs) __noreturn;

/* In every NMI, first: on a machine that is ending this CPU shows itself if it is told to, and
 * stops. */
void fatal_nmi(const struct cpu_user_regs *regs);

/* machine_restart(), some seconds later where a screen says why. */
void machine_restart_when_read(void) __noreturn;
/* Resets by ACPI, the chipset, the keyboard controller, a triple fault: in that order. */
void machine_reset(void) __noreturn;
/* Powers off with these values; halts where the firmware has no registers for it. */
struct acpi_s5;
void machine_power_off_by(const struct acpi_s5 *s5) __noreturn;
/* The same, or with noreboot a stop, and not a word: for a CPU that can do nothing else any more.
 */
void machine_end(void) __noreturn;
/* The other CPUs stand still from now on, whatever they were doing. */
void stop_other_cpus(void);

#endif
