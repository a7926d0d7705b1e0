/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The per-domain slot: page tables of each PV vCPU's descriptor window (asm/layout.h). Tables are
 * made with the vCPUs and live as long as the domain; every level-4 table of the domain points at
 * one L3.
 */
#ifndef ASM_PERDOMAIN_H
#define ASM_PERDOMAIN_H

#include <hv/domain.h>

#define WINDOW_GDT_PAGES 16
#define WINDOW_LDT_PAGES 16

int pv_perdomain_init(struct domain *d) __must_check;
/* Makes v's window: an empty GDT. Sets v->arch.pv.window, its 32 entries. 0 or -ENOMEM. */
int pv_perdomain_vcpu(struct vcpu *v) __must_check;
void pv_perdomain_destroy(struct domain *d);
/* What goes into PERDOMAIN_SLOT of each of d's level-4 tables. */
pte_t pv_perdomain_l4e(const struct domain *d);
/* An unused GDT page: zeroes, mapped read-only. */
pte_t pv_empty_gdt_pte(void);
void pv_perdomain_boot(void) __init;

#endif
