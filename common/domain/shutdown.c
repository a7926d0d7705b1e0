/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain stops by itself (shutdown), because it broke (crash), or is told to; it stays as it is
 * until its tools resume or destroy it. shutdown_lock guards code and state. The hardware domain
 * takes the machine with it.
 */
#include <hv/arch/domain.h>
#include <hv/virq.h>
#include "private.h"

/* Those on other CPUs are as they last left theirs. */
static void show_hwdom(void)
{
    struct vcpu *v;

    for_each_vcpu (hardware_domain, v) {
        if (v->is_initialised) {
            vcpu_show_registers(v);
        }
    }
}

void hwdom_died(const char *how)
{
    printk(XENLOG_ERR "The hardware domain has died: %s\n", how);
    show_hwdom();
    printk(XENLOG_ERR "The machine stays as it is. Reset it by hand.\n");
    machine_halt();
}

void hwdom_shutdown(uint32_t reason)
{
    static const char *const names[] = { "power off", "reboot",   "suspend",
                                         "crash",     "watchdog", "soft reset" };

    /* No guest repeats this: the machine stops. */
    printk(XENLOG_INFO "The hardware domain stops the machine: %s\n",
           reason < ARRAY_SIZE(names) ? names[reason] : "unknown reason");
    if (reason == SHUTDOWN_crash) {
        show_hwdom();
    }
    if (reason == SHUTDOWN_poweroff) {
        machine_power_off();
    }
    machine_restart();
}

/* All vCPUs have stopped: the domain is shut down, and its tools are told. */
static void finish_shutdown(struct domain *d) __must_hold(d->shutdown_lock)
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        if (!v->paused_for_shutdown) {
            return;
        }
    }
    d->is_shut_down = true;
    domain_changed(d);
}

void domain_shutdown(struct domain *d, uint32_t reason)
{
    struct vcpu *v;

    spin_lock(&d->shutdown_lock);
    if (d->shutdown_code == SHUTDOWN_CODE_INVALID) {
        d->shutdown_code = reason;
    }
    reason = d->shutdown_code;
    if (d == hardware_domain) {
        spin_unlock(&d->shutdown_lock);
        hwdom_shutdown(reason);
        return;
    }
    if (d->is_shutting_down) {
        goto out;
    }
    d->is_shutting_down = true;
    for_each_vcpu (d, v) {
        if (!v->paused_for_shutdown) {
            v->paused_for_shutdown = true;
            vcpu_pause_nosync(v);
        }
    }
    finish_shutdown(d);
out:
    spin_unlock(&d->shutdown_lock);
}

void domain_resume(struct domain *d)
{
    struct vcpu *v;

    /* Every vCPU is off its CPU before its state is looked at. */
    domain_pause(d);
    spin_lock(&d->shutdown_lock);
    d->is_shutting_down = d->is_shut_down = false;
    d->shutdown_code = SHUTDOWN_CODE_INVALID;
    for_each_vcpu (d, v) {
        if (v->paused_for_shutdown) {
            v->paused_for_shutdown = false;
            vcpu_unpause(v);
        }
    }
    spin_unlock(&d->shutdown_lock);
    domain_unpause(d);
}

void domain_crash_at(struct domain *d, const char *why)
{
    if (!d->is_shutting_down) {
        printk(XENLOG_G_ERR "d%u crashes: %s\n", d->domain_id, why);
        /* The hardware domain's vCPUs are all shown when it takes the machine with it. */
        if (d == current->domain && d != hardware_domain) {
            vcpu_show_registers(current);
        }
    }
    domain_shutdown(d, SHUTDOWN_crash);
}
