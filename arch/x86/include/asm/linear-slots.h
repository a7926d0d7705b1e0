/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Level-4 slots through which the hypervisor does not go on a guest's behalf
 * (arch/x86/mm/linear-slots.c).
 */
#ifndef ASM_LINEAR_SLOTS_H
#define ASM_LINEAR_SLOTS_H

#include <hv/compiler.h>

struct domain;

/* Of a function that inline assembly calls: it keeps all registers but its result's. The host's
 * compiler, which has vector registers to keep, calls it as any other. */
#ifdef __SSE__
#define __keeps_registers
#else
#define __keeps_registers __attribute__((no_caller_saved_registers))
#endif

/*
 * Guest addresses are told from the hypervisor's by (va - HYPERVISOR_START) >> HYPERVISOR_SHIFT:
 * one below this is looked at again, out of line. 1 as long as no domain has a marked slot: only
 * the hypervisor's own; then more than any quotient. Never goes back.
 */
extern unsigned long guest_va_look_below;

/* Read anew each time, by one instruction: each read of guest memory asks. */
static always_inline bool linear_slots_in_use(void)
{
    bool used;

    __asm__ volatile("cmpq $1, %1" : "=@ccne"(used) : "m"(guest_va_look_below));
    return used;
}

/* From before a linear entry is in that slot of one of d's level-4 tables until d is gone. */
void linear_slot_mark(struct domain *d, unsigned int slot);
bool linear_slot_marked(const struct domain *d, unsigned int slot);

/*
 * The address, where the hypervisor may access [va, va + bytes), less than a slot's size, for the
 * current guest; where not, all ones, under speculation too. Asked out of line, when an address is
 * the hypervisor's or some domain has a marked slot.
 */
#define GUEST_VA_REFUSED (~0UL)
unsigned long guest_va_look(unsigned long va, unsigned long bytes) __cold __keeps_registers
    __must_check;
/* After a read, with its result: that, or -EFAULT, and nothing stays of what was read. */
int guest_read_look(void *to, unsigned long va, unsigned long bytes, int rc) __cold __must_check;

#endif
