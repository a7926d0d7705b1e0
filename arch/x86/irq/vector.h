/* SPDX-License-Identifier: GPL-2.0-only */
/* Vectors of CPUs: what vector.c gives to irq.c. */
#ifndef IRQ_VECTOR_H
#define IRQ_VECTOR_H

#include <hv/compiler.h>

/* A vector of that CPU for irq: the wanted one when it is free or irq's already, else any, unless
 * only that one will do. The vector, or -ENOSPC. */
int vector_take(unsigned int irq, unsigned int cpu, unsigned int wanted, bool only) __must_check;
void vector_give(unsigned int cpu, unsigned int vector);
/* The irq that a vector of this CPU means, or -1. Any context. */
int vector_irq(unsigned int vector);

#endif
