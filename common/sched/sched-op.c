/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_op: what a vCPU says about its own running, and a domain about its end. Current vCPU. */
#include <hv/arch/domain.h>
#include <hv/evtchn.h>
#include <hv/hypercall.h>
#include <hv/interleave.h>
#include <hv/lib.h>
#include <gen/sched_op-dispatch.h>
#include "private.h"

#define MAX_POLL_PORTS 128

long sched_op_yield(void)
{
    return vcpu_yield();
}

long sched_op_block(void)
{
    struct vcpu *v = current;

    WRITE_ONCE(v->vcpu_info->evtchn_upcall_mask, 0);
    vcpu_block();
    return 0;
}

long sched_op_shutdown(struct sched_shutdown *arg)
{
    domain_shutdown(current->domain, (uint8_t)arg->reason);
    return 0;
}

long sched_op_shutdown_code(struct sched_shutdown *arg)
{
    struct domain *d = current->domain;

    spin_lock(&d->shutdown_lock);
    if (d->shutdown_code == ~0U) {
        d->shutdown_code = (uint8_t)arg->reason;
    }
    spin_unlock(&d->shutdown_lock);
    return 0;
}

long sched_op_remote_shutdown(struct domain *d, struct sched_remote_shutdown *arg)
{
    domain_shutdown(d, (uint8_t)arg->reason);
    return 0;
}

long sched_op_watchdog(struct sched_watchdog *arg)
{
    return domain_watchdog(current->domain, arg->id, arg->timeout);
}

long sched_op_pin_override(struct sched_pin_override *arg)
{
    return vcpu_pin_override(current, arg->pcpu);
}

/* Is one of the ports pending already? 1, 0 or -errno. Each port is captured once. */
static int any_pending(struct vcpu *v, const struct sched_poll *poll)
{
    for (unsigned int i = 0; i < poll->nr_ports; i++) {
        uint32_t port;

        if (copy_from_guest_elem(&port, guest_handle(poll->ports), i)) {
            return -EFAULT;
        }
        if (!evtchn_port_is_valid(v->domain, port)) {
            return -EINVAL;
        }
        if (evtchn_is_pending(v->domain, port)) {
            return 1;
        }
        if (poll->nr_ports == 1) {
            WRITE_ONCE(v->poll_evtchn, port);
        }
    }
    return 0;
}

/*
 * The vCPU counts as polling before the ports are looked at, so a port that becomes pending
 * meanwhile wakes it.
 */
long sched_op_poll(struct sched_poll *arg)
{
    struct vcpu *v = current;
    int rc;

    if (arg->nr_ports > MAX_POLL_PORTS) {
        return -EINVAL;
    }
    if (!guest_access_ok(guest_handle(arg->ports), arg->nr_ports * sizeof(uint32_t))) {
        return -EFAULT;
    }

    WRITE_ONCE(v->poll_evtchn, ~0U);
    (void)__atomic_add_fetch(&v->domain->sched.nr_pollers, 1, __ATOMIC_SEQ_CST);
    set_bit(VPF_poll, &v->pause_flags);
    smp_mb();

    rc = READ_ONCE(v->vcpu_info->evtchn_upcall_pending) && !arch_vcpu_events_masked(v)
             ? 1
             : any_pending(v, arg);
    interleave("sched.poll.looked");
    if (rc) {
        vcpu_unblock(v);
        return rc < 0 ? rc : 0;
    }
    /* One that an event ended before its time may be left over. */
    timer_stop(&v->poll_timer);
    if (arg->timeout) {
        vcpu_set_poll_timer(v, (s_time_t)arg->timeout);
    }
    raise_softirq(SOFTIRQ_SCHEDULE);
    return 0;
}

void sched_wake_pollers(struct domain *d, struct vcpu *v, uint32_t port)
{
    struct vcpu *p;

    if (likely(!READ_ONCE(d->sched.nr_pollers))) {
        return;
    }
    for_each_vcpu (d, p) {
        uint32_t wanted = READ_ONCE(p->poll_evtchn);

        if (test_bit(VPF_poll, &p->pause_flags) && (wanted == ~0U || wanted == port)) {
            vcpu_unblock(p);
        }
    }
}
