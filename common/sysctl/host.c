/* SPDX-License-Identifier: GPL-2.0-only */
/* sysctls about the host: processors, memory, nodes, domains. Snapshots, without locks. */
#include <gen/sysctl-dispatch.h>
#include <hv/arch/host.h>
#include <hv/domain.h>
#include <hv/gnttab.h>
#include <hv/guest-access.h>
#include <hv/iommu.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/numa.h>
#include <hv/sched.h>
#include <hv/xsm.h>

int sysctl_physinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_physinfo *p = &op->u.physinfo;

    memset(p, 0, sizeof(*p));
    p->nr_cpus = cpumask_weight(&cpu_online_map);
    p->max_cpu_id = nr_cpu_ids - 1;
    p->nr_nodes = nr_nodes;
    p->max_node_id = MAX_NUMNODES - 1;
    p->free_pages = heap_free_pages_total();
    p->max_mfn = max_page - 1;
    p->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
    if (gnttab_highest_version() >= 2) {
        p->capabilities |= XEN_SYSCTL_PHYSCAP_gnttab_v2;
    }
    if (iommu_enabled) {
        p->capabilities |= XEN_SYSCTL_PHYSCAP_directio;
    }
    arch_physinfo(p);
    return 0;
}

int sysctl_sched_id(struct xen_sysctl *op)
{
    op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
    return 0;
}

/* Domains that the caller may not see are left out. */
int sysctl_getdomaininfolist(struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
    guest_ptr_t buffer = guest_handle(l->buffer);
    struct xen_domctl_getdomaininfo info;
    uint32_t nr = 0, room = l->max_domains;
    struct domain *d;
    int rc = 0;

    rcu_read_lock();
    for (d = room ? domain_at_or_after(l->first_domain) : NULL; d && nr < room;
         d = domain_after(d)) {
        if (xsm_getdomaininfo(d)) {
            continue;
        }
        domain_getinfo(d, &info);
        if (copy_to_guest_elem(buffer, nr, &info)) {
            rc = -EFAULT;
            break;
        }
        nr++;
    }
    rcu_read_unlock();
    l->num_domains = nr;
    return rc;
}

int sysctl_getcpuinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
    uint32_t nr = min(g->max_cpus, nr_cpu_ids);

    for (unsigned int cpu = 0; cpu < nr; cpu++) {
        struct xen_sysctl_cpuinfo info = { 0 };

        if (idle_vcpu[cpu]) {
            info.idletime = (uint64_t)vcpu_cpu_time(idle_vcpu[cpu]);
        }
        if (copy_to_guest_elem(guest_handle(g->info), cpu, &info)) {
            return -EFAULT;
        }
    }
    g->nr_cpus = nr;
    return 0;
}

int sysctl_availheap(struct xen_sysctl *op)
{
    struct xen_sysctl_availheap *a = &op->u.availheap;

    a->avail_bytes = heap_avail_pages(a->node < 0 ? NUMA_NO_NODE : (unsigned int)a->node,
                                      a->min_bitwidth, a->max_bitwidth)
                     << PAGE_SHIFT;
    return 0;
}

/* With a null handle, only how many there are. */
int sysctl_cputopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
    guest_ptr_t to = guest_handle(t->cputopo);
    uint32_t nr = min(t->num_cpus, nr_cpu_ids);

    if (guest_ptr_is_null(to)) {
        t->num_cpus = nr_cpu_ids;
        return 0;
    }
    t->num_cpus = nr;
    for (unsigned int cpu = 0; cpu < nr; cpu++) {
        struct xen_sysctl_cputopo topo = { XEN_INVALID_CORE_ID, XEN_INVALID_SOCKET_ID,
                                           XEN_INVALID_NODE_ID };

        if (cpumask_test(cpu, &cpu_present_map)) {
            arch_cpu_topology(cpu, &topo.core, &topo.socket);
            topo.node = numa_node_of_cpu(cpu);
        }
        if (copy_to_guest_elem(to, cpu, &topo)) {
            return -EFAULT;
        }
    }
    return 0;
}

/* With null handles, only how many there are; otherwise a record, and a row of distances, a node.
 */
int sysctl_numainfo(struct xen_sysctl *op)
{
    struct xen_sysctl_numainfo *n = &op->u.numainfo;
    guest_ptr_t mem = guest_handle(n->meminfo), distances = guest_handle(n->distance);
    uint32_t nr = min(n->num_nodes, nr_nodes);

    if (guest_ptr_is_null(mem) && guest_ptr_is_null(distances)) {
        nr = 0;
        n->num_nodes = nr_nodes;
    } else {
        n->num_nodes = nr;
    }
    for (unsigned int from = 0; from < nr; from++) {
        const struct xen_sysctl_meminfo info = {
            .memsize = numa_node_span(from),
            .memfree = (uint64_t)heap_avail_pages(from, 0, 0) << PAGE_SHIFT,
        };

        if (!guest_ptr_is_null(mem) && copy_to_guest_elem(mem, from, &info)) {
            return -EFAULT;
        }
        for (unsigned int to = 0; !guest_ptr_is_null(distances) && to < nr; to++) {
            const uint32_t distance = numa_distance(from, to);

            if (copy_to_guest_elem(distances, from * nr + to, &distance)) {
                return -EFAULT;
            }
        }
    }
    return 0;
}
