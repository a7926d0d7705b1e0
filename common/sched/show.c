/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug key 'r': each CPU's run queue. What a queue's lock guards is read under it. */
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/time.h>
#include "private.h"

/* Those that wait are in a heap, in no order that would mean anything: the one that is next. */
static void show_cpu(unsigned int cpu)
{
    struct runq *rq = &per_cpu(runq, cpu);
    unsigned long flags = irq_lock(&rq->lock);
    struct vcpu *curr = rq->curr, *next = sched_node_vcpu(heap_first(&rq->queue));
    s_time_t since = curr->sched.run_since;
    unsigned int nr = rq->nr;

    irq_unlock(&rq->lock, flags);
    if (curr == rq->idle) {
        printk("  CPU%u: idle\n", cpu);
        return;
    }
    printk("  CPU%u: d%uv%u for %lu us, %u waiting", cpu, curr->domain->domain_id, curr->vcpu_id,
           (unsigned long)(get_s_time() - since) / 1000, nr);
    if (next) {
        printk(", next d%uv%u", next->domain->domain_id, next->vcpu_id);
    }
    printk("\n");
}

static void show_queues(unsigned char key)
{
    unsigned int cpu;

    rcu_read_lock();
    for_each_online_cpu (cpu) {
        show_cpu(cpu);
    }
    rcu_read_unlock();
}
KEYHANDLER('r', false, "show run queues", show_queues);
