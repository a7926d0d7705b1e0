/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a CPU's pending soft interrupts are: in its cpu_info, beside the other work of the exit
 * path, so that one comparison there finds either.
 */
#ifndef ASM_SOFTIRQ_H
#define ASM_SOFTIRQ_H

#include <asm/stack.h>

static always_inline uint32_t *this_softirq_word(void)
{
    return &get_cpu_info()->softirq_pending;
}

/* cpu is this one, or runs. */
static inline uint32_t *softirq_word(unsigned int cpu)
{
    /* The first CPU starts on a stack that is not its own. */
    return cpu == smp_processor_id() ? this_softirq_word()
                                     : &cpu_info_of_stack(CPU_STACK(cpu))->softirq_pending;
}

#endif
