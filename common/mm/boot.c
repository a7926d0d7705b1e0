/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory before the heap: the pieces of RAM that the machine's map names free, from which the frame
 * table and the heap's own lists are cut. Then the heap has the rest. One CPU, at start-up.
 *
 * Invariant (I31): where there are more pieces than fit, the smallest are left out, and named.
 */
#include <hv/init.h>
#include <hv/lib.h>
#include "private.h"

#define BOOT_RANGES 1024
#define FRAMES_4G   (1UL << (32 - PAGE_SHIFT))

struct frame_range {
    mfn_t start, end;
};

static struct frame_range boot_ranges[BOOT_RANGES] __initdata;
static unsigned int nr_boot_ranges __initdata;
/* What was given out, next to each other as one. */
static struct frame_range taken[BOOT_RANGES] __initdata;
static unsigned int nr_taken __initdata;
/* Memory from here on is not mapped yet. */
static mfn_t reach __initdata = { FRAMES_4G };

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

static unsigned long __init frames_in(const struct frame_range *r)
{
    return mfn_diff(r->end, r->start);
}

static void __init add_range(struct frame_range r)
{
    struct frame_range *least = boot_ranges;

    if (nr_boot_ranges < BOOT_RANGES) {
        boot_ranges[nr_boot_ranges++] = r;
        return;
    }
    for (unsigned int i = 1; i < BOOT_RANGES; i++) {
        least = frames_in(&boot_ranges[i]) < frames_in(least) ? &boot_ranges[i] : least;
    }
    if (frames_in(least) < frames_in(&r)) {
        struct frame_range out = *least;

        *least = r;
        r = out;
    }
    printk(XENLOG_WARNING "Memory at %#lx-%#lx is left unused: more than %u ranges\n",
           maddr_x(mfn_to_maddr(r.start)), maddr_x(mfn_to_maddr(r.end)), BOOT_RANGES);
}

void __init boot_heap_add(maddr_t start, maddr_t end)
{
    mfn_t s = _mfn((maddr_x(start) + PAGE_SIZE - 1) >> PAGE_SHIFT), e = maddr_to_mfn(end);

    if (mfn_lt(s, e)) {
        max_page = max(max_page, (unsigned long)mfn_x(e));
        add_range((struct frame_range){ s, e });
    }
}

void __init boot_alloc_reach(maddr_t end)
{
    reach = maddr_to_mfn(end);
}

/* Where nr frames, aligned, end highest in what is mapped of the range; 0: it has not so many. */
static uint64_t __init place_in(const struct frame_range *r, unsigned long nr, unsigned long align)
{
    uint64_t end = min(mfn_x(r->end), mfn_x(reach)), at;

    if (end < mfn_x(r->start) || end - mfn_x(r->start) < nr) {
        return 0;
    }
    at = ROUNDDOWN(end - nr, align);
    return at < mfn_x(r->start) ? 0 : at;
}

/* Memory below 4 GiB is scarcer: some devices reach no other. Then, the largest range serves. */
static bool __init better(const struct frame_range *a, const struct frame_range *b)
{
    bool a_high = mfn_x(a->start) >= FRAMES_4G, b_high = mfn_x(b->start) >= FRAMES_4G;

    return a_high == b_high ? frames_in(a) > frames_in(b) : a_high;
}

mfn_t __init boot_alloc_frames(unsigned long nr, unsigned long align)
{
    struct frame_range *best = NULL, above;
    uint64_t at;

    for (unsigned int i = 0; i < nr_boot_ranges; i++) {
        struct frame_range *r = &boot_ranges[i];

        if (place_in(r, nr, align) && (!best || better(r, best))) {
            best = r;
        }
    }
    if (!best) {
        panic("No memory for the frame table: %lu frames\n", nr);
    }
    at = place_in(best, nr, align);
    above = (struct frame_range){ _mfn(at + nr), best->end };
    best->end = _mfn(at);
    if (mfn_lt(above.start, above.end)) {
        add_range(above);
    }
    remember(_mfn(at), _mfn(at + nr));
    return _mfn(at);
}

void __init boot_memory_to_heap(void)
{
    for (unsigned int i = 0; i < nr_boot_ranges; i++) {
        heap_add_range(boot_ranges[i].start, boot_ranges[i].end);
    }
}
