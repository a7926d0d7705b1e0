/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory before the heap: the pieces of RAM that the machine's map names free, from which the frame
 * table and the heap's own lists are cut. Then the heap has the rest. One CPU, at start-up.
 */
#include <hv/init.h>
#include <hv/lib.h>
#include "private.h"

#define BOOT_RANGES 64

static struct {
    mfn_t start, end;
} boot_ranges[BOOT_RANGES] __initdata;
static unsigned int nr_boot_ranges __initdata;
/* What was given out, next to each other as one. */
static struct {
    mfn_t start, end;
} taken[BOOT_RANGES] __initdata;
static unsigned int nr_taken __initdata;

bool __init boot_taken(unsigned int n, mfn_t *start, mfn_t *end)
{
    if (n >= nr_taken) {
        return false;
    }
    *start = taken[n].start;
    *end = taken[n].end;
    return true;
}

static void __init remember(mfn_t start, mfn_t end)
{
    for (unsigned int i = 0; i < nr_taken; i++) {
        if (mfn_eq(taken[i].start, end)) {
            taken[i].start = start;
            return;
        }
        if (mfn_eq(taken[i].end, start)) {
            taken[i].end = end;
            return;
        }
    }
    if (nr_taken == BOOT_RANGES) {
        panic("The hypervisor's memory lies in more than %u pieces\n", BOOT_RANGES);
    }
    taken[nr_taken].start = start;
    taken[nr_taken++].end = end;
}

void __init boot_heap_add(maddr_t start, maddr_t end)
{
    mfn_t s = _mfn((maddr_x(start) + PAGE_SIZE - 1) >> PAGE_SHIFT), e = maddr_to_mfn(end);

    if (!mfn_lt(s, e)) {
        return;
    }
    if (nr_boot_ranges == BOOT_RANGES) {
        printk(XENLOG_WARNING "Memory at %#lx-%#lx is left unused: too many ranges\n",
               maddr_x(start), maddr_x(end));
        return;
    }
    boot_ranges[nr_boot_ranges].start = s;
    boot_ranges[nr_boot_ranges++].end = e;
    max_page = max(max_page, (unsigned long)mfn_x(e));
}

/* From the highest range below 4 GiB that has room, at its end: that is mapped from the start. */
mfn_t __init boot_alloc_frames(unsigned long nr, unsigned long align)
{
    for (unsigned int i = nr_boot_ranges; i-- > 0;) {
        mfn_t start = boot_ranges[i].start, end = boot_ranges[i].end;
        uint64_t at;

        if (mfn_x(start) >= 1UL << 20 || mfn_x(end) > 1UL << 20 || mfn_diff(end, start) < nr) {
            continue;
        }
        at = ROUNDDOWN(mfn_x(end) - nr, align);
        if (at < mfn_x(start)) {
            continue;
        }
        /* What alignment leaves above stays available. */
        if (at + nr < mfn_x(end) && nr_boot_ranges < BOOT_RANGES) {
            boot_ranges[nr_boot_ranges].start = _mfn(at + nr);
            boot_ranges[nr_boot_ranges++].end = end;
        }
        boot_ranges[i].end = _mfn(at);
        remember(_mfn(at), _mfn(at + nr));
        return _mfn(at);
    }
    panic("No memory for the frame table: %lu frames\n", nr);
}

void __init boot_memory_to_heap(void)
{
    for (unsigned int i = 0; i < nr_boot_ranges; i++) {
        heap_add_range(boot_ranges[i].start, boot_ranges[i].end);
    }
}
