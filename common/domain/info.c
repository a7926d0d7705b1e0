/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's state as tools see it. A snapshot: fields are read without locks, each by itself.
 * Every byte of the answer is written here, padding included (I18).
 */
#include <hv/arch/domain.h>
#include "private.h"

static uint32_t rare_flags(const struct domain *d)
{
    uint32_t flags = 0;

    flags |= d->dying == DOMDYING_dead ? XEN_DOMINF_dying : 0;
    flags |= d->is_shut_down ? XEN_DOMINF_shutdown : 0;
    flags |= d->debugger_attached ? XEN_DOMINF_debugged : 0;
    flags |= d->is_xenstore ? XEN_DOMINF_xs_domain : 0;
    if (d->shutdown_code != SHUTDOWN_CODE_INVALID) {
        flags |= (d->shutdown_code & XEN_DOMINF_shutdownmask) << XEN_DOMINF_shutdownshift;
    }
    return flags;
}

/* Adds up the vCPUs. Of those that are not down: one runs, or all wait. */
static noinline uint32_t tell_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    uint32_t flags = XEN_DOMINF_blocked;
    struct vcpu *v;

    for_each_vcpu (d, v) {
        info->cpu_time += (uint64_t)vcpu_cpu_time(v);
        info->max_vcpu_id = v->vcpu_id;
        if (test_bit(VPF_down, &v->pause_flags)) {
            continue;
        }
        if (!(v->pause_flags & (BIT(VPF_blocked) | BIT(VPF_poll)))) {
            flags &= ~(uint32_t)XEN_DOMINF_blocked;
        }
        if (v->is_running) {
            flags |= XEN_DOMINF_running;
        }
        info->nr_online_vcpus++;
    }
    return info->nr_online_vcpus ? flags : 0;
}

void domain_getinfo(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    uint32_t flags = d->controller_pauses ? XEN_DOMINF_paused : 0;

    info->cpu_time = 0;
    info->nr_online_vcpus = 0;
    info->max_vcpu_id = 0;
    if (smp_load_acquire(&d->vcpu[0])) { /* which is made first */
        flags |= tell_vcpus(d, info);
    }
    if (unlikely(READ_ONCE(d->unusual)) || d->shutdown_code != SHUTDOWN_CODE_INVALID) {
        flags |= rare_flags(d);
    }
    info->domain = d->domain_id;
    info->pad1 = 0;
    info->flags = flags;
    info->tot_pages = d->tot_pages - d->extra_pages;
    info->max_pages = d->max_pages;
    info->outstanding_pages = d->outstanding_pages;
    info->shr_pages = 0;
    info->paged_pages = 0;
    info->shared_info_frame = d->shared_info ? mfn_x(virt_to_mfn(d->shared_info)) : ~0UL;
    info->ssidref = d->ssidref;
    memcpy(info->handle, d->handle, sizeof(info->handle));
    info->cpupool = 0;
    memset(&info->gpaddr_bits, 0, 1 + sizeof(info->pad2));
    arch_getdomaininfo(d, info);
}
