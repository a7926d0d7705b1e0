/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: per-CPU data as a template section and a copy for every CPU but the first. */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <asm/current.h>

#define PER_CPU_SECTION __section("percpu_data")

extern unsigned long per_cpu_offset[];

#define per_cpu_at_(name, off)                                                                     \
    (*(__typeof__(per_cpu__##name) *)((unsigned long)&per_cpu__##name + (off)))
#define per_cpu(name, cpu) per_cpu_at_(name, per_cpu_offset[cpu])
#define this_cpu(name)     per_cpu_at_(name, per_cpu_offset[fake_cpu])

#endif
