/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Where a PV domain's first pages are: kernel, initrd, p2m, start_info, xenstore and console
 * page, page tables, stack, in this order, all mapped at the kernel's base.
 *
 * Invariant: the mapped range covers every part, ends at a multiple of 4 MiB, leaves at least 512
 * KiB behind the stack, and the tables counted are exactly those that map it.
 */
#include "dom.h"

#define PTE_PRESENT  0x001ULL
#define PTE_WRITE    0x002ULL
#define PTE_USER     0x004ULL
#define PTE_ACCESSED 0x020ULL
#define PTE_DIRTY    0x040ULL

#define PTE_PAGE     (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)
#define PTE_READONLY (PTE_PRESENT | PTE_USER | PTE_ACCESSED)

#define PADDING_PAGES (512UL * 1024 / XC_PAGE_SIZE)
#define REGION_PAGES  (4UL * 1024 * 1024 / XC_PAGE_SIZE)

static unsigned long pages_of(unsigned long bytes)
{
    return (bytes + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;
}

/* The base of what a table of a level (1 to 4) maps, as a number of such tables. */
static unsigned long table_number(unsigned long va, unsigned int level)
{
    return level == 4 ? 0 : va >> (XC_PAGE_SHIFT + 9 * level);
}

/* Tables of each level that map [base, base + pages). */
static unsigned long count_tables(struct xc_layout *l, unsigned long base, unsigned long pages)
{
    unsigned long last = base + (pages << XC_PAGE_SHIFT) - 1, total = 0;

    for (unsigned int level = 1; level <= 4; level++) {
        l->pt_level[level - 1] = table_number(last, level) - table_number(base, level) + 1;
        total += l->pt_level[level - 1];
    }
    return total;
}

int xc_layout_make(struct xc_layout *l, const struct xc_kernel *k, size_t initrd_size,
                   unsigned long nr_pages)
{
    unsigned long next = pages_of(k->end - k->virt_base), tables = 0;

    *l = (struct xc_layout){ .nr_pages = nr_pages };
    l->initrd_pfn = next;
    l->initrd_pages = pages_of(initrd_size);
    next += l->initrd_pages;
    l->p2m_pfn = next;
    l->p2m_pages = pages_of(nr_pages * sizeof(xen_pfn_t));
    next += l->p2m_pages;
    l->start_info_pfn = next++;
    l->store_pfn = next++;
    l->console_pfn = next++;
    l->pt_pfn = next;
    /* More mapped pages need more tables, which are mapped as well: settles within a few rounds. */
    do {
        l->pt_pages = tables;
        l->mapped_pages = l->pt_pfn + l->pt_pages + 1 + PADDING_PAGES;
        l->mapped_pages = (l->mapped_pages + REGION_PAGES - 1) / REGION_PAGES * REGION_PAGES;
        tables = count_tables(l, k->virt_base, l->mapped_pages);
    } while (tables != l->pt_pages);
    l->stack_pfn = l->pt_pfn + l->pt_pages;
    return l->stack_pfn < nr_pages ? 0 : -ENOMEM;
}

/* The level (1 to 4) of the layout's table `index`, and which of its level it is. */
static unsigned int level_of(const struct xc_layout *l, unsigned long index, unsigned long *nth)
{
    unsigned int level = 4;

    while (level > 1 && index >= l->pt_level[level - 1]) {
        index -= l->pt_level[level - 1];
        level--;
    }
    *nth = index;
    return level;
}

/* The pfn of the layout's nth table of a level. */
static unsigned long table_pfn(const struct xc_layout *l, unsigned int level, unsigned long nth)
{
    unsigned long pfn = l->pt_pfn + nth;

    for (unsigned int above = 4; above > level; above--) {
        pfn += l->pt_level[above - 1];
    }
    return pfn;
}

static uint64_t page_entry(const struct xc_layout *l, const xen_pfn_t *p2m, unsigned long pfn)
{
    bool is_table = pfn - l->pt_pfn < l->pt_pages;

    if (pfn >= l->mapped_pages || pfn >= l->nr_pages) {
        return 0;
    }
    return (uint64_t)p2m[pfn] << XC_PAGE_SHIFT | (is_table ? PTE_READONLY : PTE_PAGE);
}

void xc_layout_table(const struct xc_layout *l, unsigned long virt_base, unsigned long index,
                     const xen_pfn_t *p2m, uint64_t entries[512])
{
    unsigned long nth;
    unsigned int level = level_of(l, index, &nth);
    unsigned int shift = XC_PAGE_SHIFT + 9 * (level - 1);
    /* What the table's entry 0 maps, in units of what an entry maps. */
    unsigned long first = level == 4 ? 0 : (table_number(virt_base, level) + nth) << 9;
    unsigned long base = level == 4 ? (virt_base >> shift) & 511 : virt_base >> shift;

    for (unsigned int i = 0; i < 512; i++) {
        unsigned long at = first + i - base; /* entries before the base wrap to huge numbers */

        if (level == 1) {
            entries[i] = page_entry(l, p2m, at);
        } else if (at < l->pt_level[level - 2]) {
            entries[i] = (uint64_t)p2m[table_pfn(l, level - 1, at)] << XC_PAGE_SHIFT | PTE_PAGE;
        } else {
            entries[i] = 0;
        }
    }
}
