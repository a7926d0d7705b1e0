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

int domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_irq_permission *p = &op->u.irq_permission;

    int irq = arch_pirq_irq(current->domain, p->pirq);

    if (irq < 0 ||
        !rangeset_contains(current->domain->irq_caps, (unsigned int)irq, (unsigned int)irq)) {
        return -EPERM;
    }
    return change(d->irq_caps, (unsigned int)irq, (unsigned int)irq, p->allow_access);
}
