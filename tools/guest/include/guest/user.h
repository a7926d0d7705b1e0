/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User mode: one small user address space (a code page and a stack page), and entering it.
 *
 * user_run() returns at the first trap, syscall or software interrupt from user mode. Events are
 * taken and user mode goes on. One user address space a kernel; any vCPU may run it once
 * user_init() is done.
 */
#ifndef GUEST_USER_H
#define GUEST_USER_H

#include <guest/trap.h>

#define USER_CODE  0x0000000000400000ul
#define USER_STACK 0x0000000000600000ul /* one page; the stack starts at its end */
#define USER_DATA  0x0000000000601000ul

long user_init(void);

/* Copies code to USER_CODE (at most a page). */
void user_load(const void *code, unsigned long len);

/* The kernel's view of the user pages. */
void *user_code_page(void);
void *user_data_page(void);
unsigned long user_root_mfn(void);

/* Registers for a fresh run at USER_CODE. */
void user_regs_init(struct trap_regs *regs);

/* Enters user mode with *regs and comes back with the registers of the trap that ended it. */
void user_run(struct trap_regs *regs);

#endif
