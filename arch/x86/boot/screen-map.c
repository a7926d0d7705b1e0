/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame buffer's mapping, made before there is memory to make tables of: a window of 1 GiB that
 * the image's level-3 table leaves free, in pages of 2 MiB, and of 4 KiB at both ends, so that
 * nothing beside the frame buffer is mapped. It may lie above 4 GiB and beyond the direct map.
 *
 * Start-up, one CPU.
 */
#include <hv/lib.h>
#include <asm/boot.h>
#include <asm/layout.h>
#include <asm/msr.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <asm/screen-map.h>

#define SIZE_2M (1UL << 21)

static pte_t screen_l2[PT_ENTRIES] __section(".bss.page_aligned") __aligned(PAGE_SIZE);
/* The two ends, when they are no whole pages of 2 MiB. */
static pte_t screen_l1[2][PT_ENTRIES] __section(".bss.page_aligned") __aligned(PAGE_SIZE);

static bool __init fits(uint64_t start, uint64_t end)
{
    unsigned int bits = cpuid(0x80000008, 0).eax & 0xff;

    return start < end && !((end - 1) >> bits) && end - ROUNDDOWN(start, SIZE_2M) <= SCREEN_SIZE;
}

static void __init map_small(pte_t *l1, pte_t *above, uint64_t ma)
{
    *above = pte_make(maddr_to_mfn(image_to_maddr(l1)), MAP_TABLE);
    l1[PT_INDEX(ma, 1)] = pte_make(maddr_to_mfn(_maddr(ma)), MAP_WC);
}

void *__init screen_map(maddr_t ma, uint64_t size)
{
    uint64_t start = ROUNDDOWN(maddr_x(ma), PAGE_SIZE), end = maddr_x(ma) + size;
    uint64_t base = ROUNDDOWN(start, SIZE_2M), at = start;

    if (end < start || end > ~0UL - SIZE_2M || !fits(start, ROUNDUP(end, PAGE_SIZE))) {
        return NULL;
    }
    end = ROUNDUP(end, PAGE_SIZE);
    /* No mapping so far uses an entry of the PAT that this changes. */
    wrmsr(MSR_PAT, HOST_PAT);
    while (at < end) {
        pte_t *e = &screen_l2[(at - base) / SIZE_2M];

        if (IS_ALIGNED(at, SIZE_2M) && end - at >= SIZE_2M) {
            *e = pte_make(maddr_to_mfn(_maddr(at)), MAP_WC_2M);
            at += SIZE_2M;
        } else {
            map_small(screen_l1[e != screen_l2], e, at);
            at += PAGE_SIZE;
        }
    }
    image_l3[PT_INDEX(SCREEN_START, 3)] = pte_make(maddr_to_mfn(image_to_maddr(screen_l2)),
                                                   MAP_TABLE);
    return (void *)(SCREEN_START + (maddr_x(ma) - base));
}
