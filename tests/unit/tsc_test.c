/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calibrating the TSC by a platform timer, on a CPU that is taken away at bad moments. The TSC is
 * the test's own, which each reading takes forward (fake/tsc.h), and the timer is made of it.
 */
#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/time.h>

#define TSC_KHZ  2500000U
#define APIC_HZ  62500000U
#define MS       (TSC_KHZ)
#define READING  500 /* ticks that reading a counter takes */
#define PER_1000 1   /* what the rates may be off by */

struct hold {
    unsigned int nth; /* reading of the timer, 0 on, whose answer comes late */
    unsigned int ms;
};

static struct platform_timer timer;
static uint64_t origin;
static unsigned int readings;
static const struct hold *holds;

static uint64_t counter = 1UL << 40;

uint64_t fake_tsc(void)
{
    return counter += READING;
}

static uint64_t ticks_of(uint64_t hz)
{
    return (uint64_t)((unsigned __int128)(fake_tsc() - origin) * hz / (TSC_KHZ * 1000UL));
}

static uint64_t timer_read(void)
{
    uint64_t value = ticks_of(timer.hz) & timer.mask;

    for (const struct hold *h = holds; h && h->ms; h++) {
        if (h->nth == readings) {
            counter += (uint64_t)h->ms * MS;
        }
    }
    readings++;
    return value;
}

void apic_timer_count_start(void)
{
}

uint32_t apic_timer_count(void)
{
    return (uint32_t)-ticks_of(APIC_HZ);
}

void pvclock_set_base(uint64_t tsc, struct tsc_scale scale)
{
}

static void expect_rates(uint64_t hz, uint64_t mask, const struct hold *list)
{
    uint64_t apic_hz;

    timer = (struct platform_timer){ .hz = hz, .mask = mask, .read = timer_read };
    holds = list;
    readings = 0;
    origin = fake_tsc();
    apic_hz = tsc_calibrate(&timer);
    assert_in_range(tsc_khz(), TSC_KHZ - TSC_KHZ / 1000 * PER_1000,
                    TSC_KHZ + TSC_KHZ / 1000 * PER_1000);
    assert_in_range(apic_hz, APIC_HZ - APIC_HZ / 1000 * PER_1000,
                    APIC_HZ + APIC_HZ / 1000 * PER_1000);
}

static void steady(void **state)
{
    expect_rates(100000000, 0xffffffff, NULL);
    expect_rates(3579545, 0xffffff, NULL);
    expect_rates(1193182, 0xffff, NULL);
}

/* Between the timer and the TSC, first and last: 10 ms in 50 would be a fifth. */
static void held_up_between_counters(void **state)
{
    static const struct hold first[] = { { 0, 10 }, { 2, 10 }, { 3, 5 }, { 0, 0 } };

    expect_rates(100000000, 0xffffffff, first);
    /* The last looks: one reading in the loop, long enough to end it, and then they come. */
    for (unsigned int i = 0; i < 8; i++) {
        const struct hold last[] = { { 8, 60 }, { 9 + i, 10 }, { 0, 0 } };

        expect_rates(100000000, 0xffffffff, last);
    }
}

/* The PIT's channel goes round every 55 ms. */
static void held_up_past_a_round(void **state)
{
    static const struct hold late[] = { { 8, 30 }, { 9, 40 }, { 0, 0 } };

    expect_rates(1193182, 0xffff, late);
}

static int calibrated(void **state)
{
    expect_rates(100000000, 0xffffffff, NULL);
    return 0;
}

/* A deadline is never before one that is earlier, however far it is; nor in the past. */
static void far_deadlines_stay_far(void **state)
{
    static const s_time_t far[] = { SECONDS(3600),      1L << 60,           1L << 61,     1L << 62,
                                    STIME_MAX / 10 * 7, STIME_MAX / 10 * 8, STIME_MAX - 1 };
    uint64_t last = stime_to_tsc(0);

    for (unsigned int i = 0; i < ARRAY_SIZE(far); i++) {
        uint64_t deadline = stime_to_tsc(far[i]);

        assert_true(deadline >= last);
        assert_true(deadline > fake_tsc());
        last = deadline;
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady),
        cmocka_unit_test(held_up_between_counters),
        cmocka_unit_test(held_up_past_a_round),
        cmocka_unit_test_setup(far_deadlines_stay_far, calibrated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
