/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug key 'q': domains and their vCPUs. Fields are read without locks, each by itself. */
#include <hv/keyhandler.h>
#include "private.h"

#define SHOWN_VCPUS 64

static void show_vcpu(struct vcpu *v)
{
    static const char *const reasons[] = {
        [VPF_blocked] = " blocked",     [VPF_down] = " down",     [VPF_blocked_in_xen] = " waits",
        [VPF_migrating] = " migrating", [VPF_parked] = " parked", [VPF_poll] = " polls",
    };
    unsigned long flags = READ_ONCE(v->pause_flags);

    printk("    v%u: CPU%u%s", v->vcpu_id, READ_ONCE(v->processor),
           READ_ONCE(v->is_running) ? " running" : "");
    for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++) {
        if (flags & BIT(i)) {
            printk("%s", reasons[i]);
        }
    }
    printk(", %d pauses, %ld ms on CPUs\n", READ_ONCE(v->pause_count),
           (long)vcpu_cpu_time(v) / 1000000);
}

static void show_domain(struct domain *d)
{
    unsigned int shown = 0;
    struct vcpu *v;

    printk("  d%u: %lu of %lu pages, %d references, %d pauses%s%s%s%s\n", d->domain_id,
           READ_ONCE(d->tot_pages), READ_ONCE(d->max_pages), READ_ONCE(d->refcnt),
           READ_ONCE(d->pause_count), d->is_hardware ? ", hardware" : "",
           d->is_xenstore ? ", xenstore" : "", d->is_shut_down ? ", shut down" : "",
           d->dying ? ", dying" : "");
    for_each_vcpu (d, v) {
        if (shown++ == SHOWN_VCPUS) {
            printk("    and more\n");
            break;
        }
        show_vcpu(v);
    }
}

static void show_domains(unsigned char key)
{
    struct domain *d;

    rcu_read_lock();
    for_each_domain (d) {
        show_domain(d);
    }
    rcu_read_unlock();
}
KEYHANDLER('q', false, "show domains and their vCPUs", show_domains);
