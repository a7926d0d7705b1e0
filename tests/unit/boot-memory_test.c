/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory before the heap: what is given out, and what the heap gets, of very many ranges. */
#include <hv/lib.h>
#include <hv/mm.h>

#include "../../common/mm/private.h"

#define FRAMES_4G (1UL << 20)
#define SMALL     3000UL
#define LARGE     (1UL << 27) /* number of the first frame, and of frames, of the last range */

static unsigned long heap_frames;
static bool large_is_in_heap;

void heap_add_range(mfn_t start, mfn_t end)
{
    heap_frames += mfn_x(end) - mfn_x(start);
    large_is_in_heap |= mfn_x(start) == LARGE;
}

/* One test for all of it, since ranges are for good. */
static void ranges(void **state)
{
    unsigned long frames = 0, before;
    mfn_t a, b;

    boot_heap_add(_maddr(0x100000), _maddr(0x4000000));
    a = boot_alloc_frames(512, 512);
    assert_int_equal(mfn_x(a) % 512, 0);
    assert_int_equal(mfn_x(a), 0x4000 - 512);
    /* Pages far apart, above 4 GiB, and the largest range behind them. */
    for (unsigned long i = 0; i < SMALL; i++) {
        boot_heap_add(_maddr((FRAMES_4G + 4 * i) << PAGE_SHIFT),
                      _maddr((FRAMES_4G + 4 * i + 2) << PAGE_SHIFT));
        frames += 2;
    }
    boot_heap_add(_maddr(LARGE << PAGE_SHIFT), _maddr(2 * LARGE << PAGE_SHIFT));
    frames += LARGE + 0x4000 - 0x100 - 512;

    /* Not mapped yet: from below. */
    b = boot_alloc_frames(1, 1);
    assert_int_equal(mfn_x(b), 0x4000 - 513);
    boot_alloc_reach(_maddr((LARGE + 1024) << PAGE_SHIFT));
    b = boot_alloc_frames(1024, 512);
    assert_int_equal(mfn_x(b), LARGE);
    /* Now the heap's range is not the one that starts at LARGE; large requests find a place. */
    b = boot_alloc_frames(600, 1);
    assert_in_range(mfn_x(b), 0x100, 0x4000);
    boot_alloc_reach(_maddr(2 * LARGE << PAGE_SHIFT));
    b = boot_alloc_frames(1UL << 20, 512);
    assert_int_equal(mfn_x(b), 2 * LARGE - (1UL << 20));

    before = frames - 1 - 1024 - 600 - (1UL << 20);
    boot_memory_to_heap();
    assert_false(large_is_in_heap);
    assert_true(heap_frames <= before);
    assert_true(heap_frames > before - 2 * SMALL);
    assert_true(mfn_x(_mfn(max_page)) == 2 * LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),
    };

    return cmocka_run_group_tests_name("boot-memory", tests, NULL, NULL);
}
