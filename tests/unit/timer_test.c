/* SPDX-License-Identifier: GPL-2.0-only */
/* common/time/timer.c: expiry, re-arming from the function, migration, the end of a timer. */
#include <hv/lib.h>
#include <hv/lock.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/timer.h>

static char fired[64];

struct named {
    struct timer t;
    char name;
    s_time_t again;
};

static void fire(void *data)
{
    struct named *n = data;
    size_t used = strlen(fired);

    assert_true(local_irq_is_enabled());
    lock_assert_none_held();
    assert_true(timer_expires(&n->t) <= NOW());
    fired[used] = n->name;
    fired[used + 1] = '\0';
    if (n->again) {
        timer_set(&n->t, n->again);
        n->again = 0;
    }
}

static int once(void **state)
{
    fake_reset(1);
    timer_subsys_init();
    return 0;
}

static int reset(void **state)
{
    fake_reset(2);
    fired[0] = '\0';
    return 0;
}

/* The timer interrupt of a CPU, when its deadline has come. */
static void interrupt(unsigned int cpu)
{
    fake_run_on(cpu);
    if (fake_deadline(cpu) <= NOW()) {
        raise_softirq(SOFTIRQ_TIMER);
    }
    do_softirq();
}

static void timers_fire_in_order(void **state)
{
    struct named n[3] = { { .name = 'a' }, { .name = 'b' }, { .name = 'c' } };

    for (unsigned int i = 0; i < 3; i++) {
        timer_init(&n[i].t, fire, &n[i], 0);
    }
    timer_set(&n[2].t, 300);
    timer_set(&n[0].t, 100);
    timer_set(&n[1].t, 200);
    assert_int_equal(fake_deadline(0), 100);
    fake_advance(99);
    interrupt(0);
    assert_string_equal(fired, "");
    fake_advance(1);
    interrupt(0);
    assert_string_equal(fired, "a");
    assert_int_equal(fake_deadline(0), 200);
    fake_advance(500);
    interrupt(0);
    assert_string_equal(fired, "abc");
    assert_false(timer_active(&n[2].t));
}

static void a_stopped_timer_does_not_fire(void **state)
{
    struct named n = { .name = 'a' };

    timer_init(&n.t, fire, &n, 0);
    timer_stop(&n.t);
    timer_set(&n.t, 100);
    timer_set(&n.t, 50);
    timer_stop(&n.t);
    fake_advance(200);
    interrupt(0);
    assert_string_equal(fired, "");
    timer_set(&n.t, 10); /* in the past: at once */
    interrupt(0);
    assert_string_equal(fired, "a");
}

/* A function that sets its timer again, even into the past, cannot keep the CPU from the rest. */
static void a_timer_may_set_itself(void **state)
{
    struct named a = { .name = 'a', .again = 150 }, b = { .name = 'b' };

    timer_init(&a.t, fire, &a, 0);
    timer_init(&b.t, fire, &b, 0);
    timer_set(&a.t, 100);
    timer_set(&b.t, 120);
    fake_advance(130);
    interrupt(0);
    assert_string_equal(fired, "ab");
    assert_int_equal(fake_deadline(0), 150);
    fake_advance(20);
    interrupt(0);
    assert_string_equal(fired, "aba");
}

static void timers_move_between_cpus(void **state)
{
    struct named n = { .name = 'a' };

    timer_init(&n.t, fire, &n, 0);
    timer_set(&n.t, 100);
    timer_migrate(&n.t, 1);
    assert_int_equal(fake_event_checks[1], 1); /* CPU 1 is told to look at its queue */
    interrupt(1);
    assert_int_equal(fake_deadline(1), 100);
    fake_advance(100);
    interrupt(0);
    assert_string_equal(fired, "");
    interrupt(1);
    assert_string_equal(fired, "a");
}

static void a_killed_timer_is_never_set_again(void **state)
{
    struct named n = { .name = 'a' };

    timer_init(&n.t, fire, &n, 1);
    timer_set(&n.t, 100);
    timer_kill(&n.t);
    timer_set(&n.t, 100);
    fake_advance(200);
    interrupt(1);
    assert_string_equal(fired, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(timers_fire_in_order, reset),
        cmocka_unit_test_setup(a_stopped_timer_does_not_fire, reset),
        cmocka_unit_test_setup(a_timer_may_set_itself, reset),
        cmocka_unit_test_setup(timers_move_between_cpus, reset),
        cmocka_unit_test_setup(a_killed_timer_is_never_set_again, reset),
    };

    return cmocka_run_group_tests_name("timer", tests, once, NULL);
}
