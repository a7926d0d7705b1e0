/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler on a simulated machine of four CPUs, where time passes only from one timer
 * interrupt to the next: shares by weight, caps, affinity, work conservation, and that nobody
 * starves, also while everything about the vCPUs is being changed.
 */
#include <hv/arch/time.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/sched.h>
#include <hv/smp.h>

#include "../../common/sched/private.h"

#define CPUS        4U
#define MAX_DOMAINS 12U

static struct domain *dom[MAX_DOMAINS];
static s_time_t began[MAX_DOMAINS][CPUS * 2]; /* each vCPU's time when measuring began */
static s_time_t since;

static int machine(void **state)
{
    fake_machine(CPUS);
    return 0;
}

static int begin(void **state)
{
    memset(dom, 0, sizeof(dom));
    return 0;
}

static int end(void **state)
{
    for (unsigned int i = 0; i < MAX_DOMAINS; i++) {
        if (dom[i]) {
            fake_domain_end(dom[i]);
        }
    }
    return 0;
}

/* A domain whose vCPUs all want to run. */
static struct domain *runner(unsigned int i, unsigned int vcpus)
{
    struct domain *d = dom[i] = fake_domain((domid_t)(i + 1), vcpus, 10);

    for (unsigned int v = 0; v < vcpus; v++) {
        clear_bit(VPF_down, &d->vcpu[v]->pause_flags);
    }
    assert_int_equal(domain_unpause_by_systemcontroller(d), 0);
    return d;
}

static void pin(struct vcpu *v, unsigned long cpus)
{
    cpumask_t mask;

    cpumask_zero(&mask);
    for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
        if (cpus >> cpu & 1) {
            cpumask_set(cpu, &mask);
        }
    }
    assert_int_equal(vcpu_set_affinity(v, &mask, NULL), 0);
}

static void sleep_on(struct vcpu *v)
{
    set_bit(VPF_blocked, &v->pause_flags);
    vcpu_sleep_nosync(v);
}

static void measure_from_now(void)
{
    since = NOW();
    for (unsigned int i = 0; i < MAX_DOMAINS; i++) {
        for (unsigned int v = 0; dom[i] && v < dom[i]->max_vcpus; v++) {
            began[i][v] = vcpu_cpu_time(dom[i]->vcpu[v]);
        }
    }
}

/* Of one CPU since then, in parts of 1000. */
static int64_t share(unsigned int i, unsigned int v)
{
    return (vcpu_cpu_time(dom[i]->vcpu[v]) - began[i][v]) * 1000 / (NOW() - since);
}

static int64_t domain_share(unsigned int i)
{
    int64_t sum = 0;

    for (unsigned int v = 0; v < dom[i]->max_vcpus; v++) {
        sum += share(i, v);
    }
    return sum;
}

static void run(s_time_t ns)
{
    fake_run_until(NOW() + ns);
}

static void assert_about(int64_t is, int64_t want, int64_t by)
{
    if (is < want - by || is > want + by) {
        fail_msg("%ld is not %ld, +-%ld", (long)is, (long)want, (long)by);
    }
}

static void weights_share_a_cpu(void **state)
{
    static const uint16_t weights[] = { 256, 512, 1024, 2048 };

    for (unsigned int i = 0; i < ARRAY_SIZE(weights); i++) {
        sched_set_weight(runner(i, 1), weights[i]);
        pin(dom[i]->vcpu[0], 1UL << 1);
    }
    run(MILLISECS(200));
    measure_from_now();
    run(SECONDS(5));
    for (unsigned int i = 0; i < ARRAY_SIZE(weights); i++) {
        assert_about(share(i, 0), weights[i] * 1000 / 3840, 10);
    }
}

/* Virtual time goes round within the test, in the middle of what weights_share_a_cpu looks at. */
static void virtual_time_goes_round(void **state)
{
    static const uint16_t weights[] = { 256, 512, 1024 };

    for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
        per_cpu(runq, cpu).min_vtime = INT64_MAX - MILLISECS(300);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(weights); i++) {
        sched_set_weight(runner(i, 1), weights[i]);
        pin(dom[i]->vcpu[0], 1UL << 1);
    }
    run(MILLISECS(200));
    measure_from_now();
    run(SECONDS(5));
    assert_true(per_cpu(runq, 1).min_vtime < 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(weights); i++) {
        assert_about(share(i, 0), weights[i] * 1000 / 1792, 10);
    }
    sleep_on(dom[0]->vcpu[0]);
    run(MILLISECS(100));
    vcpu_unblock(dom[0]->vcpu[0]);
    measure_from_now();
    run(SECONDS(1));
    assert_about(share(0, 0), 256 * 1000 / 1792, 25);
}

static struct domain *ending;
static bool looked;

static void look_at_cap_timer(const char *point)
{
    if (!strcmp(point, "domain.free.no_vcpus")) {
        assert_false(timer_active(&ending->sched.cap_timer));
        looked = true;
    }
}

/* The timer that gives a domain's vCPUs their next budget ends before they do. */
static void cap_timer_ends_before_the_vcpus(void **state)
{
    struct domain *d = runner(0, 2);

    sched_set_cap(d, 10);
    run(MILLISECS(15));
    assert_true(timer_active(&d->sched.cap_timer));
    ending = d;
    looked = false;
    fake_interleave(look_at_cap_timer);
    fake_domain_end(d);
    fake_interleave(NULL);
    dom[0] = NULL;
    assert_true(looked);
}

/* Also when their number is no multiple of the CPUs'. */
static void equals_get_equal_time(void **state)
{
    for (unsigned int i = 0; i < 7; i++) {
        runner(i, 1);
    }
    run(MILLISECS(500));
    measure_from_now();
    run(SECONDS(5));
    for (unsigned int i = 0; i < 7; i++) {
        assert_about(share(i, 0), 4000 / 7, 60);
    }
}

static void no_cpu_idles_while_one_waits(void **state)
{
    runner(0, 4);
    run(MILLISECS(50));
    measure_from_now();
    run(SECONDS(1));
    for (unsigned int v = 0; v < 4; v++) {
        assert_int_equal(share(0, v), 1000);
    }
    runner(1, 5);
    run(MILLISECS(50));
    measure_from_now();
    run(SECONDS(1));
    assert_about(domain_share(0) + domain_share(1), 4000, 4);
}

/* At once, from a CPU where several wait. */
static void a_cpu_that_gets_idle_takes_one(void **state)
{
    runner(0, 3);
    runner(1, 4);
    for (unsigned int v = 0; v < 3; v++) {
        pin(dom[0]->vcpu[v], 2UL << v);
    }
    for (unsigned int v = 0; v < 4; v++) {
        pin(dom[1]->vcpu[v], 1);
    }
    run(MILLISECS(50));
    for (unsigned int v = 0; v < 4; v++) {
        pin(dom[1]->vcpu[v], 15);
    }
    domain_pause_nosync(dom[0]);
    fake_settle();
    measure_from_now();
    run(MILLISECS(1));
    assert_int_equal(domain_share(1), 4000);
}

static void caps_hold(void **state)
{
    sched_set_cap(runner(0, 1), 30);
    sched_set_cap(runner(1, 3), 150);
    sched_set_cap(runner(2, 2), 1);
    run(MILLISECS(100));
    measure_from_now();
    run(SECONDS(4));
    assert_about(domain_share(0), 300, 3);
    assert_about(domain_share(1), 1500, 15);
    assert_about(domain_share(2), 10, 3);
    sched_set_cap(dom[0], 0);
    measure_from_now();
    run(SECONDS(1));
    assert_about(domain_share(0), 1000, 10);
    assert_about(domain_share(1), 1500, 20);
}

/* One that used its cap up does not keep others off, and is not kept off by them. */
static void a_cap_leaves_the_rest_to_others(void **state)
{
    sched_set_cap(runner(0, 1), 25);
    runner(1, 1);
    pin(dom[0]->vcpu[0], 4);
    pin(dom[1]->vcpu[0], 4);
    run(MILLISECS(100));
    measure_from_now();
    run(SECONDS(3));
    assert_about(share(0, 0), 250, 10);
    assert_about(share(1, 0), 750, 10);
}

static void soft_affinity_is_followed_when_it_can_be(void **state)
{
    cpumask_t soft;

    runner(0, 1);
    cpumask_zero(&soft);
    cpumask_set(2, &soft);
    vcpu_pause_nosync(dom[0]->vcpu[0]);
    fake_settle();
    assert_int_equal(vcpu_set_affinity(dom[0]->vcpu[0], NULL, &soft), 0);
    vcpu_unpause(dom[0]->vcpu[0]);
    run(MILLISECS(20));
    assert_int_equal(dom[0]->vcpu[0]->processor, 2);
    /* Another one owns that CPU: it runs elsewhere rather than wait. */
    runner(1, 1);
    pin(dom[1]->vcpu[0], 4);
    run(MILLISECS(100));
    measure_from_now();
    run(SECONDS(1));
    assert_int_equal(share(0, 0) + share(1, 0), 2000);
}

static void affinity_errors_change_nothing(void **state)
{
    cpumask_t none;

    runner(0, 1);
    cpumask_zero(&none);
    assert_int_equal(vcpu_set_affinity(dom[0]->vcpu[0], &none, NULL), -EINVAL);
    /* A wish for nowhere is one that cannot be followed. */
    assert_int_equal(vcpu_set_affinity(dom[0]->vcpu[0], NULL, &none), 0);
    cpumask_set(CPUS, &none); /* not online */
    assert_int_equal(vcpu_set_affinity(dom[0]->vcpu[0], NULL, &none), 0);
    assert_int_equal(vcpu_set_affinity(dom[0]->vcpu[0], &none, NULL), -EINVAL);
    assert_int_equal(vcpu_pin_override(dom[0]->vcpu[0], CPUS), -EINVAL);
    assert_int_equal(vcpu_pin_override(dom[0]->vcpu[0], -1), -EINVAL);
    assert_int_equal(vcpu_pin_override(dom[0]->vcpu[0], 3), 0);
    run(MILLISECS(10));
    assert_int_equal(dom[0]->vcpu[0]->processor, 3);
    assert_int_equal(vcpu_pin_override(dom[0]->vcpu[0], 2), -EBUSY);
    assert_int_equal(vcpu_pin_override(dom[0]->vcpu[0], -1), 0);
}

/* One that sleeps and wakes all the time gets its latency, and no more than its share. */
static void sleepers_do_not_starve_runners(void **state)
{
    runner(0, 1);
    runner(1, 1);
    pin(dom[0]->vcpu[0], 2);
    pin(dom[1]->vcpu[0], 2);
    run(MILLISECS(100));
    measure_from_now();
    for (unsigned int i = 0; i < 4000; i++) {
        sleep_on(dom[1]->vcpu[0]);
        run(MICROSECS(20));
        vcpu_unblock(dom[1]->vcpu[0]);
        run(MICROSECS(1500));
    }
    assert_in_range(share(0, 0), 400, 1000);
    assert_in_range(share(1, 0), 300, 510);
}

/* A vCPU that wakes runs within one slice, whatever else runs. */
/* One that slept for long has not saved that time up: the other has its half at once. */
static void a_long_sleep_saves_nothing_up(void **state)
{
    runner(0, 1);
    runner(1, 1);
    pin(dom[0]->vcpu[0], 2);
    pin(dom[1]->vcpu[0], 2);
    run(MILLISECS(100));
    sleep_on(dom[1]->vcpu[0]);
    run(SECONDS(3));
    vcpu_unblock(dom[1]->vcpu[0]);
    measure_from_now();
    run(MILLISECS(100));
    assert_in_range(share(0, 0), 350, 650);
}

static void wakers_run_soon(void **state)
{
    s_time_t longest = 0;

    runner(0, 8);
    runner(1, 1);
    for (unsigned int i = 0; i < 200; i++) {
        s_time_t before, woke;

        sleep_on(dom[1]->vcpu[0]);
        run(MILLISECS(3 + i % 50));
        before = vcpu_cpu_time(dom[1]->vcpu[0]);
        woke = NOW();
        vcpu_unblock(dom[1]->vcpu[0]);
        while (vcpu_cpu_time(dom[1]->vcpu[0]) == before) {
            run(MICROSECS(50));
        }
        longest = max(longest, NOW() - woke);
    }
    assert_in_range(longest, 1, MILLISECS(10));
}

/* A poll that times out has, by the guest's own clock, and soon after; however that clock is off.
 */
static void a_poll_ends_by_the_guests_clock(void **state)
{
    static const s_time_t lags[] = { 0, MICROSECS(300), MILLISECS(5), -MICROSECS(300) };
    struct vcpu *v = runner(0, 1)->vcpu[0];

    for (unsigned int i = 0; i < ARRAY_SIZE(lags); i++) {
        s_time_t due;

        fake_guest_lag = lags[i];
        due = arch_guest_time() + MILLISECS(2);
        set_bit(VPF_poll, &v->pause_flags);
        vcpu_sleep_nosync(v);
        vcpu_set_poll_timer(v, due);
        while (test_bit(VPF_poll, &v->pause_flags) && arch_guest_time() < due + SECONDS(1)) {
            run(MICROSECS(10));
        }
        assert_in_range(arch_guest_time(), due, due + MICROSECS(400));
    }
    fake_guest_lag = 0;
}

/* Each CPU's vCPU may be there, wants to run, and is on one CPU only. */
static void check_cpus(void)
{
    for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
        const struct vcpu *v = fake_current[cpu];

        if (is_idle_vcpu(v)) {
            continue;
        }
        assert_true(cpumask_test(cpu, &v->sched.hard));
        assert_true(vcpu_runnable(v));
        assert_true(v->is_running);
        assert_int_equal(v->processor, cpu);
        for (unsigned int other = cpu + 1; other < CPUS; other++) {
            assert_ptr_not_equal(v, fake_current[other]);
        }
    }
}

static void disturb(unsigned int *paused)
{
    unsigned int i = (unsigned int)rand() % 4, n = (unsigned int)rand() % 4;
    struct vcpu *v = dom[i]->vcpu[n];

    switch (rand() % 7) {
    case 0:
        pin(v, 1 + (unsigned long)rand() % 15);
        break;
    case 1:
        sched_set_weight(dom[i], (uint16_t)(64 + rand() % 1000));
        break;
    case 2:
        sched_set_cap(dom[i], (uint16_t)(rand() % 3 ? 0 : 20 + rand() % 300));
        break;
    case 3:
        sleep_on(v);
        break;
    case 4:
        vcpu_unblock(v);
        break;
    case 5:
        if (paused[i * 4 + n]++ == 0) {
            vcpu_pause_nosync(v);
        }
        break;
    default:
        if (paused[i * 4 + n]) {
            paused[i * 4 + n] = 0;
            vcpu_unpause(v);
        }
        break;
    }
}

static void order_survives_disturbance(void **state)
{
    unsigned int paused[16] = { 0 };

    srand(11);
    for (unsigned int i = 0; i < 4; i++) {
        runner(i, 4);
    }
    for (unsigned int round = 0; round < 20000; round++) {
        disturb(paused);
        fake_run_on((unsigned int)rand() % CPUS);
        run(MICROSECS(rand() % 400));
        check_cpus();
    }
    fake_run_on(0);
    /* Left alone again, they share the machine as if nothing had been. */
    for (unsigned int i = 0; i < 16; i++) {
        struct vcpu *v = dom[i / 4]->vcpu[i % 4];

        sched_set_weight(dom[i / 4], 256);
        sched_set_cap(dom[i / 4], 0);
        pin(v, 15);
        if (paused[i]) {
            vcpu_unpause(v);
        }
        vcpu_unblock(v);
    }
    run(SECONDS(1));
    measure_from_now();
    run(SECONDS(4));
    for (unsigned int i = 0; i < 16; i++) {
        assert_about(share(i / 4, i % 4), 250, 40);
    }
}

#define sched_unit(t) cmocka_unit_test_setup_teardown(t, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        sched_unit(weights_share_a_cpu),
        sched_unit(virtual_time_goes_round),
        sched_unit(equals_get_equal_time),
        sched_unit(no_cpu_idles_while_one_waits),
        sched_unit(a_cpu_that_gets_idle_takes_one),
        sched_unit(caps_hold),
        sched_unit(a_cap_leaves_the_rest_to_others),
        sched_unit(cap_timer_ends_before_the_vcpus),
        sched_unit(soft_affinity_is_followed_when_it_can_be),
        sched_unit(affinity_errors_change_nothing),
        sched_unit(sleepers_do_not_starve_runners),
        sched_unit(a_long_sleep_saves_nothing_up),
        sched_unit(wakers_run_soon),
        sched_unit(a_poll_ends_by_the_guests_clock),
        sched_unit(order_survives_disturbance),
    };

    return cmocka_run_group_tests_name("sched", tests, machine, NULL);
}
