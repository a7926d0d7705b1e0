/* SPDX-License-Identifier: GPL-2.0-only */
/* How CPUs share cores and sockets; hv/arch/host.h has what common/ asks. */
#ifndef ASM_TOPOLOGY_H
#define ASM_TOPOLOGY_H

/* Start-up, on the first CPU: reads its CPUID. */
void cpu_topology_init(void);
/* Of the first CPU's core and socket, among CPUs that are present. */
unsigned int cpu_threads_per_core(void);
unsigned int cpu_cores_per_socket(void);
/* Which thread of its core a CPU is. */
unsigned int cpu_thread_in_core(unsigned int cpu);

#endif
