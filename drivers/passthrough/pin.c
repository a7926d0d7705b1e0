/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of foreign frames, in a tree over frame numbers: a step is the same few reads however many
 * there are (I6). A page of counts serves 2 MiB of machine memory and stays until the domain's end,
 * so that the tree takes at most one frame in 512 of what others have granted (I19).
 *
 * Locks: the context's, held by the caller.
 */
#include <hv/mm.h>

#include "pin.h"

#define FANOUT 512U
#define DEPTH  4 /* levels: the last holds counts; 48 bits of address */
_Static_assert(FANOUT * sizeof(struct iommu_pin) == PAGE_SIZE, "a leaf is a page");

static void **step(void **slot, mfn_t mfn, unsigned int level)
{
    void **table = *slot;

    return &table[mfn_x(mfn) >> (level * 9) & (FANOUT - 1)];
}

static bool there(void **slot, bool make)
{
    if (!*slot && make) {
        *slot = alloc_zeroed_page();
    }
    return *slot;
}

struct iommu_pin *iommu_pin_find(struct iommu_pins *pins, mfn_t mfn, bool make)
{
    void **slot = &pins->root;

    if (mfn_x(mfn) >> (DEPTH * 9)) {
        return NULL;
    }
    for (unsigned int level = DEPTH - 1; level; level--) {
        if (!there(slot, make)) {
            return NULL;
        }
        slot = step(slot, mfn, level);
    }
    return there(slot, make) ? (struct iommu_pin *)*slot + (mfn_x(mfn) & (FANOUT - 1)) : NULL;
}

/* The first page without children goes: true when one was found. */
static bool free_lowest(void **slot, unsigned int level)
{
    void **table = *slot;

    if (!table) {
        return false;
    }
    for (unsigned int i = 0; level && i < FANOUT; i++) {
        if (free_lowest(&table[i], level - 1)) {
            return true;
        }
    }
    free_xenheap_page(table);
    *slot = NULL;
    return true;
}

bool iommu_pins_free_some(struct iommu_pins *pins, unsigned int budget)
{
    while (pins->root && budget--) {
        (void)free_lowest(&pins->root, DEPTH - 1);
    }
    return !pins->root;
}
