/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Birth and end of domains. A domain begins with one reference, which domain_kill() drops when
 * everything is given back; frames that it still has hold another (common/mm/domheap.c). When the
 * last is gone it leaves the table and is freed after a grace period; what was not given back by
 * then is a leak, and said.
 */
#include <hv/arch/domain.h>
#include <hv/console.h>
#include <hv/interleave.h>
#include <hv/iommu.h>
#include <hv/rangeset.h>
#include <hv/virq.h>
#include <hv/page-list.h>
#include "private.h"

_Static_assert(sizeof(struct domain) <= PAGE_SIZE, "a domain is named by its frame");

struct domain *hardware_domain, *dom_xen, *dom_io, *dom_idle;
static uint64_t next_unique_id = 1; /* wide enough never to go round (I27) */

static struct domain *domain_struct_alloc(domid_t id)
{
    struct domain *d = alloc_zeroed_page();

    if (!d) {
        return NULL;
    }
    d->node_affinity = ~0ULL;
    d->domain_id = id;
    d->refcnt = 1;
    d->shutdown_code = SHUTDOWN_CODE_INVALID;
    d->unique_id = __atomic_fetch_add(&next_unique_id, 1, __ATOMIC_RELAXED);
    spin_lock_init(&d->shutdown_lock, RANK_SHUTDOWN);
    spin_lock_init(&d->ctl_lock, RANK_DOMCTL);
    spin_lock_init(&d->page_lock, RANK_DOMPAGES);
    spin_lock_init(&d->watchdog_lock, RANK_SHUTDOWN);
    spin_lock_init(&d->console_lock, RANK_RATELIMIT);
    page_list_init(&d->page_list);
    page_list_init(&d->extra_list);
    page_list_init(&d->xenpage_list);
    page_list_init(&d->relmem_list);
    list_init(&d->link);
    d->creation_time = NOW();
    return d;
}

/* A domain that owns frames but never runs, or has only idle vCPUs. */
static struct domain *__init system_domain(domid_t id, unsigned int max_vcpus)
{
    struct domain *d = domain_struct_alloc(id);

    if (d && max_vcpus) {
        d->vcpu = xzalloc_array(struct vcpu *, max_vcpus);
    }
    if (!d || (max_vcpus && !d->vcpu)) {
        panic("No memory for the system domains\n");
    }
    d->max_vcpus = (uint16_t)max_vcpus;
    d->max_pages = ~0UL;
    return d;
}

void __init system_domains_init(void)
{
    dom_idle = system_domain(DOMID_IDLE, NR_CPUS);
    dom_xen = system_domain(DOMID_XEN, 0);
    dom_io = system_domain(DOMID_IO, 0);
}

int domain_sanitise_config(struct xen_domctl_createdomain *config)
{
    if (config->flags & ~(XEN_DOMCTL_CDF_MAX * 2 - 1)) {
        return -EINVAL;
    }
    if (config->grant_opts & ~XEN_DOMCTL_GRANT_version_mask) {
        return -EINVAL;
    }
    if (config->flags & (XEN_DOMCTL_CDF_vpmu | XEN_DOMCTL_CDF_nested_virt)) {
        return -EINVAL; /* neither is there */
    }
    if ((config->flags & XEN_DOMCTL_CDF_iommu) && !iommu_enabled) {
        return -EINVAL;
    }
    /* Tables are never shared with the CPUs': the one option asks for what is so anyway. */
    if ((config->iommu_opts & ~XEN_DOMCTL_IOMMU_no_sharept) ||
        (config->iommu_opts && !(config->flags & XEN_DOMCTL_CDF_iommu))) {
        return -EINVAL;
    }
    if (config->vmtrace_size) {
        return -EINVAL; /* there is no processor trace */
    }
    if (config->max_vcpus < 1 || config->max_vcpus > MAX_VIRT_CPUS) {
        return -EINVAL;
    }
    return arch_sanitise_domain_config(config);
}

/* ~0 asks for the most that the ABI has. */
static unsigned int event_limit(const struct xen_domctl_createdomain *config)
{
    return config->max_evtchn_port;
}

struct domain *domain_create(domid_t domid, const struct xen_domctl_createdomain *config,
                             unsigned int flags)
{
    struct domain *d = domain_struct_alloc(domid);
    int rc = -ENOMEM;

    if (!d) {
        return ERR_PTR(-ENOMEM);
    }
    d->options = config->flags;
    d->ssidref = config->ssidref;
    d->is_xenstore = config->flags & XEN_DOMCTL_CDF_xs_domain;
    d->is_privileged = flags & CDF_privileged;
    d->is_hardware = flags & CDF_hardware;
    memcpy(d->handle, config->handle, sizeof(d->handle));
    d->max_vcpus = (uint16_t)config->max_vcpus;
    /* Paused until its maker says otherwise. */
    d->controller_pauses = 1;
    d->pause_count = 1;

    d->vcpu = xzalloc_array(struct vcpu *, d->max_vcpus);
    if (!d->vcpu) {
        goto free_struct;
    }
    d->iomem_caps = rangeset_new("I/O memory");
    d->irq_caps = rangeset_new("interrupts");
    if (!d->iomem_caps || !d->irq_caps) {
        goto free_caps;
    }
    rc = evtchn_init(d, event_limit(config));
    if (rc) {
        goto free_caps;
    }
    rc = gnttab_create(d, config);
    if (rc) {
        goto free_events;
    }
    rc = sched_init_domain(d);
    if (rc) {
        goto free_grants;
    }
    rc = arch_domain_create(d, config);
    if (rc) {
        goto free_sched;
    }
    rc = iommu_domain_create(d, config->flags & XEN_DOMCTL_CDF_iommu);
    if (rc) {
        goto free_arch;
    }
    domain_watchdogs_init(d);
    if (d->is_hardware) {
        hardware_domain = d;
    }
    rc = domain_table_add(d);
    if (rc) {
        goto free_iommu;
    }
    time_update_wallclock(d);
    return d;

free_iommu:
    domain_watchdogs_kill(d);
    iommu_domain_destroy(d);
free_arch:
    d->dying = DOMDYING_dead;
    domain_drop_shared_frames(d);
    arch_domain_destroy(d);
free_sched:
    sched_destroy_domain(d);
free_grants:
    d->dying = DOMDYING_dead;
    domain_drop_shared_frames(d);
    gnttab_destroy(d);
free_events:
    d->dying = DOMDYING_dying;
    while (evtchn_destroy(d) == -ERESTART) {
    }
    evtchn_destroy_final(d);
free_caps:
    rangeset_destroy(d->irq_caps);
    rangeset_destroy(d->iomem_caps);
    xfree(d->vcpu);
free_struct:
    free_xenheap_page(d);
    return ERR_PTR(rc);
}

/* I11: nothing may be left but memory that this function's caller frees. */
static void audit(const struct domain *d)
{
    if (d->tot_pages || d->extra_pages || d->xenheap_pages || !page_list_empty(&d->page_list) ||
        !page_list_empty(&d->extra_list) || !page_list_empty(&d->xenpage_list) ||
        !page_list_empty(&d->relmem_list) || d->evtchn.in_use > 1 || gnttab_leaks(d)) {
        /* No guest repeats this: it is a fault of ours, told once a domain. */
        printk(XENLOG_ERR "AUDIT: d%u leaks: %lu pages, %lu extra, %lu shared, %u ports, "
                          "%u grants\n",
               d->domain_id, d->tot_pages, d->extra_pages, d->xenheap_pages, d->evtchn.in_use,
               gnttab_leaks(d));
    }
}

static void domain_free(struct rcu_head *head)
{
    struct domain *d = container_of(head, struct domain, rcu);

    sched_destroy_domain(d); /* its timer looks at the vCPUs */
    for (unsigned int i = d->max_vcpus; i-- > 0;) {
        if (d->vcpu[i]) {
            vcpu_destroy(d->vcpu[i]);
        }
    }
    interleave("domain.free.no_vcpus");
    evtchn_destroy_final(d);
    audit(d);
    gnttab_destroy(d);
    iommu_domain_destroy(d);
    arch_domain_destroy(d);
    rangeset_destroy(d->irq_caps);
    rangeset_destroy(d->iomem_caps);
    console_domain_destroy(d);
    xfree(d->vcpu);
    heap_caches_forget(d);
    free_xenheap_page(d);
}

void domain_destroy(struct domain *d)
{
    ASSERT(d->dying == DOMDYING_dead);
    domain_watchdogs_kill(d);
    domain_table_remove(d);
    domain_changed(d);
    call_rcu(&d->rcu, domain_free);
}

/*
 * Hypervisor frames that d may see lose their owner's reference. Its own mappings are gone; those
 * that another has keep the frame, and the domain's structure with it. Each is visited once: none
 * is added to a dying domain.
 */
void domain_drop_shared_frames(struct domain *d)
{
    unsigned long left = d->xenpage_list.count;

    while (left--) {
        struct page_info *pg;

        spin_lock(&d->page_lock);
        pg = page_list_first(&d->xenpage_list);
        if (pg) {
            page_list_del(pg, &d->xenpage_list);
            page_list_add_tail(pg, &d->xenpage_list);
        }
        if (pg && !get_page(pg, d)) {
            pg = NULL; /* its last mapping goes just now */
        }
        spin_unlock(&d->page_lock);
        if (pg) {
            put_page_alloc_ref(pg);
            put_page(pg);
        }
    }
}

int domain_kill(struct domain *d)
{
    struct vcpu *v;
    int rc;

    if (d == current->domain) {
        return -EINVAL;
    }
    switch (d->dying) {
    case DOMDYING_alive:
        domain_pause(d);
        spin_lock(&d->page_lock);
        WRITE_ONCE(d->dying, DOMDYING_dying);
        spin_unlock(&d->page_lock);
        virq_release_all(d);
        domain_changed(d);
        /* fall through */
    case DOMDYING_dying:
        rc = evtchn_destroy(d);
        if (rc) {
            return rc;
        }
        rc = iommu_domain_relinquish(d);
        if (rc) {
            return rc;
        }
        rc = gnttab_release_mappings(d);
        if (rc) {
            return rc;
        }
        for_each_vcpu (d, v) {
            vcpu_info_reset(v);
        }
        rc = domain_relinquish_resources(d);
        if (rc) {
            return rc;
        }
        domain_drop_shared_frames(d);
        WRITE_ONCE(d->dying, DOMDYING_dead);
        put_domain(d);
        domain_changed(d);
        /* fall through */
    default:
        return 0;
    }
}
