/* SPDX-License-Identifier: GPL-2.0-only */
/* Moving a vCPU's state between its memory and the CPU it runs on (arch/x86/domain/switch.c). */
#ifndef ASM_STATE_H
#define ASM_STATE_H

#include <hv/domain.h>

/* Segments and bases of the current vCPU. Load: interrupts on; false when a selector was refused.
 */
void segments_save(struct vcpu *v);
bool segments_load(struct vcpu *v);
/* GS base of guest kernel mode / user mode while v is current. */
unsigned long current_gs_base(const struct vcpu *v, bool kernel);
void set_current_gs_base(struct vcpu *v, bool kernel, unsigned long base);

/* CR3 of v's present mode to the CPU; the TLB forgets what is not global. */
void load_guest_cr3(const struct vcpu *v);

/* CR3 of the hypervisor's own page tables: idle vCPUs. */
extern unsigned long idle_cr3;

#endif
