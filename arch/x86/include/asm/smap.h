/* SPDX-License-Identifier: GPL-2.0-only */
/* Windows in which the hypervisor may touch guest mappings, where the CPU has SMAP. */
#ifndef ASM_SMAP_H
#define ASM_SMAP_H

#include <asm/alternative.h>

#ifndef __ASSEMBLY__
static always_inline void stac(void)
{
    __asm__ volatile(ALT_OPTIONAL("stac", X86_FEATURE_SMAP) : : : "memory");
}
static always_inline void clac(void)
{
    __asm__ volatile(ALT_OPTIONAL("clac", X86_FEATURE_SMAP) : : : "memory");
}
#endif

#endif
