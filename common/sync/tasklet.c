/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deferred work on a chosen CPU.
 *
 * Owns each CPU's queue. A tasklet is on at most one queue (scheduled_on names it) and its function
 * runs on one CPU at a time: one that is scheduled while it runs goes to its queue and is taken
 * from there only after it has returned. One lock guards all queues and tasklets: this is no path
 * of a guest's, and the functions run outside of it.
 */
#include <hv/lock.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/tasklet.h>

static DEFINE_IRQLOCK(tasklet_lock, RANK_TASKLET);
static DEFINE_PER_CPU(struct list, tasklet_queue);

/* A CPU's queue, made empty by whoever touches it first. */
static struct list *tasklet_queue_of(unsigned int cpu) __must_hold(tasklet_lock)
{
    struct list *queue = &per_cpu(tasklet_queue, cpu);

    if (!queue->next) {
        list_init(queue);
    }
    return queue;
}

void tasklet_init(struct tasklet *t, void (*fn)(void *), void *data)
{
    *t = (struct tasklet){ .fn = fn, .data = data, .scheduled_on = -1 };
    list_init(&t->link);
}

void tasklet_schedule_on(struct tasklet *t, unsigned int cpu)
{
    unsigned long flags = irq_lock(&tasklet_lock);

    if (!t->dead && t->scheduled_on < 0) {
        t->scheduled_on = (int)cpu;
        list_add_tail(&t->link, tasklet_queue_of(cpu));
        cpu_raise_softirq(cpu, SOFTIRQ_TASKLET);
    }
    irq_unlock(&tasklet_lock, flags);
}

void tasklet_schedule(struct tasklet *t)
{
    tasklet_schedule_on(t, smp_processor_id());
}

/* The first queued tasklet of this CPU that runs nowhere, marked running; NULL if none. */
static struct tasklet *tasklet_take(void)
{
    unsigned long flags = irq_lock(&tasklet_lock);
    struct list *queue = tasklet_queue_of(smp_processor_id());
    struct tasklet *t, *found = NULL;

    list_for_each (t, queue, link) {
        if (!t->running) {
            found = t;
            break;
        }
    }
    if (found) {
        list_del(&found->link);
        found->scheduled_on = -1;
        found->running = true;
    }
    irq_unlock(&tasklet_lock, flags);
    return found;
}

/* t's function has returned; if it was scheduled again meanwhile, its CPU may take it now. */
static void tasklet_done(struct tasklet *t)
{
    unsigned long flags = irq_lock(&tasklet_lock);

    t->running = false;
    if (t->scheduled_on >= 0) {
        cpu_raise_softirq((unsigned int)t->scheduled_on, SOFTIRQ_TASKLET);
    }
    irq_unlock(&tasklet_lock, flags);
}

/* One tasklet a softirq, so that others get their turn. */
static void tasklet_softirq(void)
{
    struct tasklet *t = tasklet_take();

    if (t) {
        t->fn(t->data);
        tasklet_done(t);
        raise_softirq(SOFTIRQ_TASKLET);
    }
}

void tasklet_kill(struct tasklet *t)
{
    unsigned long flags = irq_lock(&tasklet_lock);

    t->dead = true;
    if (t->scheduled_on >= 0) {
        list_del(&t->link);
        t->scheduled_on = -1;
    }
    irq_unlock(&tasklet_lock, flags);
    while (__atomic_load_n(&t->running, __ATOMIC_ACQUIRE)) {
        cpu_relax();
    }
}

void __init tasklet_subsystem_init(void)
{
    softirq_register(SOFTIRQ_TASKLET, tasklet_softirq);
}
