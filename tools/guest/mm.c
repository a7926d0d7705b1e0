/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domain's own memory: extends the loader's initial mapping over every pfn, then hands pages
 * out.
 *
 * One bit a page, set while in use. mm_lock guards the bitmap and is taken with events masked.
 */
#include <string.h>
#include <guest/mm.h>
#include <guest/hypercall.h>
#include <guest/lock.h>
#include <guest/pt.h>
#include <guest/shutdown.h>
#include <guest/start.h>

#define MAX_PAGES (1ul << 18) /* 1 GiB: what the linear mapping is sized for */

unsigned long *mm_p2m;
unsigned long mm_nr_pages;
unsigned long mm_boot_stack; /* where the loader's stack pointer was */

static uint64_t used[MAX_PAGES / 64];
static unsigned long nr_free, next_hint;
static struct spinlock mm_lock;

extern char guest_image_end[];

unsigned long mfn_to_pfn(unsigned long mfn)
{
    return machine_to_phys_mapping[mfn];
}

/* The page after the last bootstrap element (xen.h, "Start-of-day memory layout"). */
static unsigned long first_free_pfn(void)
{
    const struct start_info *si = guest_start_info;
    unsigned long ends[] = {
        (unsigned long)guest_image_end,
        si->mod_start + si->mod_len,
        si->mfn_list + si->nr_pages * sizeof(unsigned long),
        (unsigned long)si + PAGE_SIZE,
        si->pt_base + si->nr_pt_frames * PAGE_SIZE,
        mm_boot_stack,
    };
    unsigned long last = 0;

    for (unsigned int i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (ends[i] >= VIRT_BASE && ends[i] > last) {
            last = ends[i];
        }
    }
    return (last - VIRT_BASE + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* One new level 1 table for the 512 pages from pfn on; *table_pfn is the next page to make a table
 * of. */
static void map_linear_chunk(unsigned long pfn, unsigned long table_pfn)
{
    pte_t *table = pfn_to_virt(table_pfn);
    unsigned long va = (unsigned long)pfn_to_virt(pfn);
    pte_t *upper = pt_walk(va, 2);

    for (unsigned long i = 0; i < 512; i++) {
        table[i] = pfn + i < mm_nr_pages ? pte_make(mm_p2m[pfn + i], PTE_KERN) : 0;
    }
    if (!upper || pt_set_readonly(table) ||
        pt_write_entry(upper, pte_make(mm_p2m[table_pfn], PTE_TABLE))) {
        guest_panic("cannot map pfn %#lx", pfn);
    }
}

/* Tables come from pages that are mapped by then; answers the first page not taken. */
static unsigned long map_linear(unsigned long first_free)
{
    unsigned long pfn = first_free;
    pte_t *entry;

    while (pfn < mm_nr_pages) {
        unsigned long va = (unsigned long)pfn_to_virt(pfn);

        entry = pt_walk(va, 1);
        if (!entry) {
            map_linear_chunk(pfn, first_free++);
        } else if (!(*entry & PTE_P) && pt_write_entry(entry, pte_make(mm_p2m[pfn], PTE_KERN))) {
            guest_panic("cannot map pfn %#lx", pfn);
        }
        pfn++;
    }
    return first_free;
}

void mm_init(void)
{
    unsigned long pfn;

    mm_p2m = (unsigned long *)guest_start_info->mfn_list;
    mm_nr_pages = guest_start_info->nr_pages;
    if (mm_nr_pages > MAX_PAGES) {
        mm_nr_pages = MAX_PAGES;
    }
    pt_root = (pte_t *)guest_start_info->pt_base;
    memset(used, 0xff, sizeof(used));
    for (pfn = map_linear(first_free_pfn()); pfn < mm_nr_pages; pfn++) {
        used[pfn / 64] &= ~(1ul << (pfn % 64));
        nr_free++;
    }
}

static bool pfn_used(unsigned long pfn)
{
    return used[pfn / 64] & (1ul << (pfn % 64));
}

static unsigned long find_run(unsigned long from, unsigned long to, unsigned long nr)
{
    unsigned long run = 0;

    for (unsigned long pfn = from; pfn < to; pfn++) {
        if (used[pfn / 64] == ~0ul) {
            pfn |= 63;
            run = 0;
            continue;
        }
        run = pfn_used(pfn) ? 0 : run + 1;
        if (run == nr) {
            return pfn - nr + 1;
        }
    }
    return 0;
}

void *page_alloc(unsigned long nr)
{
    bool masked = spin_lock_events(&mm_lock);
    unsigned long pfn = 0;

    if (nr && nr <= nr_free) {
        pfn = find_run(next_hint, mm_nr_pages, nr);
        if (!pfn) {
            pfn = find_run(0, mm_nr_pages, nr);
        }
    }
    if (pfn) {
        for (unsigned long i = pfn; i < pfn + nr; i++) {
            used[i / 64] |= 1ul << (i % 64);
        }
        nr_free -= nr;
        next_hint = pfn + nr;
    }
    spin_unlock_events(&mm_lock, masked);
    return pfn ? memset(pfn_to_virt(pfn), 0, nr * PAGE_SIZE) : NULL;
}

void page_free(void *va, unsigned long nr)
{
    unsigned long pfn = virt_to_pfn(va);
    bool masked = spin_lock_events(&mm_lock);

    for (unsigned long i = pfn; i < pfn + nr; i++) {
        if (i >= mm_nr_pages || !pfn_used(i)) {
            guest_panic("page_free of pfn %#lx, which is not in use", i);
        }
        used[i / 64] &= ~(1ul << (i % 64));
    }
    nr_free += nr;
    if (pfn < next_hint) {
        next_hint = pfn;
    }
    spin_unlock_events(&mm_lock, masked);
}

unsigned long page_free_count(void)
{
    return nr_free;
}
