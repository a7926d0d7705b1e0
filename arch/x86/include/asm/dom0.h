/* SPDX-License-Identifier: GPL-2.0-only */
/* Building the first domain (arch/x86/pv/dom0). */
#ifndef ASM_DOM0_H
#define ASM_DOM0_H

#include <hv/compiler.h>

struct domain;

/* dom0_max_vcpus= bounded by the machine. */
unsigned int dom0_max_vcpus(void) __init;
/*
 * Makes d, created empty with as many vCPUs as above, ready to run from the first boot module:
 * vCPUs, permissions, memory, kernel, page tables. 0 or -errno, each cause printed in one line.
 */
int dom0_build(struct domain *d) __init __must_check;

/* What dom0's devices reach is mapped, if there are IOMMUs: built before. 0, -ENOMEM. */
#ifdef CONFIG_IOMMU
int dom0_map_devices(struct domain *d) __init __must_check;
#else
static inline int dom0_map_devices(struct domain *d)
{
    return 0;
}
#endif

#endif
