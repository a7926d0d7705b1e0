/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding CPUs that are stuck with interrupts off: option watchdog. */
#ifndef ASM_WATCHDOG_H
#define ASM_WATCHDOG_H

#include <hv/compiler.h>

struct cpu_user_regs;

/* After all CPUs run and timers work; interrupts on. Says when the machine has no NMIs for it. */
void watchdog_init(void) __init;
/* Was this NMI the watchdog's? Does not return when a CPU is stuck. In an NMI. */
bool watchdog_nmi(const struct cpu_user_regs *regs);

#endif
