/* SPDX-License-Identifier: GPL-2.0-only */
/* Bringing CPUs up. */
#ifndef ASM_SMPBOOT_H
#define ASM_SMPBOOT_H

#include <hv/compiler.h>

/* cpu's copy of the per-CPU data; the first CPU has one from the start. 0 or -ENOMEM. */
int percpu_area_init(unsigned int cpu) __must_check;

/* Counts the CPUs that ACPI lists, up to maxcpus=: cpu_present_map, cpu_apic_id[], nr_cpu_ids. */
void smp_prepare(void) __init;
/* Starts all present CPUs, one after the other; one that does not come is named and left out. */
void smp_boot_cpus(void) __init;

#endif
