/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine checks: banks of error registers (mce.c), and the errors found there that dom0 has not
 * been told of yet (mce-log.c). SDM vol. 3 ch. 16; APM vol. 2 ch. 9.
 */
#ifndef ASM_MCE_H
#define ASM_MCE_H

#include <hv/compiler.h>
#include <hv/init.h>
#include <public/arch-x86/xen-mca.h>

struct cpu_user_regs;

#define MCI_STATUS_VAL   (1UL << 63)
#define MCI_STATUS_OVER  (1UL << 62)
#define MCI_STATUS_UC    (1UL << 61)
#define MCI_STATUS_MISCV (1UL << 59)
#define MCI_STATUS_ADDRV (1UL << 58)
#define MCI_STATUS_PCC   (1UL << 57)
#define MCI_STATUS_S     (1UL << 56) /* an exception told of it; with MCG_CAP's SER_P */
#define MCI_STATUS_AR    (1UL << 55) /* what was interrupted cannot go on */

/* What one bank of one CPU held. */
struct mce_error {
    uint64_t id; /* counts from 1; what dom0 acknowledges it by */
    uint64_t status, addr, misc, ctl2, tsc;
    uint64_t mcg_status;
    uint32_t flags; /* MC_FLAG_* */
    uint16_t cpu, bank;
    bool urgent;
};

/* Enables this CPU's banks. Start-up of the CPU, interrupts off. */
void mce_init_cpu(void);
/* Looks at all CPUs' banks, now and from time to time. Once, all CPUs run. */
void mce_init(void) __init;
/* Prints this CPU's banks that hold an error. Any context. */
void mce_show_banks(void);

/* Keeps an error for dom0 and raises VIRQ_MCA; when there is no room, it only raises.
 * Softirq context. */
void mce_log(const struct mce_error *e);
/* The oldest that dom0 has not acknowledged, of those that are urgent or not: false, there is none.
 * Any context but NMI. */
bool mce_log_oldest(bool urgent, struct mce_error *e);
/* Forgets one, if there is one of that id. */
void mce_log_done(bool urgent, uint64_t id);

#endif
