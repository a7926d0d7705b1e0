/* SPDX-License-Identifier: GPL-2.0-only */
/* common/sync/rangeset.c against a bitmap: the same numbers after every change. */
#include <hv/bitops.h>
#include <hv/errno.h>
#include <hv/lib.h>
#include <hv/rangeset.h>

#define LIMIT 120U

static uint64_t random_state;

static unsigned int next_random(unsigned int below)
{
    random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned int)(random_state >> 33) % below;
}

static int reset(void **state)
{
    fake_reset(1);
    random_state = 1;
    return 0;
}

struct walk {
    unsigned long last_end;
    bool any;
    DECLARE_BITMAP(seen, LIMIT);
};

static int note_range(unsigned long s, unsigned long e, void *data)
{
    struct walk *walk = data;

    assert_true(s <= e);
    assert_true(!walk->any || s > walk->last_end + 1); /* sorted, and neighbours are joined */
    walk->any = true;
    walk->last_end = e;
    for (unsigned long n = s; n <= e && n < LIMIT; n++) {
        __set_bit((unsigned int)n, walk->seen);
    }
    return 0;
}

static void compare(struct rangeset *r, const unsigned long *model)
{
    struct walk walk = { 0 };
    unsigned int s = next_random(LIMIT), e = s + next_random(LIMIT - s);
    bool all = true, some = false;

    assert_int_equal(rangeset_for_each (r, 0, ~0UL, note_range, &walk), 0);
    assert_memory_equal(walk.seen, model, sizeof(walk.seen));
    for (unsigned int n = s; n <= e; n++) {
        all &= test_bit(n, model);
        some |= test_bit(n, model);
    }
    assert_int_equal(rangeset_contains(r, s, e), all);
    assert_int_equal(rangeset_overlaps(r, s, e), some);
}

static void behaves_as_a_bitmap(void **state)
{
    struct rangeset *r = rangeset_new("unit");
    DECLARE_BITMAP(model, LIMIT) = { 0 };

    assert_non_null(r);
    assert_true(rangeset_empty(r));
    for (unsigned int round = 0; round < 5000; round++) {
        unsigned int s = next_random(LIMIT), e = s + next_random(min(LIMIT - s, 20U));
        bool add = next_random(2);

        assert_int_equal(add ? rangeset_add(r, s, e) : rangeset_remove(r, s, e), 0);
        for (unsigned int n = s; n <= e; n++) {
            if (add) {
                __set_bit(n, model);
            } else {
                __clear_bit(n, model);
            }
        }
        compare(r, model);
    }
    assert_int_equal(rangeset_remove(r, 0, ~0UL), 0);
    assert_true(rangeset_empty(r));
    rangeset_destroy(r);
}

static int stop_at_second(unsigned long s, unsigned long e, void *data)
{
    return ++*(int *)data == 2 ? 77 : 0;
}

static void edges(void **state)
{
    struct rangeset *r = rangeset_new("unit");
    int calls = 0;

    assert_int_equal(rangeset_add(r, ~0UL - 1, ~0UL), 0);
    assert_int_equal(rangeset_add(r, 0, 0), 0);
    assert_int_equal(rangeset_add(r, 0, 0), 0);
    assert_true(rangeset_contains(r, ~0UL, ~0UL));
    assert_false(rangeset_contains(r, 0, ~0UL));
    assert_int_equal(rangeset_for_each (r, 0, ~0UL, stop_at_second, &calls), 77);
    assert_int_equal(rangeset_remove(r, ~0UL, ~0UL), 0);
    assert_false(rangeset_overlaps(r, ~0UL, ~0UL));
    assert_true(rangeset_contains(r, ~0UL - 1, ~0UL - 1));
    rangeset_destroy(r);
    rangeset_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(behaves_as_a_bitmap, reset),
        cmocka_unit_test_setup(edges, reset),
    };

    return cmocka_run_group_tests_name("rangeset", tests, NULL, NULL);
}
