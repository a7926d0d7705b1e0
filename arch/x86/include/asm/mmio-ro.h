/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device frames that guests with the right to them may read but not write: the hypervisor drives
 * what is behind them. A guest's entry for one becomes read-only without a word, as the reference
 * does; the hardware domain's writes are dropped, or done where that is safe (pv/mmio-write.c).
 */
#ifndef ASM_MMIO_RO_H
#define ASM_MMIO_RO_H

#include <hv/frame.h>

/* Adds frames. 0 or -ENOMEM. Process context. */
int mmio_ro_add(mfn_t first, unsigned long nr) __must_check;
void mmio_ro_remove(mfn_t first, unsigned long nr);
/* Any context. */
bool mmio_is_ro(mfn_t mfn);

#endif
