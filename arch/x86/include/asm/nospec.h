/* SPDX-License-Identifier: GPL-2.0-only */
/* Speculation barriers and index clamps for x86. */
#ifndef ASM_NOSPEC_H
#define ASM_NOSPEC_H

#include <hv/compiler.h>

static always_inline unsigned long array_index_nospec(unsigned long idx, unsigned long size)
{
    unsigned long mask;

    __asm__("cmp %1, %2; sbb %0, %0" : "=r"(mask) : "g"(size), "r"(idx) : "cc");
    return idx & mask;
}

static always_inline void block_speculation(void)
{
    __asm__ volatile("lfence" ::: "memory");
}

#endif
