/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads, cores and sockets: fields of the APIC id, whose widths CPUID tells, and which are taken
 * to be the same on all CPUs. Constant once the first CPU has been looked at.
 */
#include <hv/acpi.h>
#include <hv/arch/host.h>
#include <hv/bitops.h>
#include <hv/cpumask.h>
#include <hv/init.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <asm/topology.h>

#define LEVEL_THREADS 1
#define LEVEL_CORES   2
#define MAX_LEVELS    8

/* The lowest bits of an APIC id: of a thread within its core, and within its socket. */
static unsigned int thread_bits __ro_after_init, socket_bits __ro_after_init;

/* Extended topology (SDM vol. 2A, CPUID leaf 0BH). False: the CPU does not have it. */
static bool __init from_extended_leaf(void)
{
    bool found = false;

    if (cpuid(0, 0).eax < 0xb) {
        return false;
    }
    for (unsigned int i = 0; i < MAX_LEVELS; i++) {
        struct cpuid_regs r = cpuid(0xb, i);
        unsigned int level = r.ecx >> 8 & 0xff;

        if (!(r.ebx & 0xffff) || !level) {
            break;
        }
        if (level == LEVEL_THREADS) {
            thread_bits = r.eax & 0x1f;
        }
        socket_bits = r.eax & 0x1f;
        found = true;
    }
    return found;
}

/* Before that leaf: how many ids a socket takes, and how many cores are in it (leaves 1 and 4; AMD
 * APM vol. 3, 8000_0008h). */
static void __init from_counts(void)
{
    unsigned int ids = cpuid(1, 0).ebx >> 16 & 0xff, cores = 1;

    if (!cpu_has(X86_FEATURE_HTT) || !ids) {
        return;
    }
    if (cpuid(0x80000000, 0).eax >= 0x80000008) {
        cores = (cpuid(0x80000008, 0).ecx & 0xff) + 1;
    }
    if (cores == 1 && cpuid(0, 0).eax >= 4) {
        cores = (cpuid(4, 0).eax >> 26) + 1;
    }
    socket_bits = get_order(ids);
    thread_bits = socket_bits - min(socket_bits, get_order(cores));
}

void __init cpu_topology_init(void)
{
    if (!from_extended_leaf()) {
        from_counts();
    }
}

void arch_cpu_topology(unsigned int cpu, uint32_t *core, uint32_t *socket)
{
    uint32_t id = cpu_apic_id[cpu];

    *core = (id & ((1ULL << socket_bits) - 1)) >> thread_bits;
    *socket = (uint32_t)((uint64_t)id >> socket_bits);
}

unsigned int cpu_thread_in_core(unsigned int cpu)
{
    return cpu_apic_id[cpu] & ((1U << thread_bits) - 1);
}

/* Present CPUs whose ids are the first one's but for these bits. */
static unsigned int like_first(unsigned int bits)
{
    unsigned int cpu, nr = 0;

    for_each_present_cpu (cpu) {
        nr += (uint64_t)(cpu_apic_id[cpu] ^ cpu_apic_id[0]) >> bits == 0;
    }
    return nr;
}

unsigned int cpu_threads_per_core(void)
{
    return like_first(thread_bits);
}

unsigned int cpu_cores_per_socket(void)
{
    return like_first(socket_bits) / like_first(thread_bits);
}

uint32_t __init arch_cpu_proximity(unsigned int cpu)
{
    for (unsigned int i = 0; i < acpi_info.nr_cpus; i++) {
        if (acpi_info.cpus[i].apic_id == cpu_apic_id[cpu]) {
            return acpi_info.cpus[i].domain;
        }
    }
    return 0;
}
