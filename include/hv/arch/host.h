/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/ owes to sysctl about the host's processors. */
#ifndef HV_ARCH_HOST_H
#define HV_ARCH_HOST_H

#include <public/sysctl.h>

/* Clock, all of RAM, feature words, threads and cores: fills its part of *p. */
void arch_physinfo(struct xen_sysctl_physinfo *p);
/* APIC id of a CPU, and above bit 32 its ACPI processor id. */
uint64_t arch_cpu_physid(unsigned int cpu);
/* Number within its socket of the core that a CPU is a thread of, and the socket. */
void arch_cpu_topology(unsigned int cpu, uint32_t *core, uint32_t *socket);
/* The proximity domain that firmware puts a CPU into. Start-up, once CPUs have numbers. */
uint32_t arch_cpu_proximity(unsigned int cpu);

#endif
