/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Domains: life cycle, information, permissions, virtual interrupts.
 */
#include "private.h"

int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config)
{
    return xc_op_domctl_createdomain(xch, pdomid, config);
}

int xc_domain_destroy(xc_interface *xch, uint32_t domid)
{
    return xc_op_domctl_destroydomain(xch, &domid);
}

int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
    return xc_op_domctl_pausedomain(xch, &domid);
}

int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
    return xc_op_domctl_unpausedomain(xch, &domid);
}

int xc_domain_resume(xc_interface *xch, uint32_t domid, int fast)
{
    /* A slow one rebuilds shared pages, which only a kernel that was saved needs. */
    if (!fast) {
        return xc_fail(xch, EOPNOTSUPP, "slow resume of domain %u", domid);
    }
    return xc_op_domctl_resumedomain(xch, &domid);
}

int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason)
{
    struct sched_remote_shutdown arg = { .domain_id = (domid_t)domid, .reason = (unsigned)reason };
    long rc = xc_call_struct(xch, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &arg, sizeof(arg),
                             "remote_shutdown");

    return rc < 0 ? -1 : 0;
}

int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max)
{
    struct xen_domctl_max_vcpus arg = { .max = max };

    return xc_op_domctl_max_vcpus(xch, &domid, &arg);
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb)
{
    struct xen_domctl_max_mem arg = { .max_memkb = max_memkb };

    return xc_op_domctl_max_mem(xch, &domid, &arg);
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
                          xc_domaininfo_t *info)
{
    struct xen_sysctl_getdomaininfolist arg = { .first_domain = (domid_t)first_domain,
                                                .max_domains = max_domains };
    struct xc_bounce b;
    int rc;

    if (xc_bounce_open(xch, &b, info, max_domains * sizeof(*info), XC_OUT)) {
        return -1;
    }
    set_xen_guest_handle(arg.buffer, b.hv);
    rc = xc_op_sysctl_getdomaininfolist(xch, &arg);
    xc_bounce_close(xch, &b);
    return rc ? -1 : (int)arg.num_domains;
}

static void info_from_abi(xc_dominfo_t *to, const xc_domaininfo_t *from)
{
    memset(to, 0, sizeof(*to));
    to->domid = from->domain;
    to->ssidref = from->ssidref;
    to->dying = from->flags & XEN_DOMINF_dying;
    to->shutdown = from->flags & XEN_DOMINF_shutdown;
    to->paused = from->flags & XEN_DOMINF_paused;
    to->blocked = from->flags & XEN_DOMINF_blocked;
    to->running = from->flags & XEN_DOMINF_running;
    to->hvm = from->flags & XEN_DOMINF_hvm_guest;
    to->debugged = from->flags & XEN_DOMINF_debugged;
    to->xenstore = from->flags & XEN_DOMINF_xs_domain;
    to->shutdown_reason = (from->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
    to->crashed = to->shutdown && to->shutdown_reason == SHUTDOWN_crash;
    to->nr_pages = from->tot_pages;
    to->nr_outstanding_pages = from->outstanding_pages;
    to->nr_shared_pages = from->shr_pages;
    to->nr_paged_pages = from->paged_pages;
    to->max_memkb = from->max_pages << (XC_PAGE_SHIFT - 10);
    to->shared_info_frame = from->shared_info_frame;
    to->cpu_time = from->cpu_time;
    to->nr_online_vcpus = from->nr_online_vcpus;
    to->max_vcpu_id = from->max_vcpu_id;
    to->cpupool = from->cpupool;
    memcpy(to->handle, from->handle, sizeof(to->handle));
}

int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms,
                      xc_dominfo_t *info)
{
    uint32_t next = first_domid;
    unsigned int n;

    for (n = 0; n < max_doms; n++) {
        xc_domaininfo_t one = { 0 };
        int got = xc_domain_getinfolist(xch, next, 1, &one);

        if (got <= 0) {
            return n || !got ? (int)n : -1;
        }
        info_from_abi(&info[n], &one);
        next = one.domain + 1u;
    }
    return (int)n;
}

int xc_domain_sethandle(xc_interface *xch, uint32_t domid, xen_domain_handle_t handle)
{
    struct xen_domctl_setdomainhandle arg;

    memcpy(arg.handle, handle, sizeof(arg.handle));
    return xc_op_domctl_setdomainhandle(xch, &domid, &arg);
}

int xc_domain_setdebugging(xc_interface *xch, uint32_t domid, unsigned int enable)
{
    struct xen_domctl_setdebugging arg = { .enable = !!enable };

    return xc_op_domctl_setdebugging(xch, &domid, &arg);
}

int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t seconds)
{
    struct xen_domctl_settimeoffset arg = { .time_offset_seconds = seconds };

    return xc_op_domctl_settimeoffset(xch, &domid, &arg);
}

int xc_domain_set_virq_handler(xc_interface *xch, uint32_t domid, int virq)
{
    struct xen_domctl_set_virq_handler arg = { .virq = (uint32_t)virq };

    return xc_op_domctl_set_virq_handler(xch, &domid, &arg);
}

int xc_get_domain_state(xc_interface *xch, uint32_t *domid,
                        struct xen_domctl_get_domain_state *state)
{
    memset(state, 0, sizeof(*state));
    return xc_op_domctl_get_domain_state(xch, domid, state);
}

int xc_domain_get_grant_usage(xc_interface *xch, uint32_t domid,
                              struct xen_domctl_get_grant_usage *usage)
{
    memset(usage, 0, sizeof(*usage));
    return xc_op_domctl_get_grant_usage(xch, &domid, usage);
}

int xc_domain_ioport_permission(xc_interface *xch, uint32_t domid, uint32_t first_port,
                                uint32_t nr_ports, uint32_t allow_access)
{
    struct xen_domctl_ioport_permission arg = { .first_port = first_port,
                                                .nr_ports = nr_ports,
                                                .allow_access = !!allow_access };

    return xc_op_domctl_ioport_permission(xch, &domid, &arg);
}

int xc_domain_iomem_permission(xc_interface *xch, uint32_t domid, unsigned long first_mfn,
                               unsigned long nr_mfns, uint8_t allow_access)
{
    struct xen_domctl_iomem_permission arg = { .first_mfn = first_mfn,
                                               .nr_mfns = nr_mfns,
                                               .allow_access = !!allow_access };

    return xc_op_domctl_iomem_permission(xch, &domid, &arg);
}

int xc_domain_irq_permission(xc_interface *xch, uint32_t domid, uint32_t pirq, bool allow_access)
{
    struct xen_domctl_irq_permission arg = { .pirq = pirq, .allow_access = allow_access };

    return xc_op_domctl_irq_permission(xch, &domid, &arg);
}

int xc_domain_hypercall_init(xc_interface *xch, uint32_t domid, uint64_t gmfn)
{
    struct xen_domctl_hypercall_init arg = { .gmfn = gmfn };

    return xc_op_domctl_hypercall_init(xch, &domid, &arg);
}

int xc_domain_set_address_size(xc_interface *xch, uint32_t domid, unsigned int bits)
{
    struct xen_domctl_address_size arg = { .size = bits };

    return xc_op_domctl_set_address_size(xch, &domid, &arg);
}

int xc_domain_get_address_size(xc_interface *xch, uint32_t domid, unsigned int *bits)
{
    struct xen_domctl_address_size arg = { 0 };
    int rc = xc_op_domctl_get_address_size(xch, &domid, &arg);

    *bits = arg.size;
    return rc;
}

int xc_get_pfn_type_batch(xc_interface *xch, uint32_t domid, unsigned int num, xen_pfn_t *array)
{
    struct xen_domctl_getpageframeinfo3 arg = { .num = num };
    struct xc_bounce b;
    int rc;

    if (xc_bounce_open(xch, &b, array, num * sizeof(*array), XC_INOUT)) {
        return -1;
    }
    set_xen_guest_handle(arg.array, b.hv);
    rc = xc_op_domctl_getpageframeinfo3(xch, &domid, &arg);
    xc_bounce_close(xch, &b);
    return rc;
}
