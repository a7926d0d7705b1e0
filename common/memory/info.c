/* SPDX-License-Identifier: GPL-2.0-only */
/* What a domain has, may have, and where its frames end: answers of memory_op. No locks: single
 * words. */
#include <hv/arch/memory.h>
#include <hv/domain.h>
#include <gen/memory_op-dispatch.h>

long memory_op_maximum_ram_page(void)
{
    return (long)max_page;
}

long memory_op_current_reservation(struct domain *d, struct xen_memory_domain *arg)
{
    return (long)(READ_ONCE(d->tot_pages) - READ_ONCE(d->extra_pages));
}

long memory_op_maximum_reservation(struct domain *d, struct xen_memory_domain *arg)
{
    return (long)READ_ONCE(d->max_pages);
}

long memory_op_maximum_gpfn(struct domain *d, struct xen_memory_domain *arg)
{
    return (long)arch_max_gfn(d);
}
