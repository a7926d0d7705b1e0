/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu_op: a domain brings its vCPUs up and down, and says where it wants to see their state. The
 * target is a vCPU of the caller's own domain, looked up by dispatch.
 */
#include <hv/arch/domain.h>
#include <hv/arch/host.h>
#include <hv/hypercall.h>
#include <gen/vcpu_op-dispatch.h>
#include "private.h"

long vcpu_op_initialise(struct vcpu *v, guest_ptr_t arg)
{
    struct domain *d = v->domain;
    struct vcpu_guest_context *ctx;
    long rc;

    /* One beyond those in shared_info needs a place of its own first, or it would share one with
     * other domains'. */
    if (!vcpu_has_info(v)) {
        return -EINVAL;
    }
    ctx = xmalloc(struct vcpu_guest_context);
    if (!ctx) {
        return -ENOMEM;
    }
    if (copy_from_guest(ctx, arg, sizeof(*ctx))) {
        rc = -EFAULT;
        goto out;
    }
    /* Whether it is to run is what VCPUOP_up says. */
    ctx->flags &= ~(unsigned long)VGCF_online;
    spin_lock(&d->ctl_lock);
    rc = v->is_initialised ? -EEXIST : arch_set_info_guest(v, ctx);
    spin_unlock(&d->ctl_lock);
out:
    xfree(ctx);
    return rc;
}

long vcpu_op_up(struct vcpu *v)
{
    if (!v->is_initialised) {
        return -EINVAL;
    }
    if (test_and_clear_bit(VPF_down, &v->pause_flags)) {
        vcpu_wake(v);
    }
    return 0;
}

/*
 * The last vCPU that goes down takes the domain with it. In the hardware domain that is how a
 * kernel ends which dies before it can say so: one that wants to stop the machine asks for it.
 */
long vcpu_op_down(struct vcpu *v)
{
    struct domain *d = v->domain;
    unsigned int up = 0;
    struct vcpu *o;

    for_each_vcpu (d, o) {
        if (o != v && !test_bit(VPF_down, &o->pause_flags)) {
            up++;
        }
    }
    if (!up) {
        if (d == hardware_domain) {
            hwdom_died("its last vCPU went down");
        }
        domain_shutdown(d, SHUTDOWN_poweroff);
        return 0;
    }
    if (!test_and_set_bit(VPF_down, &v->pause_flags)) {
        vcpu_sleep_nosync(v);
    }
    return 0;
}

long vcpu_op_is_up(struct vcpu *v)
{
    return !test_bit(VPF_down, &v->pause_flags);
}

long vcpu_op_get_runstate_info(struct vcpu *v, struct vcpu_runstate_info *arg)
{
    vcpu_runstate_get(v, arg);
    return 0;
}

long vcpu_op_register_runstate_memory_area(struct vcpu *v,
                                           struct vcpu_register_runstate_memory_area *arg)
{
    guest_ptr_t area = guest_handle(arg->addr.h);
    struct vcpu_runstate_info info;

    if (!guest_access_ok(area, sizeof(info))) {
        return -EFAULT;
    }
    v->runstate_guest = area;
    /* A page that is not there yet is no error: the area is tried again at each switch. */
    if (v == current) {
        arch_update_runstate_area(v);
    } else {
        vcpu_runstate_get(v, &info);
        if (copy_to_guest(area, &info, sizeof(info))) {
            return 0;
        }
    }
    return 0;
}

long vcpu_op_set_periodic_timer(struct vcpu *v, struct vcpu_set_periodic_timer *arg)
{
    if (!vcpu_period_valid((s_time_t)arg->period_ns)) {
        return -EINVAL;
    }
    vcpu_set_periodic_timer(v, (s_time_t)arg->period_ns);
    return 0;
}

long vcpu_op_stop_periodic_timer(struct vcpu *v)
{
    vcpu_set_periodic_timer(v, 0);
    return 0;
}

long vcpu_op_set_singleshot_timer(struct vcpu *v, struct vcpu_set_singleshot_timer *arg)
{
    if (v != current) {
        return -EINVAL;
    }
    vcpu_set_singleshot_timer(v, (s_time_t)arg->timeout_abs_ns);
    return 0;
}

long vcpu_op_stop_singleshot_timer(struct vcpu *v)
{
    if (v != current) {
        return -EINVAL;
    }
    vcpu_set_singleshot_timer(v, 0);
    return 0;
}

/* Told to the hardware domain of a vCPU that can be on one CPU only. */
long vcpu_op_get_physid(struct vcpu *v, struct vcpu_get_physid *arg)
{
    cpumask_t where;

    (void)cpumask_and(&where, &v->sched.hard, &cpu_online_map);
    if (!is_hardware_domain(v->domain) || cpumask_weight(&where) != 1) {
        return -EINVAL;
    }
    arg->phys_id = arch_cpu_physid(cpumask_first(&where));
    return 0;
}

long vcpu_op_register_vcpu_info(struct vcpu *v, struct vcpu_register_vcpu_info *arg)
{
    struct domain *d = v->domain;
    long rc;

    spin_lock(&d->ctl_lock);
    rc = vcpu_info_register(v, _gfn(arg->mfn), arg->offset);
    spin_unlock(&d->ctl_lock);
    return rc;
}

long vcpu_op_send_nmi(struct vcpu *v)
{
    if (!__atomic_exchange_n(&v->nmi_pending, true, __ATOMIC_SEQ_CST)) {
        vcpu_kick(v);
    }
    return 0;
}

long vcpu_op_register_vcpu_time_memory_area(struct vcpu *v,
                                            struct vcpu_register_time_memory_area *arg)
{
    guest_ptr_t area = guest_handle(arg->addr.h);

    if (!guest_access_ok(area, sizeof(struct vcpu_time_info))) {
        return -EFAULT;
    }
    v->time_info_guest = area;
    time_update_vcpu(v, true);
    return 0;
}
