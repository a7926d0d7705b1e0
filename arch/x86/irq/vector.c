/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vector of which CPU belongs to which irq. Each CPU has its own table, so that the number of
 * interrupts is not bounded by one CPU's vectors. The caller's lock (irq.c) guards changes; the
 * dispatcher reads its own CPU's entry without one.
 */
#include <hv/lib.h>
#include <hv/percpu.h>
#include <asm/apic.h>
#include <asm/entry.h>
#include "vector.h"

struct vector_table {
    uint16_t owner[256]; /* irq + 1; 0: nobody */
};

static DEFINE_PER_CPU(struct vector_table, vectors);

static bool is_usable(const struct vector_table *t, unsigned int vector, unsigned int irq)
{
    return vector >= VECTOR_FIRST_DEVICE && vector <= VECTOR_LAST_DEVICE &&
           vector != LEGACY_SYSCALL_VECTOR && (!t->owner[vector] || t->owner[vector] == irq + 1);
}

int vector_take(unsigned int irq, unsigned int cpu, unsigned int wanted, bool only)
{
    struct vector_table *t = &per_cpu(vectors, cpu);
    unsigned int v = wanted;

    if (!is_usable(t, v, irq)) {
        if (only) {
            return -ENOSPC;
        }
        v = VECTOR_FIRST_DEVICE;
        while (v <= VECTOR_LAST_DEVICE && !is_usable(t, v, irq)) {
            v++;
        }
    }
    if (v > VECTOR_LAST_DEVICE) {
        return -ENOSPC;
    }
    WRITE_ONCE(t->owner[v], (uint16_t)(irq + 1));
    return (int)v;
}

void vector_give(unsigned int cpu, unsigned int vector)
{
    WRITE_ONCE(per_cpu(vectors, cpu).owner[vector], 0);
}

int vector_irq(unsigned int vector)
{
    return READ_ONCE(this_cpu(vectors).owner[vector]) - 1;
}
