/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of CPUs, and the sets that everybody asks: present and online. */
#ifndef HV_CPUMASK_H
#define HV_CPUMASK_H

#include <hv/bitops.h>

#define NR_CPUS CONFIG_NR_CPUS

typedef struct {
    DECLARE_BITMAP(bits, NR_CPUS);
} cpumask_t;

extern cpumask_t cpu_present_map; /* CPUs that firmware described */
extern cpumask_t cpu_online_map;  /* CPUs that take interrupts and run softirqs */
extern unsigned int nr_cpu_ids;   /* one past the highest possible CPU; constant after start-up */

#define cpu_online(cpu) test_bit(cpu, &cpu_online_map)

static inline unsigned int cpumask_first(const cpumask_t *m)
{
    return find_first_bit(m->bits, nr_cpu_ids);
}

static inline unsigned int cpumask_next(unsigned int cpu, const cpumask_t *m)
{
    return find_next_bit(m->bits, nr_cpu_ids, cpu + 1);
}

#define for_each_cpu(cpu, mask)                                                                    \
    for ((cpu) = cpumask_first(mask); (cpu) < nr_cpu_ids; (cpu) = cpumask_next(cpu, mask))
#define for_each_online_cpu(cpu)  for_each_cpu (cpu, &cpu_online_map)
#define for_each_present_cpu(cpu) for_each_cpu (cpu, &cpu_present_map)

static inline void cpumask_set(unsigned int cpu, cpumask_t *m)
{
    set_bit(cpu, m->bits);
}

static inline void cpumask_clear(unsigned int cpu, cpumask_t *m)
{
    clear_bit(cpu, m->bits);
}

static inline bool cpumask_test(unsigned int cpu, const cpumask_t *m)
{
    return test_bit(cpu, m->bits);
}

static inline bool cpumask_empty(const cpumask_t *m)
{
    return cpumask_first(m) >= nr_cpu_ids;
}

static inline bool cpumask_and(cpumask_t *d, const cpumask_t *a, const cpumask_t *b)
{
    unsigned long any = 0;

    for (unsigned int i = 0; i < BITS_TO_LONGS(NR_CPUS); i++) {
        any |= d->bits[i] = a->bits[i] & b->bits[i];
    }
    return any;
}

static inline void cpumask_or(cpumask_t *d, const cpumask_t *a, const cpumask_t *b)
{
    for (unsigned int i = 0; i < BITS_TO_LONGS(NR_CPUS); i++) {
        d->bits[i] = a->bits[i] | b->bits[i];
    }
}

static inline void cpumask_zero(cpumask_t *m)
{
    *m = (cpumask_t){ { 0 } };
}

static inline void cpumask_setall(cpumask_t *m)
{
    for (unsigned int i = 0; i < BITS_TO_LONGS(NR_CPUS); i++) {
        m->bits[i] = ~0UL;
    }
}

static inline unsigned int cpumask_weight(const cpumask_t *m)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < BITS_TO_LONGS(NR_CPUS); i++) {
        n += hweight_long(m->bits[i]);
    }
    return n;
}

#endif
