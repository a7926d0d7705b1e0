/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext_op's flushes: of TLBs, whole or one address, on this CPU or where some or all vCPUs of the
 * domain run; and of caches, for domains with devices. Complete on return. No locks.
 */
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/smp.h>
#include <asm/processor.h>

#include "mmuext.h"
#include "table.h"

int mmuext_op_TLB_FLUSH_LOCAL(struct domain *pg_owner, const struct mmuext_op *op)
{
    if (pg_owner != current->domain) {
        return -EPERM;
    }
    flush_tlb_local();
    return 0;
}

int mmuext_op_INVLPG_LOCAL(struct domain *pg_owner, const struct mmuext_op *op)
{
    if (pg_owner != current->domain) {
        return -EPERM;
    }
    if (!va_is_hypervisor(op->arg1.linear_addr)) {
        flush_tlb_one_local(op->arg1.linear_addr);
    }
    return 0;
}

static int multi_cpus(struct domain *pg_owner, const struct mmuext_op *op, cpumask_t *mask)
{
    if (pg_owner != current->domain) {
        return -EPERM;
    }
    return vcpu_bitmap_cpus(pg_owner, guest_handle(op->arg2.vcpumask), mask) ? -EINVAL : 0;
}

int mmuext_op_TLB_FLUSH_MULTI(struct domain *pg_owner, const struct mmuext_op *op)
{
    cpumask_t mask;
    int rc = multi_cpus(pg_owner, op, &mask);

    if (!rc) {
        flush_tlb_mask(&mask);
    }
    return rc;
}

int mmuext_op_INVLPG_MULTI(struct domain *pg_owner, const struct mmuext_op *op)
{
    cpumask_t mask;
    int rc = multi_cpus(pg_owner, op, &mask);

    if (!rc && !va_is_hypervisor(op->arg1.linear_addr)) {
        flush_tlb_one_mask(&mask, op->arg1.linear_addr);
    }
    return rc;
}

int mmuext_op_TLB_FLUSH_ALL(struct domain *pg_owner, const struct mmuext_op *op)
{
    cpumask_t mask = pg_owner->dirty_cpus;

    if (pg_owner != current->domain) {
        return -EPERM;
    }
    flush_tlb_mask(&mask);
    return 0;
}

int mmuext_op_INVLPG_ALL(struct domain *pg_owner, const struct mmuext_op *op)
{
    cpumask_t mask = pg_owner->dirty_cpus;

    if (pg_owner != current->domain) {
        return -EPERM;
    }
    if (!va_is_hypervisor(op->arg1.linear_addr)) {
        flush_tlb_one_mask(&mask, op->arg1.linear_addr);
    }
    return 0;
}

static void write_back_caches(void *unused)
{
    wbinvd();
}

int mmuext_op_FLUSH_CACHE(struct domain *pg_owner, const struct mmuext_op *op)
{
    if (pg_owner != current->domain) {
        return -EPERM;
    }
    if (!domain_has_devices(pg_owner)) {
        return -EACCES;
    }
    wbinvd();
    return 0;
}

int mmuext_op_FLUSH_CACHE_GLOBAL(struct domain *pg_owner, const struct mmuext_op *op)
{
    if (pg_owner != current->domain) {
        return -EPERM;
    }
    if (!domain_has_devices(pg_owner)) {
        return -EINVAL;
    }
    on_selected_cpus(&cpu_online_map, write_back_caches, NULL, true);
    return 0;
}
