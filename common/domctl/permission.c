/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctls that let a domain use machine resources. Nobody gives what it has not: the caller's own
 * set must hold the range.
 */
#include <gen/domctl-dispatch.h>
#include <hv/arch/pirq.h>
#include <hv/domain.h>
#include <hv/rangeset.h>

static int change(struct rangeset *r, unsigned long s, unsigned long e, bool allow)
{
    return allow ? rangeset_add(r, s, e) : rangeset_remove(r, s, e);
}

int domctl_iomem_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_iomem_permission *p = &op->u.iomem_permission;
    uint64_t last = p->first_mfn + p->nr_mfns - 1;

    if (last < p->first_mfn) {
        return -EINVAL;
    }
    if (!rangeset_contains(current->domain->iomem_caps, p->first_mfn, last)) {
        return -EPERM;
    }
    return change(d->iomem_caps, p->first_mfn, last, p->allow_access);
}

static int change_irq(struct domain *d, int irq, bool allow)
{
    if (irq < 0 ||
        !rangeset_contains(current->domain->irq_caps, (unsigned int)irq, (unsigned int)irq)) {
        return -EPERM;
    }
    return change(d->irq_caps, (unsigned int)irq, (unsigned int)irq, allow);
}

int domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_irq_permission *p = &op->u.irq_permission;

    return change_irq(d, arch_pirq_irq(current->domain, p->pirq), p->allow_access);
}

int domctl_gsi_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_gsi_permission *p = &op->u.gsi_permission;
    int irq;

    if (p->flags & ~(uint32_t)XEN_DOMCTL_GSI_ACTION_MASK) {
        return -EINVAL;
    }
    irq = arch_gsi_irq(p->gsi);
    return irq < 0 ? irq : change_irq(d, irq, p->flags & XEN_DOMCTL_GSI_GRANT);
}
