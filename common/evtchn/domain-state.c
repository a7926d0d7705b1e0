/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which domains have changed, behind VIRQ_DOM_EXC: a bit a domain id, set by whoever changes the
 * domain, taken by the owner of the VIRQ through XEN_DOMCTL_get_domain_state. Static and atomic: no
 * path can fail to record a change, and no error path can free it. That all domains count as
 * changed is one word, until somebody asks which.
 */
#include <gen/domctl-dispatch.h>
#include <hv/domain.h>
#include <hv/virq.h>
#include <hv/xsm.h>
#include "private.h"

static DECLARE_BITMAP(changed, DOMID_FIRST_RESERVED);
static bool all_changed;

void domain_changed(struct domain *d)
{
    set_bit(d->domain_id, changed);
    send_global_virq(VIRQ_DOM_EXC);
}

void domain_state_mark_all(void)
{
    WRITE_ONCE(all_changed, true);
}

/* What domain_state_mark_all() put off. Who marks all anew meanwhile is found the next time. */
static void mark_each(void)
{
    struct domain *d;

    if (likely(!READ_ONCE(all_changed)) ||
        !__atomic_exchange_n(&all_changed, false, __ATOMIC_SEQ_CST)) {
        return;
    }
    rcu_read_lock();
    for_each_domain (d) {
        set_bit(d->domain_id, changed);
    }
    rcu_read_unlock();
}

/* A domain that is gone has neither state bits nor id. */
static void describe(domid_t id, struct xen_domctl_get_domain_state *info)
{
    struct domain *d = rcu_lock_domain_by_id(id);

    info->state = 0;
    info->caps = 0;
    info->unique_id = 0;
    if (!d) {
        return;
    }
    info->state = XEN_DOMCTL_GETDOMSTATE_STATE_EXIST;
    info->state |= d->is_shut_down ? XEN_DOMCTL_GETDOMSTATE_STATE_SHUTDOWN : 0;
    info->state |= d->dying == DOMDYING_dying ? XEN_DOMCTL_GETDOMSTATE_STATE_DYING : 0;
    info->state |= d->dying == DOMDYING_dead ? XEN_DOMCTL_GETDOMSTATE_STATE_DEAD : 0;
    info->caps |= is_control_domain(d) ? XEN_DOMCTL_GETDOMSTATE_CAP_CONTROL : 0;
    info->caps |= is_hardware_domain(d) ? XEN_DOMCTL_GETDOMSTATE_CAP_HARDWARE : 0;
    info->caps |= d->is_xenstore ? XEN_DOMCTL_GETDOMSTATE_CAP_XENSTORE : 0;
    info->unique_id = d->unique_id;
    rcu_unlock_domain(d);
}

/* The next changed domain, its bit taken: a change from now on sets it again. */
static bool take_next(domid_t *id)
{
    unsigned int next = 0;

    mark_each();
    for (;;) {
        next = find_next_bit(changed, DOMID_FIRST_RESERVED, next);
        if (next >= DOMID_FIRST_RESERVED) {
            return false;
        }
        if (test_and_clear_bit(next, changed)) {
            *id = (domid_t)next;
            return true;
        }
        next++;
    }
}

int domctl_get_domain_state(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_get_domain_state *info = &op->u.get_domain_state;
    domid_t id = op->domain;
    int rc = xsm_get_domain_state(d);

    if (rc) {
        return rc;
    }
    if (info->pad0) {
        return -EINVAL;
    }
    if (id == DOMID_INVALID) {
        if (virq_owner_id(VIRQ_DOM_EXC) != current->domain->domain_id) {
            return -EACCES;
        }
        if (!take_next(&id)) {
            return -ENOENT;
        }
    } else if (id == DOMID_SELF) {
        id = current->domain->domain_id;
    } else if (id >= DOMID_FIRST_RESERVED) {
        return -EINVAL;
    }
    describe(id, info);
    op->domain = id;
    return 0;
}
