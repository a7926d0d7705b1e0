/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and vCPUs as page-table requests name them. Found under RCU: the answer holds until the
 * hypercall's end. No locks.
 */
#include <hv/domain.h>
#include <hv/guest-access.h>

#include "table.h"

struct domain *pg_owner_get(domid_t id)
{
    struct domain *d = current->domain;

    if (likely(id == DOMID_SELF)) {
        return d;
    }
    /* A foreign domain is another one. */
    if (id == d->domain_id) {
        return NULL;
    }
    if (id == DOMID_IO) {
        return dom_io;
    }
    if (id == DOMID_XEN) {
        return dom_xen;
    }
    return rcu_lock_domain_by_id(id);
}

int vcpu_bitmap_cpus(struct domain *d, guest_ptr_t bitmap, cpumask_t *cpus)
{
    cpumask_zero(cpus);
    for (unsigned int first = 0; first < d->max_vcpus; first += 8) {
        uint8_t bits;

        if (copy_from_guest(&bits, guest_ptr_add(bitmap, first / 8), sizeof(bits))) {
            return -EFAULT;
        }
        for (; bits; bits &= (uint8_t)(bits - 1)) {
            struct vcpu *v = domain_vcpu(d, first + ffsl_(bits));

            if (v) {
                cpumask_or(cpus, cpus, &v->dirty_cpu_mask);
            }
        }
    }
    return 0;
}
