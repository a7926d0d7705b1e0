/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read-copy-update by quiescent states.
 *
 * Owns the grace periods and each CPU's two lists of callbacks: `next`, not yet bound to a grace
 * period, and `wait`, which run when grace period `wait_gp` is over. Grace periods are numbered;
 * one is under way while rcu_running is set, and it ends when every CPU of rcu_state.pending has
 * reported.
 *
 * A CPU reports when it passes rcu_quiescent() with the flag set; starting a grace period raises
 * SOFTIRQ_RCU on each CPU so that it passes there soon, asleep or in a guest. The softirq itself
 * never reports: long start-up work runs softirqs in the middle of a read section.
 *
 * Numbers have 64 bits and are compared by size (I27): at a grace period a nanosecond they would go
 * round after 500 years.
 *
 * Locks: rcu_lock (irq) guards rcu_state; a CPU's lists are touched by that CPU only, interrupts
 * off.
 */
#include <hv/lock.h>
#include <hv/percpu.h>
#include <hv/rcu.h>
#include <hv/smp.h>
#include <hv/softirq.h>

struct rcu_list {
    struct rcu_head *first, **tail; /* tail NULL: never used, so empty */
};

struct rcu_cpu {
    struct rcu_list next, wait;
    unsigned long wait_gp;
    struct rcu_head barrier;
};

static DEFINE_PER_CPU(struct rcu_cpu, rcu_cpu);
static DEFINE_IRQLOCK(rcu_lock, RANK_RCU);

/* Guarded by rcu_lock, except that `completed` is read anywhere. */
static struct {
    unsigned long started, completed; /* numbers of the latest grace periods; equal: none runs */
    bool another;                     /* a CPU waits for the one after the present one */
    cpumask_t pending;                /* CPUs that have not reported */
    cpumask_t waiters;                /* CPUs to tell when a grace period ends */
} rcu_state;

bool rcu_running __read_mostly;

static void rcu_list_add(struct rcu_list *list, struct rcu_head *head)
{
    head->next = NULL;
    if (list->first) {
        *list->tail = head;
    } else {
        list->first = head;
    }
    list->tail = &head->next;
}

static bool gp_is_running(void) __must_hold(rcu_lock)
{
    return rcu_state.started != rcu_state.completed;
}

static void gp_start(void) __must_hold(rcu_lock)
{
    unsigned int cpu;

    rcu_state.started++;
    rcu_state.another = false;
    rcu_state.pending = cpu_online_map;
    /* What was unlinked before is seen by whoever reads after it saw the flag. */
    __atomic_store_n(&rcu_running, true, __ATOMIC_SEQ_CST);
    for_each_cpu (cpu, &rcu_state.pending) {
        cpu_raise_softirq(cpu, SOFTIRQ_RCU);
    }
}

static void gp_end(void) __must_hold(rcu_lock)
{
    unsigned int cpu;

    WRITE_ONCE(rcu_running, false);
    __atomic_store_n(&rcu_state.completed, rcu_state.started, __ATOMIC_RELEASE);
    for_each_cpu (cpu, &rcu_state.waiters) {
        cpu_raise_softirq(cpu, SOFTIRQ_RCU);
    }
    cpumask_zero(&rcu_state.waiters);
    if (rcu_state.another) {
        gp_start();
    }
}

void rcu_report(void)
{
    unsigned int cpu = smp_processor_id();
    unsigned long flags;

    if (!cpumask_test(cpu, &rcu_state.pending)) {
        return;
    }
    flags = irq_lock(&rcu_lock);
    if (gp_is_running() && cpumask_test(cpu, &rcu_state.pending)) {
        cpumask_clear(cpu, &rcu_state.pending);
        if (cpumask_empty(&rcu_state.pending)) {
            gp_end();
        }
    }
    irq_unlock(&rcu_lock, flags);
}

/* Binds this CPU's new callbacks to the next grace period that starts from now on. */
static void bind_callbacks(struct rcu_cpu *rc)
{
    unsigned long flags = irq_lock(&rcu_lock);

    rc->wait = rc->next;
    if (rc->wait.tail == &rc->next.first) {
        rc->wait.tail = &rc->wait.first;
    }
    rc->next.first = NULL;
    rc->wait_gp = rcu_state.started + 1;
    if (gp_is_running()) {
        rcu_state.another = true;
    } else {
        gp_start();
    }
    irq_unlock(&rcu_lock, flags);
}

/* Asks to be told of the end of the grace period, unless it is over. */
static bool wait_is_over(const struct rcu_cpu *rc)
{
    unsigned long flags = irq_lock(&rcu_lock);
    bool over = rcu_state.completed >= rc->wait_gp;

    if (!over) {
        cpumask_set(smp_processor_id(), &rcu_state.waiters);
    }
    irq_unlock(&rcu_lock, flags);
    return over;
}

static void run_callbacks(struct rcu_head *head)
{
    while (head) {
        struct rcu_head *next = head->next;

        head->fn(head);
        head = next;
    }
}

/* Interrupts are off for the lists (call_rcu may come from an interrupt), on for the callbacks. */
static void rcu_softirq(void)
{
    struct rcu_cpu *rc = &this_cpu(rcu_cpu);
    struct rcu_head *done = NULL;
    unsigned long flags = local_irq_save();

    if (rc->wait.first && wait_is_over(rc)) {
        done = rc->wait.first;
        rc->wait.first = NULL;
    }
    if (!rc->wait.first && rc->next.first) {
        bind_callbacks(rc);
        (void)wait_is_over(rc);
    }
    local_irq_restore(flags);
    run_callbacks(done);
}

void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *))
{
    unsigned long flags = local_irq_save();
    struct rcu_cpu *rc = &this_cpu(rcu_cpu);

    head->fn = fn;
    rcu_list_add(&rc->next, head);
    if (!rc->wait.first) {
        raise_softirq(SOFTIRQ_RCU);
    }
    local_irq_restore(flags);
}

static unsigned int barrier_left; /* CPUs whose barrier callback has not run */

static void barrier_reached(struct rcu_head *head)
{
    (void)__atomic_fetch_sub(&barrier_left, 1, __ATOMIC_RELEASE);
}

static void barrier_queue(void *unused)
{
    call_rcu(&this_cpu(rcu_cpu).barrier, barrier_reached);
}

void rcu_barrier(void)
{
    static bool busy;
    cpumask_t cpus = cpu_online_map;

    while (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE)) {
        rcu_quiescent();
        process_pending_softirqs();
    }
    barrier_left = cpumask_weight(&cpus);
    on_selected_cpus(&cpus, barrier_queue, NULL, true);
    while (__atomic_load_n(&barrier_left, __ATOMIC_ACQUIRE)) {
        rcu_quiescent();
        process_pending_softirqs();
        cpu_relax();
    }
    __atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

bool rcu_needs_cpu(unsigned int cpu)
{
    const struct rcu_cpu *rc = &per_cpu(rcu_cpu, cpu);

    return READ_ONCE(rcu_running) && (cpumask_test(cpu, &rcu_state.pending) || rc->next.first);
}

void rcu_idle_enter(unsigned int cpu)
{
    ASSERT(cpu == smp_processor_id());
    rcu_quiescent();
}

/* A sleeping CPU is woken for a grace period, so that interrupts may read on it: nothing to undo.
 */
void rcu_idle_exit(unsigned int cpu)
{
    ASSERT(cpu == smp_processor_id());
}

void __init rcu_init(void)
{
    softirq_register(SOFTIRQ_RCU, rcu_softirq);
}
