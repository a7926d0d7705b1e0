/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chains of upcalls. A guest kernel whose upcall handler raises an event for its own vCPU each time
 * never gets back to what the first upcall interrupted: each HYPERVISOR_iret finds the next event
 * pending. Linux built with PREEMPT_RT does so: the rcu_read_unlock() that ends its handler asks
 * for a run of the scheduler by such an event, and asks again until the interrupted task has come
 * as far as the scheduler. After CHAIN_MAX upcalls without an instruction between them the guest
 * runs on for a moment first. Only what becomes pending while a handler runs is ever put off.
 *
 * Current vCPU, no locks.
 */
#include <hv/arch/time.h>
#include <hv/sched.h>
#include <asm/pv.h>

#define CHAIN_MAX 1000
#define MOMENT    MICROSECS(50)

void pv_chain_upcall(struct vcpu *v, const struct cpu_user_regs *regs)
{
    struct upcall_chain *chain = &v->arch.pv.upcalls;

    if (READ_ONCE(v->vcpu_info->evtchn_upcall_mask)) {
        return;
    }
    if (chain->rip != regs->rip || chain->rsp != regs->rsp) {
        *chain = (struct upcall_chain){ .rip = regs->rip, .rsp = regs->rsp };
    } else if (++chain->length == CHAIN_MAX) {
        chain->length = 0;
        chain->put_off = true;
    }
}

/* The timer's interrupt is what matters: the way back from it looks for events. A vCPU that runs
 * does not poll, and one that polls sets the timer anew. */
void pv_put_off_upcall(struct vcpu *v)
{
    v->arch.pv.upcalls.put_off = false;
    vcpu_set_poll_timer(v, arch_guest_time() + MOMENT);
}
