/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op's part on physical CPUs: what they are, and answers to wishes to add, remove or park
 * them. CPUs come up at start-up and stay, so nothing here changes, and there are no locks.
 */
#include <gen/platform_op-dispatch.h>
#include <hv/acpi.h>
#include <hv/cpumask.h>
#include <hv/lib.h>
#include <hv/nospec.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#define MAX_PXM 256U

static unsigned int highest_present(void)
{
    unsigned int cpu, highest = 0;

    for_each_present_cpu (cpu) {
        highest = cpu;
    }
    return highest;
}

static bool is_online(uint32_t cpu)
{
    return cpu < nr_cpu_ids && cpu_online(array_index_nospec(cpu, nr_cpu_ids));
}

/* The id that ACPI has for a CPU; its APIC id when the tables do not say. */
static uint32_t acpi_id_of(unsigned int cpu)
{
    for (unsigned int i = 0; i < acpi_info.nr_cpus; i++) {
        if (acpi_info.cpus[i].apic_id == cpu_apic_id[cpu]) {
            return acpi_info.cpus[i].acpi_id;
        }
    }
    return cpu_apic_id[cpu];
}

int platform_op_get_cpuinfo(struct xen_platform_op *op)
{
    struct xenpf_pcpuinfo *info = &op->u.pcpu_info;
    unsigned int cpu;

    info->max_present = highest_present();
    if (!is_online(info->xen_cpuid)) {
        info->flags = XEN_PCPU_FLAGS_INVALID;
        return 0;
    }
    info->flags = XEN_PCPU_FLAGS_ONLINE;
    cpu = array_index_nospec(info->xen_cpuid, nr_cpu_ids);
    info->apic_id = cpu_apic_id[cpu];
    info->acpi_id = acpi_id_of(cpu);
    return 0;
}

/* All CPUs are alike, or they would not have been started. */
int platform_op_get_cpu_version(struct xen_platform_op *op)
{
    struct xenpf_pcpu_version *v = &op->u.pcpu_version;

    v->max_present = highest_present();
    if (!is_online(v->xen_cpuid)) {
        memset(v->vendor_id, 0, sizeof(v->vendor_id));
        v->family = v->model = v->stepping = 0;
        return 0;
    }
    cpu_vendor_id(v->vendor_id);
    cpu_signature(&v->family, &v->model, &v->stepping);
    return 0;
}

int platform_op_cpu_online(struct xen_platform_op *op)
{
    return is_online(op->u.cpu_ol.cpuid) ? 0 : -EINVAL;
}

int platform_op_cpu_offline(struct xen_platform_op *op)
{
    return is_online(op->u.cpu_ol.cpuid) ? -EOPNOTSUPP : -EINVAL;
}

/* What is there is there already; for another CPU there is no room. */
int platform_op_cpu_hotadd(struct xen_platform_op *op)
{
    const struct xenpf_cpu_hotadd *add = &op->u.cpu_add;
    unsigned int cpu;

    if (add->apic_id >= 0xffffU || add->acpi_id >= 0xffffU || add->pxm >= MAX_PXM) {
        return -EINVAL;
    }
    for_each_present_cpu (cpu) {
        if (cpu_apic_id[cpu] == add->apic_id) {
            return -EEXIST;
        }
    }
    return -ENOSPC;
}

int platform_op_mem_hotadd(struct xen_platform_op *op)
{
    const struct xenpf_mem_hotadd *add = &op->u.mem_add;

    return add->spfn >= add->epfn || add->pxm >= MAX_PXM ? -EINVAL : -EOPNOTSUPP;
}

int platform_op_core_parking(struct xen_platform_op *op)
{
    struct xenpf_core_parking *parking = &op->u.core_parking;

    switch (parking->type) {
    case XEN_CORE_PARKING_SET:
        return parking->idle_nums ? -EOPNOTSUPP : 0;
    case XEN_CORE_PARKING_GET:
        parking->idle_nums = 0;
        return 0;
    default:
        return -EINVAL;
    }
}
