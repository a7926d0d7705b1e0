/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers: one heap a CPU, and the CPU's timer interrupt set for its earliest expiry.
 *
 * The hardware is programmed only when an expiry comes before what it is set for; stopping or
 * putting off a timer leaves it alone, at the price of one interrupt that finds nothing to do. So a
 * CPU whose heap is empty gets no interrupts, and a guest that keeps putting its timer off costs no
 * programming.
 *
 * Invariant: q->programmed is no later than the first expiry, or SOFTIRQ_TIMER is pending on that
 * CPU. Locks: each heap's own; two (migration) lower CPU first. Callers: any context but NMI.
 */
#include <hv/arch/time.h>
#include <hv/lock.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/timer.h>

struct timer_queue {
    irqlock_t lock;
    struct heap heap;
    struct timer *running; /* whose function this CPU is in */
    s_time_t programmed;   /* what the hardware is set for */
};

static DEFINE_PER_CPU(struct timer_queue, timer_queue) = {
    .lock = IRQLOCK_INIT(RANK_TIMER),
    .programmed = STIME_MAX,
};

static struct timer *node_to_timer(struct heap_node *n)
{
    return container_of(n, struct timer, node);
}

/* The queue that t is on, locked. */
static struct timer_queue *queue_lock(const struct timer *t,
                                      unsigned long *flags) __no_lock_analysis
{
    for (;;) {
        unsigned int cpu = READ_ONCE(t->cpu);
        struct timer_queue *q = &per_cpu(timer_queue, cpu);

        *flags = irq_lock(&q->lock);
        if (likely(cpu == t->cpu)) {
            return q;
        }
        irq_unlock(&q->lock, *flags);
    }
}

/* Makes sure that cpu wakes for the first expiry of its queue q. Lock held, interrupts off. */
static void queue_program(struct timer_queue *q, unsigned int cpu)
{
    s_time_t first = heap_first(&q->heap)->key;

    if (first >= q->programmed) {
        return;
    }
    if (cpu == smp_processor_id()) {
        q->programmed = first;
        arch_set_next_timer(first);
    } else {
        cpu_raise_softirq(cpu, SOFTIRQ_TIMER);
    }
}

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = (uint16_t)cpu };
}

void timer_set(struct timer *t, s_time_t expires) __no_lock_analysis
{
    unsigned long flags;
    struct timer_queue *q = queue_lock(t, &flags);

    if (likely(!t->dead)) {
        if (heap_queued(&t->node)) {
            heap_rekey(&q->heap, &t->node, expires);
        } else {
            t->node.key = expires;
            heap_insert(&q->heap, &t->node);
        }
        if (heap_first(&q->heap) == &t->node) {
            queue_program(q, t->cpu);
        }
    }
    irq_unlock(&q->lock, flags);
}

void timer_stop(struct timer *t) __no_lock_analysis
{
    unsigned long flags;
    struct timer_queue *q;

    q = queue_lock(t, &flags);
    if (heap_queued(&t->node)) {
        heap_remove(&q->heap, &t->node);
    }
    irq_unlock(&q->lock, flags);
}

static unsigned long queues_lock_both(unsigned int a, unsigned int b) __no_lock_analysis
{
    unsigned long flags = irq_lock(&per_cpu(timer_queue, min(a, b)).lock);

    irq_lock_nested_same_rank(&per_cpu(timer_queue, max(a, b)).lock);
    return flags;
}

static void queues_unlock_both(unsigned int a, unsigned int b,
                               unsigned long flags) __no_lock_analysis
{
    irq_unlock_nested(&per_cpu(timer_queue, max(a, b)).lock);
    irq_unlock(&per_cpu(timer_queue, min(a, b)).lock, flags);
}

void timer_migrate(struct timer *t, unsigned int cpu)
{
    for (;;) {
        unsigned int old = READ_ONCE(t->cpu);
        unsigned long flags;
        bool found;

        if (old == cpu) {
            return;
        }
        flags = queues_lock_both(old, cpu);
        found = old == t->cpu;
        if (found) {
            bool queued = heap_queued(&t->node);

            if (queued) {
                heap_remove(&per_cpu(timer_queue, old).heap, &t->node);
            }
            WRITE_ONCE(t->cpu, (uint16_t)cpu);
            if (queued) {
                heap_insert(&per_cpu(timer_queue, cpu).heap, &t->node);
                queue_program(&per_cpu(timer_queue, cpu), cpu);
            }
        }
        queues_unlock_both(old, cpu, flags);
        if (found) {
            return;
        }
    }
}

void timer_kill(struct timer *t) __no_lock_analysis
{
    unsigned long flags;
    struct timer_queue *q = queue_lock(t, &flags);
    unsigned int cpu;

    t->dead = true;
    if (heap_queued(&t->node)) {
        heap_remove(&q->heap, &t->node);
    }
    irq_unlock(&q->lock, flags);

    /* It may have been moved while its function ran, so that may be anywhere. */
    for_each_online_cpu (cpu) {
        if (cpu == smp_processor_id()) {
            continue;
        }
        while (smp_load_acquire(&per_cpu(timer_queue, cpu).running) == t) {
            cpu_relax();
        }
    }
}

/* Runs what has expired when it starts: a function that sets its timer again cannot hold it up. */
static void timer_softirq(void) __no_lock_analysis
{
    struct timer_queue *q = &this_cpu(timer_queue);
    unsigned long flags = irq_lock(&q->lock);
    s_time_t now = NOW();
    struct heap_node *n;

    q->programmed = STIME_MAX;
    while ((n = heap_first(&q->heap)) != NULL && n->key <= now) {
        struct timer *t = node_to_timer(n);
        void (*fn)(void *) = t->fn;
        void *data = t->data;

        heap_remove(&q->heap, n);
        WRITE_ONCE(q->running, t);
        irq_unlock(&q->lock, flags);
        fn(data);
        flags = irq_lock(&q->lock);
        /* t may be gone: only its address is compared by timer_kill(). */
        smp_store_release(&q->running, NULL);
    }
    if (n) {
        q->programmed = n->key;
        arch_set_next_timer(n->key);
    }
    irq_unlock(&q->lock, flags);
}

void timer_subsys_init(void)
{
    softirq_register(SOFTIRQ_TIMER, timer_softirq);
}
