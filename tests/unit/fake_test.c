/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake architecture itself: what the other tests rely on is true.
 *
 * Linked with all of common/ by `make unit-common`, it also shows that the contract between common/
 * and the architecture is complete.
 */
#include <hv/arch/time.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/percpu.h>
#include <hv/smp.h>

DEFINE_PER_CPU(int, fake_counter) = 7;

static int reset(void **state)
{
    fake_reset(4);
    return 0;
}

static void percpu_copies_are_apart(void **state)
{
    for (unsigned int cpu = 0; cpu < 4; cpu++) {
        assert_int_equal(per_cpu(fake_counter, cpu), 7);
        per_cpu(fake_counter, cpu) = (int)cpu;
    }
    for (unsigned int cpu = 0; cpu < 4; cpu++) {
        fake_run_on(cpu);
        assert_int_equal(this_cpu(fake_counter), cpu);
    }
    fake_reset(2);
    assert_int_equal(per_cpu(fake_counter, 1), 7);
    assert_int_equal(per_cpu(fake_counter, 0), 7);
}

static void frames_convert_both_ways(void **state)
{
    void *frame = fake_frame();
    mfn_t mfn = virt_to_mfn(frame);

    assert_ptr_equal(mfn_to_virt(mfn), frame);
    assert_ptr_equal(page_to_virt(mfn_to_page(mfn)), frame);
    assert_true(mfn_eq(page_to_mfn(virt_to_page(frame)), mfn));
    assert_int_equal(get_gpfn_from_mfn(mfn), INVALID_M2P_ENTRY);
    set_gpfn_from_mfn(mfn, 5);
    assert_int_equal(get_gpfn_from_mfn(mfn), 5);
}

static unsigned int flips;

static void flip(void *host, size_t bytes)
{
    flips++;
    *(unsigned char *)host ^= 0xff;
}

static void guest_copies_fault_and_flip(void **state)
{
    unsigned char guest[8] = { 1, 2, 3 }, own[8] = { 0 };

    assert_int_equal(copy_from_guest(own, fake_guest(guest), sizeof(own)), 0);
    assert_int_equal(own[2], 3);
    fake_guest_unmap(&guest[4], 1);
    assert_int_equal(copy_from_guest(own, fake_guest(guest), 5), -EFAULT);
    assert_int_equal(copy_to_guest(fake_guest(guest), own, 4), 0);
    assert_int_equal(copy_to_guest(fake_guest(&guest[4]), own, 1), -EFAULT);
    assert_int_equal(clear_guest(guest_ptr(0), 1), -EFAULT);
    assert_int_equal(clear_guest(guest_ptr(0xffff830000000000), 1), -EFAULT);
    assert_false(guest_access_ok(guest_ptr(~0UL), 2));
    fake_guest_flipper(flip);
    assert_int_equal(copy_from_guest(own, fake_guest(guest), 1), 0);
    assert_int_equal(own[0], 1);
    assert_int_equal(guest[0], 0xfe);
    assert_int_equal(flips, 1);
}

static void time_stands_until_advanced(void **state)
{
    assert_int_equal(NOW(), 0);
    fake_advance(MILLISECS(3));
    assert_int_equal(NOW(), 3000000);
    arch_set_next_timer(NOW() + 1);
    assert_int_equal(fake_deadline(0), 3000001);
    assert_int_equal(fake_deadline(1), STIME_MAX);
}

static void count_cpu(void *data)
{
    assert_false(local_irq_is_enabled());
    *(unsigned int *)data |= 1U << smp_processor_id();
}

static void functions_run_on_each_cpu(void **state)
{
    unsigned int seen = 0;

    on_selected_cpus(&cpu_online_map, count_cpu, &seen, true);
    assert_int_equal(seen, 0xf);
    assert_int_equal(smp_processor_id(), 0);
    assert_true(local_irq_is_enabled());
    smp_send_event_check(2);
    assert_int_equal(fake_event_checks[2], 1);
}

static void bugs_are_caught(void **state)
{
    expect_assert_failure(BUG());
    expect_assert_failure(panic("the end"));
    assert_non_null(strstr(fake_console(), "the end"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(percpu_copies_are_apart, reset),
        cmocka_unit_test_setup(frames_convert_both_ways, reset),
        cmocka_unit_test_setup(guest_copies_fault_and_flip, reset),
        cmocka_unit_test_setup(time_stands_until_advanced, reset),
        cmocka_unit_test_setup(functions_run_on_each_cpu, reset),
        cmocka_unit_test_setup(bugs_are_caught, reset),
    };

    return cmocka_run_group_tests_name("fake", tests, NULL, NULL);
}
