/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: the same answers as a clamp gives, without the speculation. */
#ifndef ASM_NOSPEC_H
#define ASM_NOSPEC_H

#include <hv/compiler.h>

static inline unsigned long array_index_nospec(unsigned long idx, unsigned long size)
{
    return idx < size ? idx : 0;
}

static inline void block_speculation(void)
{
    barrier();
}

#endif
