/* SPDX-License-Identifier: GPL-2.0-only */
/* NMIs that are nobody's: option nmi. */
#ifndef ASM_NMI_H
#define ASM_NMI_H

#include <hv/compiler.h>

#ifdef CONFIG_DEBUG
#define NMI_DEFAULT_FATAL true
#else
#define NMI_DEFAULT_FATAL false
#endif

/* Once softirqs work, before other CPUs run. */
void nmi_init(void) __init;

#endif
