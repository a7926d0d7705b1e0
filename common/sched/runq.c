/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One CPU's run queue: order, accounting of time, and who must make room.
 *
 * Virtual time is running time divided by weight. The queue's least virtual time runs next, so two
 * vCPUs that always want to run get time in the ratio of their weights, and none can be passed over
 * for longer than the others' slices. A key has meaning in one queue only: on the way to another it
 * keeps its distance from the queue's floor (min_vtime), within bounds. Virtual time goes round
 * after 2^64 ns, at weight 1 after two years and a quarter of running: only differences mean
 * anything.
 *
 * Locks: rq->lock held by every caller, interrupts off.
 */
#include <hv/lib.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include "private.h"

DEFINE_PER_CPU(struct runq, runq) = { .lock = IRQLOCK_INIT(RANK_SCHED) };

struct runq *sched_lock(const struct vcpu *v, unsigned long *flags) __no_lock_analysis
{
    for (;;) {
        unsigned int cpu = READ_ONCE(v->processor);
        struct runq *rq = &per_cpu(runq, cpu);

        *flags = irq_lock(&rq->lock);
        if (likely(cpu == v->processor)) {
            return rq;
        }
        irq_unlock(&rq->lock, *flags);
    }
}

void sched_unlock(struct runq *rq, unsigned long flags) __no_lock_analysis
{
    irq_unlock(&rq->lock, flags);
}

/* Advances the floor: the least virtual time of those who run or wait. */
static void floor_update(struct runq *rq)
{
    const struct heap_node *head = heap_first(&rq->queue);
    int64_t least;

    if (rq->curr != rq->idle) {
        least = rq->curr->sched.node.key;
        if (head && key_before(head->key, least)) {
            least = head->key;
        }
    } else if (head) {
        least = head->key;
    } else {
        return;
    }
    if (key_before(rq->min_vtime, least)) {
        WRITE_ONCE(rq->min_vtime, least);
    }
}

static int64_t weighted(const struct vcpu *v, s_time_t ran)
{
    return (int64_t)(((unsigned __int128)ran * v->domain->sched.inverse_weight) >>
                     SCHED_WEIGHT_ONE);
}

static void recent_add(struct sched_vcpu *s, s_time_t now, int64_t ran)
{
    s_time_t start = now >> SCHED_WINDOW_SHIFT;

    if (start != s->window_start) {
        s->window_last = start == s->window_start + 1 ? s->window_now : 0;
        s->window_now = 0;
        s->window_start = start;
    }
    s->window_now += ran;
}

int64_t sched_recent(const struct vcpu *v, s_time_t now)
{
    const struct sched_vcpu *s = &v->sched;
    s_time_t window = now >> SCHED_WINDOW_SHIFT;
    s_time_t start = READ_ONCE(s->window_start);
    s_time_t into = now & ((1L << SCHED_WINDOW_SHIFT) - 1);
    int64_t last = READ_ONCE(s->window_last), cur = READ_ONCE(s->window_now);

    if (window == start + 1) {
        last = cur;
        cur = 0;
    } else if (window != start) {
        return 0;
    }
    /* The part of the last window that is within one window of now. */
    return cur + last - (int64_t)(((__int128)last * into) >> SCHED_WINDOW_SHIFT);
}

void sched_charge(struct runq *rq, s_time_t now)
{
    struct vcpu *v = rq->curr;
    s_time_t ran;

    if (v == rq->idle) {
        return;
    }
    ran = now - v->sched.last_charge;
    if (ran > 0) {
        int64_t virtual = weighted(v, ran);

        v->sched.last_charge = now;
        v->sched.node.key += virtual;
        recent_add(&v->sched, now, virtual);
        if (v->domain->sched.cap) {
            sched_cap_charge(v->domain, ran);
        }
    }
    floor_update(rq);
}

/* v's key as this queue understands it. */
static int64_t key_here(const struct runq *rq, const struct vcpu *v)
{
    int64_t lead = v->sched.node.key - rq->min_vtime;

    if (v->sched.queue_cpu != v->processor) {
        lead = v->sched.node.key - READ_ONCE(per_cpu(runq, v->sched.queue_cpu).min_vtime);
        lead = min(lead, (int64_t)SCHED_SLICE_MAX);
    }
    return rq->min_vtime + max(lead, -(int64_t)SCHED_SLEEPER_BONUS);
}

void sched_enqueue(struct runq *rq, struct vcpu *v)
{
    ASSERT(!heap_queued(&v->sched.node));
    v->sched.node.key = key_here(rq, v);
    v->sched.queue_cpu = v->processor;
    heap_insert(&rq->queue, &v->sched.node);
    WRITE_ONCE(rq->nr, rq->nr + 1);
}

void sched_dequeue(struct runq *rq, struct vcpu *v)
{
    heap_remove(&rq->queue, &v->sched.node);
    WRITE_ONCE(rq->nr, rq->nr - 1);
}

void sched_tickle(struct runq *rq, struct vcpu *v, s_time_t now)
{
    struct vcpu *curr = rq->curr;

    if (curr == rq->idle) {
        cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
        return;
    }
    sched_charge(rq, now);
    if (key_before(v->sched.node.key + SCHED_WAKE_MARGIN, curr->sched.node.key)) {
        cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
    } else if (!timer_active(&rq->slice)) {
        /* It ran alone, without a tick. */
        timer_set(&rq->slice, now + SCHED_GRANULE);
    }
}
