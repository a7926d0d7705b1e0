/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sleeping and waking: what makes a vCPU runnable, and what stops it.
 *
 * A vCPU is runnable when pause_flags and both pause counts are zero; those are changed atomically
 * and without a lock, always before the run queue is told. The other side (schedule) reads them
 * under the run-queue lock, after it took it. So whichever of the two comes second sees the other's
 * work.
 *
 * Sleepers and senders of events meet in the same way: the sleeper sets VPF_blocked, then looks for
 * pending events; the sender makes its event pending, then looks at VPF_blocked. Each side's two
 * steps are in order (atomic read-modify-writes are full barriers), so at least one of them sees
 * the other.
 */
#include <hv/arch/domain.h>
#include <hv/interleave.h>
#include <hv/lib.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include "private.h"

bool vcpu_runnable(const struct vcpu *v)
{
    return !(READ_ONCE(v->pause_flags) | (unsigned int)READ_ONCE(v->pause_count) |
             (unsigned int)READ_ONCE(v->domain->pause_count));
}

bool is_idle_vcpu(const struct vcpu *v)
{
    return v->domain == dom_idle;
}

/* Puts v on the queue of its CPU, if it still belongs there and is on none. */
static void wake_on(struct vcpu *v, bool placed)
{
    unsigned long flags;
    struct runq *rq = sched_lock(v, &flags);
    s_time_t now;

    if (heap_queued(&v->sched.node) || rq->curr == v || v->sched.parked) {
        goto out;
    }
    now = NOW();
    if (!vcpu_runnable(v)) {
        sched_runstate(v, sched_stopped_state(v), now);
        goto out;
    }
    /* Its state is still being saved: its CPU may queue it, and no other. */
    if (smp_load_acquire(&v->is_running)) {
        if (!sched_allowed(v, v->processor)) {
            goto out; /* sched_context_saved() wakes it */
        }
        placed = true;
    }
    if (!placed) {
        unsigned int cpu = sched_place(v);

        if (cpu != v->processor) {
            WRITE_ONCE(v->processor, cpu);
            sched_unlock(rq, flags);
            wake_on(v, true);
            return;
        }
    }
    sched_runstate(v, RUNSTATE_runnable, now);
    /* One that ran alone, without a tick, was not charged for long: that would be v's to catch up.
     */
    if (now - rq->curr->sched.last_charge > SCHED_SLICE_MAX) {
        sched_charge(rq, now);
    }
    sched_enqueue(rq, v);
    sched_tickle(rq, v, now);
out:
    sched_unlock(rq, flags);
}

void vcpu_wake(struct vcpu *v)
{
    wake_on(v, false);
}

void sched_wake_here(struct vcpu *v)
{
    wake_on(v, true);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
    unsigned long flags;
    struct runq *rq = sched_lock(v, &flags);

    if (!vcpu_runnable(v)) {
        if (rq->curr == v) {
            cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
        } else {
            if (heap_queued(&v->sched.node)) {
                sched_dequeue(rq, v);
            }
            sched_runstate(v, sched_stopped_state(v), NOW());
        }
    }
    sched_unlock(rq, flags);
}

void vcpu_sleep_sync(struct vcpu *v)
{
    vcpu_sleep_nosync(v);
    while (!vcpu_runnable(v) && smp_load_acquire(&v->is_running)) {
        cpu_relax();
    }
    sync_vcpu_execstate(v);
}

void vcpu_pause_nosync(struct vcpu *v)
{
    (void)__atomic_add_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST);
    vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
    ASSERT(v != current);
    (void)__atomic_add_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST);
    vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
    int left = __atomic_sub_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST);

    ASSERT(left >= 0);
    if (left == 0) {
        vcpu_wake(v);
    }
}

/*
 * v no longer polls; true if it did. From the cleared flag on it may run, and poll again: what it
 * waits for is its own to say, and without meaning while the flag is clear.
 */
static bool poll_end(struct vcpu *v)
{
    if (!test_bit(VPF_poll, &v->pause_flags) || !test_and_clear_bit(VPF_poll, &v->pause_flags)) {
        return false;
    }
    interleave("sched.poll_end.cleared");
    (void)__atomic_sub_fetch(&v->domain->sched.nr_pollers, 1, __ATOMIC_SEQ_CST);
    return true;
}

void vcpu_unblock(struct vcpu *v)
{
    bool blocked = test_bit(VPF_blocked, &v->pause_flags) &&
                   test_and_clear_bit(VPF_blocked, &v->pause_flags);

    if (poll_end(v) || blocked) {
        vcpu_wake(v);
    }
}

void vcpu_kick(struct vcpu *v)
{
    if (READ_ONCE(v->pause_flags) & (BIT(VPF_blocked) | BIT(VPF_poll))) {
        vcpu_unblock(v);
        return;
    }
    /* A vCPU that runs here passes its exit path before it is in its guest again. */
    if (READ_ONCE(v->is_running) && v != current) {
        smp_send_event_check(READ_ONCE(v->processor));
    }
}

void vcpu_mark_events_pending(struct vcpu *v)
{
    if (!__atomic_exchange_n(&v->vcpu_info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST)) {
        vcpu_kick(v);
    }
}

void vcpu_block(void)
{
    struct vcpu *v = current;
    bool pending;

    set_bit(VPF_blocked, &v->pause_flags);
    pending = READ_ONCE(v->vcpu_info->evtchn_upcall_pending) && !arch_vcpu_events_masked(v);
    interleave("sched.block.looked");
    if (pending) {
        clear_bit(VPF_blocked, &v->pause_flags);
    } else {
        raise_softirq(SOFTIRQ_SCHEDULE);
    }
}

long vcpu_yield(void)
{
    struct runq *rq = &this_cpu(runq);

    /* Nobody waits here: nothing to give way to. */
    if (READ_ONCE(rq->nr)) {
        current->sched.yielded = true;
        raise_softirq(SOFTIRQ_SCHEDULE);
    }
    return 0;
}
