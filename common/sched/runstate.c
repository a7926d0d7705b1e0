/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run states: what each vCPU does, since when, and how long it has been in each state.
 *
 * Writers hold the run-queue lock of v->processor. Readers take no lock: state_entry_time is the
 * version, RUNSTATE_WRITING while the rest changes, and a reader tries again until it saw one value
 * before and after. A writer's section is a few instructions with interrupts off.
 */
#include <hv/lib.h>
#include "private.h"

#define RUNSTATE_WRITING (~0UL)

void sched_runstate(struct vcpu *v, int state, s_time_t now)
{
    struct vcpu_runstate_info *r = &v->runstate;
    s_time_t entered = (s_time_t)r->state_entry_time;

    if (r->state == state) {
        return;
    }
    WRITE_ONCE(r->state_entry_time, RUNSTATE_WRITING);
    smp_wmb();
    if (now > entered) {
        WRITE_ONCE(r->time[r->state], r->time[r->state] + (uint64_t)(now - entered));
    }
    WRITE_ONCE(r->state, state);
    smp_store_release(&r->state_entry_time, (uint64_t)max(now, entered));
}

int sched_stopped_state(const struct vcpu *v)
{
    const unsigned long waits = BIT(VPF_blocked) | BIT(VPF_poll) | BIT(VPF_blocked_in_xen);

    return v->pause_flags & waits ? RUNSTATE_blocked : RUNSTATE_offline;
}

void vcpu_runstate_get(const struct vcpu *v, struct vcpu_runstate_info *info)
{
    uint64_t entered;
    s_time_t now;

    for (;;) {
        entered = smp_load_acquire(&v->runstate.state_entry_time);
        info->state = READ_ONCE(v->runstate.state);
        for (unsigned int i = 0; i < ARRAY_SIZE(info->time); i++) {
            info->time[i] = READ_ONCE(v->runstate.time[i]);
        }
        smp_rmb();
        if (entered != RUNSTATE_WRITING && entered == READ_ONCE(v->runstate.state_entry_time)) {
            break;
        }
        cpu_relax();
    }
    info->state_entry_time = entered;
    now = NOW();
    if (now > (s_time_t)entered) {
        info->time[info->state] += (uint64_t)now - entered;
    }
}

/* Apart, so that the answer for a vCPU that does not run saves no registers. */
static noinline s_time_t run_until_now(uint64_t before)
{
    return (s_time_t)(before + (uint64_t)NOW());
}

s_time_t vcpu_cpu_time(const struct vcpu *v)
{
    for (;;) {
        uint64_t entered = smp_load_acquire(&v->runstate.state_entry_time);
        int state = READ_ONCE(v->runstate.state);
        uint64_t ran = READ_ONCE(v->runstate.time[RUNSTATE_running]);

        smp_rmb();
        if (entered != RUNSTATE_WRITING && entered == READ_ONCE(v->runstate.state_entry_time)) {
            return state == RUNSTATE_running ? run_until_now(ran - entered) : (s_time_t)ran;
        }
        cpu_relax();
    }
}
