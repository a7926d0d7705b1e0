/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU data: DEFINE_PER_CPU(type, name) makes a template; each CPU has its own copy, zeroed or
 * initialised from the template before the CPU runs. this_cpu(name) is an lvalue.
 */
#ifndef HV_PERCPU_H
#define HV_PERCPU_H

#include <hv/cpumask.h>
#include <asm/percpu.h> /* per_cpu(name, cpu), this_cpu(name), PER_CPU_SECTION */

#define DEFINE_PER_CPU(type, name)  PER_CPU_SECTION __typeof__(type) per_cpu__##name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) per_cpu__##name

#endif
