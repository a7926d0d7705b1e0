/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's processors for sysctl: what CPUID and the APIC ids say. */
#include <gen/sysctl-dispatch.h>
#include <hv/acpi.h>
#include <hv/arch/host.h>
#include <hv/cpumask.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/memmap.h>
#include <asm/time.h>
#include <asm/topology.h>

void arch_physinfo(struct xen_sysctl_physinfo *p)
{
    static const uint8_t words[8] = {
        FEATURE_1_EDX,  FEATURE_1_ECX, FEATURE_E1_EDX, FEATURE_E1_ECX,
        FEATURE_D1_EAX, FEATURE_7_EBX, FEATURE_7_ECX,  FEATURE_E7_EDX
    };

    p->total_pages = memmap_ram_pages(&memory_map);
    p->cpu_khz = tsc_khz();
    p->threads_per_core = cpu_threads_per_core();
    p->cores_per_socket = cpu_cores_per_socket();
    for (unsigned int i = 0; i < 8; i++) {
        p->hw_cap[i] = cpu_features[words[i]];
    }
}

uint64_t arch_cpu_physid(unsigned int cpu)
{
    uint64_t id = cpu_apic_id[cpu];

    for (unsigned int i = 0; i < acpi_info.nr_cpus; i++) {
        if (acpi_info.cpus[i].apic_id == cpu_apic_id[cpu]) {
            id |= (uint64_t)acpi_info.cpus[i].acpi_id << 32;
        }
    }
    return id;
}

/* What a PV guest's own CPUID instruction shows is never changed: it asks by the prefix. */
int sysctl_get_cpu_levelling_caps(struct xen_sysctl *op)
{
    op->u.cpu_levelling_caps.caps = 0;
    return 0;
}
