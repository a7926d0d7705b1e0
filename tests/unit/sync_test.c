/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * common/sync: locks, their order and owners, softirqs, tasklets, RCU.
 *
 * Exclusion is shown with one host thread a CPU; the rest plays the CPUs in turn.
 */
#include <pthread.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/lock.h>
#include <hv/percpu.h>
#include <hv/rcu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/tasklet.h>

#define CPUS 4U

static DEFINE_SPINLOCK(early, RANK_DOMCTL);
static DEFINE_SPINLOCK(late, RANK_HEAP);
static DEFINE_SPINLOCK(late_too, RANK_HEAP);
static DEFINE_IRQLOCK(quiet, RANK_CONSOLE);
static DEFINE_RWLOCK(shared, RANK_HOTPLUG);

static char softirq_order[32];

static void note_softirq(char c)
{
    size_t used = strlen(softirq_order);

    softirq_order[used] = c;
    softirq_order[used + 1] = '\0';
}

static void on_time_sync(void)
{
    note_softirq('t');
}

static void on_schedule(void)
{
    note_softirq('s');
}

static int once(void **state)
{
    fake_reset(1);
    rcu_init();
    tasklet_subsystem_init();
    softirq_register(SOFTIRQ_TIME_SYNC, on_time_sync);
    softirq_register(SOFTIRQ_SCHEDULE, on_schedule);
    return 0;
}

static int reset(void **state)
{
    fake_reset(CPUS);
    early = (spinlock_t)SPINLOCK_INIT(RANK_DOMCTL);
    late = (spinlock_t)SPINLOCK_INIT(RANK_HEAP);
    late_too = (spinlock_t)SPINLOCK_INIT(RANK_HEAP);
    quiet = (irqlock_t)IRQLOCK_INIT(RANK_CONSOLE);
    shared = (rwlock_t)RWLOCK_INIT(RANK_HOTPLUG);
    softirq_order[0] = '\0';
    return 0;
}

struct hammer {
    unsigned int cpu;
    void (*body)(struct hammer *);
};

static unsigned long hammered; /* guarded by the lock under test */
static bool torn;

#define ROUNDS 50000U

static pthread_barrier_t start;

static void *hammer_thread(void *data)
{
    struct hammer *h = data;

    fake_run_on(h->cpu);
    pthread_barrier_wait(&start);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        h->body(h);
    }
    return NULL;
}

static void hammer(void (*body)(struct hammer *))
{
    pthread_t threads[CPUS];
    struct hammer hammers[CPUS];

    pthread_barrier_init(&start, NULL, CPUS);
    hammered = 0;
    torn = false;
    for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
        hammers[cpu] = (struct hammer){ cpu, body };
        assert_int_equal(pthread_create(&threads[cpu], NULL, hammer_thread, &hammers[cpu]), 0);
    }
    for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
        pthread_join(threads[cpu], NULL);
    }
    assert_false(torn);
}

static void add_under_spin_lock(struct hammer *h) __no_lock_analysis
{
    if (h->cpu == 3) {
        while (!spin_trylock(&late)) {
            cpu_relax();
        }
    } else {
        spin_lock(&late);
    }
    hammered++;
    spin_unlock(&late);
}

static void add_under_irq_lock(struct hammer *h)
{
    unsigned long flags = irq_lock(&quiet);

    hammered++;
    irq_unlock(&quiet, flags);
}

static uint64_t pair[2]; /* equal whenever no writer is inside */

static void read_or_write(struct hammer *h) __no_lock_analysis
{
    if (h->cpu == 0) {
        write_lock(&shared);
        pair[0]++;
        pair[1]++;
        write_unlock(&shared);
        return;
    }
    read_lock(&shared);
    if (READ_ONCE(pair[0]) != READ_ONCE(pair[1])) {
        torn = true;
    }
    read_unlock(&shared);
}

static void locks_exclude(void **state)
{
    hammer(add_under_spin_lock);
    assert_int_equal(hammered, CPUS * ROUNDS);
    hammer(add_under_irq_lock);
    assert_int_equal(hammered, CPUS * ROUNDS);
    pair[0] = pair[1] = 0;
    hammer(read_or_write);
    assert_int_equal(pair[0], ROUNDS);
}

static void irq_locks_turn_interrupts_off(void **state)
{
    unsigned long flags = irq_lock(&quiet), inner;

    assert_false(local_irq_is_enabled());
    fake_run_on(1);
    assert_false(irq_trylock(&quiet, &inner));
    fake_run_on(0);
    irq_unlock(&quiet, flags);
    assert_true(local_irq_is_enabled());
    local_irq_disable();
    flags = irq_lock(&quiet);
    irq_unlock(&quiet, flags);
    assert_false(local_irq_is_enabled());
    local_irq_enable();
}

/* The wrong orders stay held: reset() makes the locks anew. */
static void wrong_orders_are_caught(void **state) __no_lock_analysis
{
    spin_lock(&late);
    expect_assert_failure(spin_lock(&early));
    assert_non_null(strstr(fake_console(), "rank"));
    reset(NULL);
    spin_lock(&late);
    expect_assert_failure(spin_lock(&late_too));
    reset(NULL);
    spin_lock(&late);
    expect_assert_failure(spin_lock(&late));
    reset(NULL);
    spin_lock(&early);
    spin_lock(&late);
    spin_lock_same_rank(&late_too);
    spin_unlock(&early); /* in any order */
    spin_unlock(&late_too);
    expect_assert_failure(lock_assert_none_held());
    spin_unlock(&late);
    lock_assert_none_held();
}

static void wrong_owners_are_caught(void **state) __no_lock_analysis
{
    spin_lock(&late);
    fake_run_on(1);
    expect_assert_failure(spin_unlock(&late));
    fake_run_on(0);
    spin_unlock(&late);
    expect_assert_failure(spin_unlock(&late));
}

static void two_locks_are_taken_in_one_order(void **state)
{
    spin_lock_both(&late_too, &late);
    assert_true(spin_is_locked(&late));
    assert_true(spin_is_locked(&late_too));
    spin_unlock_both(&late, &late_too);
    spin_lock_both(&late, &late);
    spin_unlock_both(&late, &late);
    assert_false(spin_is_locked(&late));
    lock_assert_none_held();
}

static void softirqs_run_lowest_first(void **state)
{
    raise_softirq(SOFTIRQ_SCHEDULE);
    raise_softirq(SOFTIRQ_TIME_SYNC);
    assert_true(softirq_is_pending());
    process_pending_softirqs();
    assert_string_equal(softirq_order, "t");
    do_softirq();
    assert_string_equal(softirq_order, "ts");
    assert_false(softirq_is_pending());
    cpu_raise_softirq(1, SOFTIRQ_TIME_SYNC);
    cpu_raise_softirq(1, SOFTIRQ_TIME_SYNC);
    assert_int_equal(fake_event_checks[1], 1);
    assert_false(softirq_is_pending());
    fake_run_on(1);
    do_softirq();
    assert_string_equal(softirq_order, "tst");
}

struct job {
    struct tasklet t;
    unsigned int ran_on[4], runs;
    bool again;
};

static void run_job(void *data)
{
    struct job *job = data;

    job->ran_on[job->runs++] = smp_processor_id();
    if (job->again) {
        job->again = false;
        tasklet_schedule_on(&job->t, 2);
    }
}

static void tasklets_run_once_where_asked(void **state)
{
    struct job a = { .again = true }, b = { 0 };

    tasklet_init(&a.t, run_job, &a);
    tasklet_init(&b.t, run_job, &b);
    tasklet_schedule_on(&a.t, 1);
    tasklet_schedule_on(&a.t, 3); /* already scheduled */
    tasklet_schedule(&b.t);
    do_softirq();
    assert_int_equal(a.runs, 0);
    assert_int_equal(b.runs, 1);
    fake_run_on(1);
    do_softirq();
    assert_int_equal(a.runs, 1);
    assert_int_equal(a.ran_on[0], 1);
    fake_run_on(2);
    do_softirq();
    assert_int_equal(a.runs, 2);
    assert_int_equal(a.ran_on[1], 2);
    tasklet_schedule(&a.t);
    tasklet_kill(&a.t);
    do_softirq();
    tasklet_schedule(&a.t);
    do_softirq();
    assert_int_equal(a.runs, 2);
}

static unsigned int callbacks;

static void count_callback(struct rcu_head *head)
{
    callbacks++;
}

/* A CPU passes its exit path with no read section open. */
static void pass(unsigned int cpu)
{
    fake_run_on(cpu);
    rcu_quiescent();
    process_pending_softirqs();
}

static void rcu_waits_for_every_cpu(void **state)
{
    struct rcu_head head, second;

    callbacks = 0;
    call_rcu(&head, count_callback);
    process_pending_softirqs();
    for (unsigned int round = 0; round < 5; round++) {
        pass(0);
        pass(1);
        pass(2);
    }
    assert_int_equal(callbacks, 0); /* CPU 3 may still be reading */
    fake_run_on(0);
    call_rcu(&second, count_callback);
    pass(3);
    pass(0);
    assert_int_equal(callbacks, 1);
    for (unsigned int round = 0; round < 3; round++) {
        for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
            pass(cpu);
        }
    }
    assert_int_equal(callbacks, 2);
    assert_false(rcu_needs_cpu(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(locks_exclude, reset),
        cmocka_unit_test_setup(irq_locks_turn_interrupts_off, reset),
        cmocka_unit_test_setup(wrong_orders_are_caught, reset),
        cmocka_unit_test_setup(wrong_owners_are_caught, reset),
        cmocka_unit_test_setup(two_locks_are_taken_in_one_order, reset),
        cmocka_unit_test_setup(softirqs_run_lowest_first, reset),
        cmocka_unit_test_setup(tasklets_run_once_where_asked, reset),
        cmocka_unit_test_setup(rcu_waits_for_every_cpu, reset),
    };

    return cmocka_run_group_tests_name("sync", tests, once, NULL);
}
