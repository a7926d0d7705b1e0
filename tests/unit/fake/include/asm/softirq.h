/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: pending soft interrupts, a word a CPU. */
#ifndef ASM_SOFTIRQ_H
#define ASM_SOFTIRQ_H

#include <asm/current.h>

extern uint32_t fake_softirqs[];

static inline uint32_t *softirq_word(unsigned int cpu)
{
    return &fake_softirqs[cpu];
}

static inline uint32_t *this_softirq_word(void)
{
    return softirq_word(fake_cpu);
}

#endif
