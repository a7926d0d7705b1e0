/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/ owes to sysctl about the host's processors. */
#ifndef HV_ARCH_HOST_H
#define HV_ARCH_HOST_H

#include <public/sysctl.h>

/* Clock, feature words, threads and cores: fills its part of *p. */
void arch_physinfo(struct xen_sysctl_physinfo *p);
/* APIC id of a CPU, and above bit 32 its ACPI processor id. */
uint64_t arch_cpu_physid(unsigned int cpu);
/* Core, socket and node of a CPU; XEN_INVALID_* when it is not there. */
void arch_cpu_topology(unsigned int cpu, struct xen_sysctl_cputopo *topo);

#endif
