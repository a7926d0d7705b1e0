/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What dom0's devices reach, before the units are switched on. Relaxed, which is the default: all
 * RAM that the hypervisor does not keep for itself for good (its image, and what it took before
 * there was a heap). Strict: dom0's own writable pages. Besides, as firmware may tell too little of
 * what devices use: memory below 4 GiB that is not RAM (map-inclusive), and what the memory map
 * calls reserved (map-reserved), as far as dom0 itself may touch it.
 *
 * Start-up, one CPU.
 */
#include <hv/domain.h>
#include <hv/iommu.h>
#include <hv/lib.h>
#include <hv/page-list.h>
#include <hv/rangeset.h>
#include <hv/softirq.h>
#include <asm/boot.h>
#include <asm/dom0.h>
#include <asm/memmap.h>
#include <asm/page-type.h>

#define FRAMES_4G (1UL << (32 - PAGE_SHIFT))
#define CHUNK     (1UL << 18) /* frames mapped between two looks at what is pending */
/* Writes there are interrupts, whoever maps it (SDM vol. 3A, 10.11.1). */
#define INTERRUPTS_FIRST 0xfee00UL
#define INTERRUPTS_LAST  0xfeeffUL

/* What the tables cannot name no device reaches, and is left out. */
static int __init map_frames(struct domain *d, unsigned long first, unsigned long end)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    int rc;

    end = min(end, iommu_frames());
    if (first >= end) {
        return 0;
    }
    rc = iommu_map(d->iommu, _dfn(first), _mfn(first), end - first, IOMMU_READ | IOMMU_WRITE,
                   &flush);
    iommu_flush(d->iommu, &flush);
    return rc;
}

/* The n-th piece of memory that stays the hypervisor's, in frames; false: there is no such. */
static bool __init kept(unsigned int n, unsigned long *first, unsigned long *end)
{
    mfn_t s, e;

    switch (n) {
    case 0:
        s = maddr_to_mfn(image_start_maddr);
        e = maddr_to_mfn(image_to_maddr(__init_begin));
        break;
    case 1:
        s = maddr_to_mfn(image_to_maddr(__init_end));
        e = maddr_to_mfn(image_to_maddr(__image_end));
        break;
    case 2:
        s = maddr_to_mfn(trampoline_maddr);
        e = mfn_add(s, maddr_x(trampoline_maddr) != 0);
        break;
    default:
        if (!boot_taken(n - 3, &s, &e)) {
            return false;
        }
    }
    *first = mfn_x(s);
    *end = mfn_x(e);
    return true;
}

/* [first, end) without what is kept, from the front on. */
static int __init map_ram(struct domain *d, unsigned long first, unsigned long end)
{
    int rc = 0;

    while (!rc && first < end) {
        unsigned long stop = end, next = end, s, e;

        for (unsigned int n = 0; kept(n, &s, &e); n++) {
            if (s < e && s < stop && e > first) {
                stop = max(s, first);
                next = e;
            }
        }
        for (unsigned long n; !rc && first < stop; first += n) {
            n = min(stop - first, CHUNK);
            rc = map_frames(d, first, first + n);
            process_pending_softirqs();
        }
        first = next;
    }
    return rc;
}

static int __init map_range(unsigned long first, unsigned long last, void *data)
{
    return map_frames(data, first, last + 1);
}

/* What is not RAM, as far as dom0 may touch it. */
static int __init map_others(struct domain *d, unsigned long first, unsigned long end)
{
    int rc = 0;

    if (first < INTERRUPTS_FIRST && end > first) {
        rc = rangeset_for_each (d->iomem_caps, first, min(end, INTERRUPTS_FIRST) - 1, map_range, d);
    }
    first = max(first, INTERRUPTS_LAST + 1);
    if (!rc && first < end) {
        rc = rangeset_for_each (d->iomem_caps, first, end - 1, map_range, d);
    }
    return rc;
}

/* Frames of which some byte is not RAM, up to 4 GiB, between the map's entries too. */
static int __init map_inclusive(struct domain *d)
{
    unsigned long at = 0;
    int rc = 0;

    for (unsigned int i = 0; !rc && i < memory_map.nr && at < FRAMES_4G; i++) {
        const struct memmap_entry *e = &memory_map.e[i];
        unsigned long first = (e->addr + PAGE_SIZE - 1) >> PAGE_SHIFT;
        unsigned long end = (e->addr + e->size) >> PAGE_SHIFT;

        if (e->type == MEMMAP_RAM || e->type == MEMMAP_UNUSABLE) {
            rc = map_others(d, at, min(first, FRAMES_4G));
            at = max(at, end);
        }
    }
    return rc ? rc : map_others(d, at, FRAMES_4G);
}

static int __init map_reserved(struct domain *d)
{
    int rc = 0;

    for (unsigned int i = 0; !rc && i < memory_map.nr; i++) {
        const struct memmap_entry *e = &memory_map.e[i];

        if (e->type == MEMMAP_RESERVED) {
            rc = map_others(d, e->addr >> PAGE_SHIFT,
                            (e->addr + e->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
        }
    }
    return rc;
}

static int __init map_all_ram(struct domain *d)
{
    int rc = 0;

    for (unsigned int i = 0; !rc && i < memory_map.nr; i++) {
        const struct memmap_entry *e = &memory_map.e[i];

        if (e->type == MEMMAP_RAM) {
            rc = map_ram(d, (e->addr + PAGE_SIZE - 1) >> PAGE_SHIFT,
                         (e->addr + e->size) >> PAGE_SHIFT);
        }
    }
    return rc;
}

/* Those that have no use yet get the one that lets devices write them; the rest have theirs. */
static void __init touch_own(struct domain *d)
{
    struct page_info *pg = page_list_first(&d->page_list);

    for (unsigned long n = 1; pg; pg = page_list_next(pg), n++) {
        if (page_get_writable(page_to_mfn(pg), d)) {
            page_put_writable(pg);
        }
        if (!(n % 1024)) {
            process_pending_softirqs();
        }
    }
}

int __init dom0_map_devices(struct domain *d)
{
    int rc = 0;

    if (!d->iommu) {
        return 0;
    }
    if (iommu_hwdom_reserved()) {
        rc = map_reserved(d);
    }
    if (!rc && iommu_hwdom_inclusive()) {
        rc = map_inclusive(d);
    }
    if (!rc && !iommu_domain_tracked(d)) {
        rc = map_all_ram(d);
    } else if (!rc) {
        touch_own(d);
    }
    return rc;
}
