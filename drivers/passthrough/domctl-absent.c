/* SPDX-License-Identifier: GPL-2.0-only */
/* Without drivers no device can be given to another domain. */
#include <gen/domctl-dispatch.h>
#include <hv/domain.h>
#include <hv/lib.h>

int domctl_assign_device(struct domain *d, struct xen_domctl *op)
{
    return -EOPNOTSUPP;
}

int domctl_test_assign_device(struct domain *d, struct xen_domctl *op)
{
    return -EOPNOTSUPP;
}

int domctl_deassign_device(struct domain *d, struct xen_domctl *op)
{
    return -EOPNOTSUPP;
}

int domctl_get_device_group(struct domain *d, struct xen_domctl *op)
{
    return -EOPNOTSUPP;
}
