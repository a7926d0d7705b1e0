/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: what it does for domains and vCPUs. It says yes, remembers what it was asked,
 * and switches contexts by naming another vCPU the current one.
 */
#include <hv/arch/domain.h>
#include <hv/arch/pirq.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/sched.h>

/* Where fake_do_softirq() goes on after a context switch, which never returns to its caller. */
_Thread_local jmp_buf *fake_switch_exit;

int arch_sanitise_domain_config(struct xen_domctl_createdomain *config)
{
    return 0;
}

int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *config)
{
    d->arch.created = true;
    d->shared_info = alloc_zeroed_page();
    return d->shared_info ? 0 : -ENOMEM;
}

void arch_domain_destroy(struct domain *d)
{
    d->arch.created = false;
    free_xenheap_page(d->shared_info);
}

void arch_domain_creation_finished(struct domain *d)
{
}

int domain_relinquish_resources(struct domain *d)
{
    d->arch.relinquish_calls++;
    return 0;
}

int arch_vcpu_create(struct vcpu *v)
{
    v->arch.created = true;
    return 0;
}

void arch_vcpu_destroy(struct vcpu *v)
{
    v->arch.created = false;
}

int arch_set_info_guest(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
    v->arch.context_set = true;
    v->arch.user_regs = ctx->user_regs;
    v->is_initialised = true;
    return 0;
}

void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *ctx)
{
    *ctx = (struct vcpu_guest_context){ .user_regs = v->arch.user_regs };
}

int arch_vcpu_reset(struct vcpu *v)
{
    v->arch.context_set = false;
    v->is_initialised = false;
    return 0;
}

static void __noreturn leave(void)
{
    if (!fake_switch_exit) {
        __builtin_trap(); /* a context switch outside fake_do_softirq() */
    }
    longjmp(*fake_switch_exit, 1);
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
    fake_set_current(next);
    sched_context_switched(prev, next);
    sched_context_saved(prev);
    local_irq_enable();
    leave();
}

void continue_running(struct vcpu *same)
{
    local_irq_enable();
    leave();
}

void sync_vcpu_execstate(struct vcpu *v)
{
}

bool arch_vcpu_events_masked(const struct vcpu *v)
{
    return v->arch.events_masked;
}

bool arch_vcpu_in_kernel(const struct vcpu *v)
{
    return true;
}

void arch_update_runstate_area(struct vcpu *v)
{
}

long arch_vcpu_op(unsigned int cmd, unsigned int vcpuid, struct vcpu *v, unsigned long arg_va)
{
    return -ENOSYS;
}

unsigned long arch_vm_assist_valid_mask(const struct domain *d)
{
    return ~0UL;
}

void idle_loop(void)
{
    leave();
}

void arch_dump_vcpu_info(struct vcpu *v)
{
}

void arch_dump_domain_info(struct domain *d)
{
}

void arch_getdomaininfo(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
}

void vcpu_show_registers(struct vcpu *v)
{
}

void time_update_vcpu(struct vcpu *v, bool force)
{
    v->arch.time_updates++;
}

/* No domain has a physical interrupt. */
int arch_pirq_check(const struct domain *d, uint32_t pirq)
{
    return -EINVAL;
}

int arch_pirq_irq(const struct domain *d, uint32_t pirq)
{
    return -EPERM;
}

/* A machine with 24 lines. */
int arch_gsi_irq(uint32_t gsi)
{
    return gsi < 24 ? (int)gsi : -EINVAL;
}

int arch_pirq_bind(struct domain *d, uint32_t pirq, uint32_t port, bool share)
{
    return -EINVAL;
}

void arch_pirq_unbind(struct domain *d, uint32_t pirq)
{
}

void arch_pirq_follow(struct domain *d, uint32_t pirq, const struct vcpu *v)
{
}
