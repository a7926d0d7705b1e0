/* SPDX-License-Identifier: GPL-2.0-only */
/* domctls about a domain as a whole: its making, its end, pausing, what it is called and may have.
 */
#include <gen/domctl-dispatch.h>
#include <hv/control-bitmap.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/numa.h>

/* At least one node must be there; memory that the domain has already stays where it is. */
int domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    uint64_t nodes;
    int rc = bits_from_bitmap((unsigned long *)&nodes, sizeof(nodes), &op->u.nodeaffinity.nodemap);

    if (rc) {
        return rc;
    }
    if (!(nodes & numa_all_nodes())) {
        return -EINVAL;
    }
    WRITE_ONCE(d->node_affinity, nodes);
    return 0;
}

int domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    const uint64_t nodes = READ_ONCE(d->node_affinity);

    return bits_to_bitmap(&op->u.nodeaffinity.nodemap, (const unsigned long *)&nodes,
                          sizeof(nodes));
}

int domctl_createdomain(struct domain *unused, struct xen_domctl *op)
{
    struct xen_domctl_createdomain config = op->u.createdomain;
    domid_t id = op->domain;
    struct domain *d;
    int rc;

    if (id == 0 || id >= DOMID_FIRST_RESERVED) {
        rc = domain_free_id(&id);
        if (rc) {
            return rc;
        }
    } else {
        d = rcu_lock_domain_by_id(id);
        if (d) {
            rcu_unlock_domain(d);
            return -EEXIST;
        }
    }
    rc = domain_sanitise_config(&config);
    if (rc) {
        return rc;
    }
    if (config.cpupool_id) {
        return -ESRCH; /* there is one pool, number 0 */
    }
    d = domain_create(id, &config, 0);
    if (IS_ERR(d)) {
        return (int)PTR_ERR(d);
    }
    op->domain = id;
    return 0;
}

/*
 * The domain is stopped before its control lock is taken, here and in every operation that does
 * both: a vCPU of the domain's that waits for that lock would never leave its CPU.
 */
int domctl_destroydomain(struct domain *d, struct xen_domctl *op)
{
    int rc;

    domain_pause(d);
    spin_lock(&d->ctl_lock);
    rc = domain_kill(d);
    spin_unlock(&d->ctl_lock);
    domain_unpause(d);
    return rc;
}

int domctl_pausedomain(struct domain *d, struct xen_domctl *op)
{
    return domain_pause_by_systemcontroller(d);
}

int domctl_unpausedomain(struct domain *d, struct xen_domctl *op)
{
    return domain_unpause_by_systemcontroller(d);
}

int domctl_resumedomain(struct domain *d, struct xen_domctl *op)
{
    domain_resume(d);
    return 0;
}

int domctl_getdomaininfo(struct domain *d, struct xen_domctl *op)
{
    domain_getinfo(d, &op->u.getdomaininfo);
    op->domain = d->domain_id;
    return 0;
}

/* In KiB. A domain may have less than it holds already: it then gets no more. */
int domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
    uint64_t pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

    spin_lock(&d->page_lock);
    d->max_pages = (unsigned long)min_t(uint64_t, pages, 0xffffffffU);
    spin_unlock(&d->page_lock);
    return 0;
}

int domctl_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
    memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
    return 0;
}

int domctl_setdebugging(struct domain *d, struct xen_domctl *op)
{
    domain_pause(d);
    d->debugger_attached = op->u.setdebugging.enable;
    domain_unpause(d);
    return 0;
}

int domctl_settimeoffset(struct domain *d, struct xen_domctl *op)
{
    d->time_offset_ns = SECONDS(op->u.settimeoffset.time_offset_seconds);
    time_update_wallclock(d);
    return 0;
}
