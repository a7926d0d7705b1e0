/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a domain sees the TSC, as tools ask for it: the machine's own, at the machine's rate. Nothing
 * is emulated, so what would need that is refused. d->arch.tsc_mode and tsc_incarnation are written
 * under the domain's control lock.
 */
#include <gen/domctl-dispatch.h>
#include <hv/domain.h>
#include <asm/time.h>

/* The published modes: as the hypervisor thinks best, always emulated, never emulated. */
#define TSC_MODE_DEFAULT 0U
#define TSC_MODE_ALWAYS  1U
#define TSC_MODE_NEVER   2U

int domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_tsc_info *t = &op->u.tsc_info;

    t->tsc_mode = d->arch.tsc_mode;
    t->gtsc_khz = d->arch.tsc_mode == TSC_MODE_NEVER ? 0 : tsc_khz();
    t->incarnation = d->arch.tsc_incarnation;
    t->elapsed_nsec = 0;
    return 0;
}

int domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_tsc_info *t = &op->u.tsc_info;

    if (t->tsc_mode > TSC_MODE_NEVER) {
        return -EINVAL;
    }
    if (t->tsc_mode == TSC_MODE_ALWAYS ||
        (t->tsc_mode == TSC_MODE_DEFAULT && t->gtsc_khz && t->gtsc_khz != tsc_khz())) {
        return -EOPNOTSUPP;
    }
    d->arch.tsc_mode = t->tsc_mode;
    d->arch.tsc_incarnation = t->incarnation + 1;
    return 0;
}
