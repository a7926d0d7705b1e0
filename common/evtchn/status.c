/* SPDX-License-Identifier: GPL-2.0-only */
/* What a port is: EVTCHNOP_status, and debug key 'e'. */
#include <gen/event_channel_op-dispatch.h>
#include <hv/keyhandler.h>
#include <hv/xsm.h>
#include "private.h"

static void describe(const struct evtchn *e, struct evtchn_status *st)
{
    switch (e->state) {
    case ECS_UNBOUND:
        st->status = EVTCHNSTAT_unbound;
        st->u.unbound.dom = e->u.remote_domid;
        break;
    case ECS_INTERDOMAIN:
        st->status = EVTCHNSTAT_interdomain;
        st->u.interdomain.dom = e->remote_dom->domain_id;
        st->u.interdomain.port = e->u.remote_port;
        break;
    case ECS_PIRQ:
        st->status = EVTCHNSTAT_pirq;
        st->u.pirq = e->u.pirq;
        break;
    case ECS_VIRQ:
        st->status = EVTCHNSTAT_virq;
        st->u.virq = e->u.virq;
        break;
    case ECS_IPI:
        st->status = EVTCHNSTAT_ipi;
        break;
    default:
        st->status = EVTCHNSTAT_closed;
        break;
    }
    st->vcpu = e->vcpu;
}

long event_channel_op_status(struct domain *d, struct evtchn_status *arg)
{
    struct evtchn *e = evtchn_lookup(d, arg->port);
    long rc;

    if (!e) {
        return -EINVAL;
    }
    spin_lock(&d->evtchn.lock);
    rc = xsm_evtchn_status(d);
    if (!rc) {
        describe(e, arg);
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}

static void dump_port(const struct domain *d, uint32_t port)
{
    static const char *const kinds[] = {
        "closed", "unbound", "interdomain", "pirq", "virq", "ipi"
    };
    const struct evtchn *e = evtchn_record(d, port);
    struct evtchn_status st = { .port = port };
    bool masked = evtchn_fifo_of(d, NULL) ? evtchn_fifo_is_masked(d, port)
                                          : test_bit(port, d->shared_info->evtchn_mask);

    describe(e, &st);
    printk("  %4u: %-11s v%u %c%c", port, kinds[st.status], st.vcpu,
           evtchn_is_pending(d, port) ? 'P' : '-', masked ? 'M' : '-');
    switch (e->state) {
    case ECS_UNBOUND:
        printk(" for d%u\n", e->u.remote_domid);
        break;
    case ECS_INTERDOMAIN:
        printk(" to d%u port %u\n", e->remote_dom->domain_id, e->u.remote_port);
        break;
    case ECS_VIRQ:
        printk(" virq %u\n", e->u.virq);
        break;
    case ECS_PIRQ:
        printk(" pirq %u\n", e->u.pirq);
        break;
    default:
        printk("\n");
        break;
    }
}

#define DUMP_MAX 256 /* ports of a domain that are shown */

static void dump_domain(struct domain *d)
{
    uint32_t port;
    unsigned int shown = 0;

    spin_lock(&d->evtchn.lock);
    printk("d%u: %s, %u ports, limit %u\n", d->domain_id,
           evtchn_fifo_of(d, NULL) ? "FIFO" : "2-level", d->evtchn.in_use - 1, d->evtchn.limit);
    for (port = evtchn_next_used(d, 1); port < d->evtchn.valid && shown < DUMP_MAX; shown++) {
        dump_port(d, port);
        port = evtchn_next_used(d, port + 1);
    }
    if (port < d->evtchn.valid) {
        printk("  ...\n");
    }
    spin_unlock(&d->evtchn.lock);
}

static void evtchn_dump(unsigned char key)
{
    struct domain *d;

    rcu_read_lock();
    for_each_domain (d) {
        dump_domain(d);
    }
    rcu_read_unlock();
}
KEYHANDLER('e', false, "show event channels", evtchn_dump);
