/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is it time for a long operation to stop and be continued? No locks, any operation; see
 * hv/hypercall.h for what stopping takes.
 */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/softirq.h>

bool hypercall_preempt_check(void)
{
    const struct vcpu *v = current;
    const struct vcpu_info *vi = v->vcpu_info;

    /* Nearly always there is neither. */
    if (likely(!(READ_ONCE(*this_softirq_word()) | READ_ONCE(vi->evtchn_upcall_pending)))) {
        return false;
    }
    return softirq_is_pending() ||
           (READ_ONCE(vi->evtchn_upcall_pending) && !arch_vcpu_events_masked(v));
}
