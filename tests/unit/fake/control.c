/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: its control operations, which answer that a host program has no such thing. */
#include <gen/domctl-dispatch.h>
#include <gen/sysctl-dispatch.h>
#include <hv/arch/host.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/mm.h>

void arch_physinfo(struct xen_sysctl_physinfo *p)
{
    p->cpu_khz = 1000000;
    p->total_pages = total_pages;
    p->threads_per_core = p->cores_per_socket = 1;
}

uint64_t arch_cpu_physid(unsigned int cpu)
{
    return cpu;
}

void arch_cpu_topology(unsigned int cpu, uint32_t *core, uint32_t *socket)
{
    *core = cpu;
    *socket = 0;
}

/* Two CPUs a proximity domain; they are numbered from 7 down, as firmware likes it. */
uint32_t arch_cpu_proximity(unsigned int cpu)
{
    return 7 - cpu / 2;
}

int domctl_ioport_permission(struct domain *d, struct xen_domctl *op)
{
    return -ENODEV;
}

int domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
    return -ENODEV;
}

int domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
    return op->u.address_size.size == 64 ? 0 : -EINVAL;
}

int domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
    op->u.address_size.size = 64;
    return 0;
}

int domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
    return -ENODEV;
}

int sysctl_get_cpu_levelling_caps(struct xen_sysctl *op)
{
    op->u.cpu_levelling_caps.caps = 0;
    return 0;
}

int sysctl_pcitopoinfo(struct xen_sysctl *op)
{
    return -ENODEV;
}

int sysctl_get_cpu_featureset(struct xen_sysctl *op)
{
    return -ENODEV;
}

int sysctl_get_cpu_policy(struct xen_sysctl *op)
{
    return -ENODEV;
}

int domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    return -ENODEV;
}

int domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    return -ENODEV;
}

int domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
    return -ENODEV;
}

int domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
    return -ENODEV;
}
