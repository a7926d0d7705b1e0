/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much memory dom0 gets, and taking it. `dom0_mem=` has parts between commas: an amount,
 * min:amount, max:amount. An amount is a size; a negative size, what is left to the rest of the
 * machine; N%, of what is free; or a size and N% with a + between. Without it dom0 gets all but a
 * sixteenth, at most 128 MiB, and may later have any amount.
 *
 * What counts as free is what the heap has and the initrd's own frames, which dom0 takes over; not
 * what the builder needs itself. Start-up, one CPU.
 */
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/softirq.h>
#include <asm/memmap.h>

#include "build.h"

struct amount {
    bool given, negative, whole; /* whole: no percentage was said, a negative size is of it all */
    unsigned int percent;
    uint64_t bytes;
};

static struct dom0_mem {
    struct amount nr, min, max;
} dom0_mem __initdata;

static int __init parse_percent(const char *s, const char **end, struct amount *a)
{
    uint64_t n;

    if (parse_number(s, end, 10, 99, &n) || **end != '%') {
        return -EINVAL;
    }
    (*end)++;
    a->percent = (unsigned int)n;
    a->whole = false;
    return 0;
}

static int __init parse_amount(const char *s, const char **end, struct amount *a)
{
    *a = (struct amount){ .given = true, .whole = true, .negative = *s == '-' };
    if (!parse_percent(s, end, a)) {
        return 0;
    }
    if (parse_size(s + a->negative, end, ~0UL, &a->bytes)) {
        return -EINVAL;
    }
    return **end == '+' ? parse_percent(*end + 1, end, a) : 0;
}

static int __init parse_dom0_mem(const char *s, struct dom0_mem *to)
{
    for (;;) {
        struct amount *a = &to->nr;

        if (!strncmp(s, "min:", 4)) {
            a = &to->min;
            s += 4;
        } else if (!strncmp(s, "max:", 4)) {
            a = &to->max;
            s += 4;
        }
        if (parse_amount(s, &s, a) || (*s && *s != ',')) {
            return -EINVAL;
        }
        if (a != &to->min && a->whole && !a->negative && !a->bytes) {
            return -EINVAL; /* a domain has memory */
        }
        if (!*s++) {
            return 0;
        }
    }
}
custom_param("dom0_mem", parse_dom0_mem, dom0_mem);

static unsigned long __init amount_pages(const struct amount *a, unsigned long avail,
                                         unsigned long otherwise)
{
    unsigned long size = a->bytes >> PAGE_SHIFT, part = avail / 100 * a->percent;

    if (!a->given) {
        return otherwise;
    }
    if (!a->negative) {
        return part + size;
    }
    part = a->whole ? avail : part;
    return size < part ? part - size : 0;
}

/* The initrd's frames can be dom0's as they are: whole ones, of RAM that domains may have. */
static bool __init initrd_is_taken_over(const struct dom0 *b)
{
    const struct boot_module *m = b->initrd;

    return m && IS_ALIGNED(maddr_x(m->start), PAGE_SIZE) && maddr_x(m->start) >= LOW_MEMORY_END &&
           memmap_all_ram(&memory_map, m->start,
                          _maddr(ROUNDUP(maddr_x(m->start) + m->size, PAGE_SIZE)));
}

/*
 * Of so many pages, how many can be dom0's: the list of its frames while it is built, with the
 * tables that map the list, and what the IOMMUs' tables of single pages take.
 */
static unsigned long __init without_builder(const struct dom0 *b, unsigned long pages)
{
    unsigned long parts = PAGE_SIZE / sizeof(uint64_t) - (b->d->iommu ? 2 : 1);
    unsigned long slack = 64;

    pages = pages > slack ? pages - slack : 0;
    pages = pages / (PAGE_SIZE / sizeof(uint64_t)) * parts;
    return pages - pages / (1UL << 17);
}

/* A p2m that is in the initial mapping ends, with all behind it, below the end of all addresses. */
static unsigned long __init most_that_can_be_mapped(const struct dom0 *b)
{
    unsigned long room = -b->k.virt_end, rest = 64UL << 20;

    if (b->k.init_p2m != ELF_NOT_GIVEN) {
        return ~0UL;
    }
    if (b->initrd && !b->k.mod_start_pfn) {
        rest += ROUNDUP(b->initrd->size, PAGE_SIZE);
    }
    /* Page tables take a 512th of all that is mapped. */
    room = room > rest ? room - rest : 0;
    return (room - room / 256) / sizeof(uint64_t);
}

int __init dom0_size(struct dom0 *b)
{
    unsigned long avail, spare, lowest, highest, nr, most;

    b->initrd_pages = initrd_is_taken_over(b) ? (b->initrd->size + PAGE_SIZE - 1) >> PAGE_SHIFT : 0;
    avail = heap_free_pages_total() + b->initrd_pages;
    spare = min_t(unsigned long, avail / 16, (128UL << 20) >> PAGE_SHIFT);
    lowest = amount_pages(&dom0_mem.min, avail, 0);
    highest = amount_pages(&dom0_mem.max, avail, UINT32_MAX);
    nr = amount_pages(&dom0_mem.nr, avail, without_builder(b, avail - spare));

    nr = min(max(nr, lowest), highest);
    most = min(without_builder(b, avail - spare / 2), most_that_can_be_mapped(b));
    if (nr > most) {
        printk(XENLOG_WARNING "dom0_mem: %lu MiB asked for, %lu MiB free, %lu MiB for dom0\n",
               nr >> 8, avail >> 8, most >> 8);
        nr = most;
    }
    b->nr_pages = nr;
    b->d->max_pages = max(highest, nr);
    return 0;
}

static void __init note_frames(struct dom0 *b, unsigned long pfn, mfn_t mfn, unsigned long nr)
{
    for (unsigned long i = 0; i < nr; i++) {
        b->mfns[pfn + i] = mfn_x(mfn) + i;
        set_gpfn_from_mfn(mfn_add(mfn, i), pfn + i);
    }
}

/* dom0 is given what it would have a copy of. */
static int __init take_over_initrd(struct dom0 *b)
{
    struct boot_module *m = &boot_info.modules[1];
    mfn_t first = maddr_to_mfn(m->start);

    for (unsigned long i = 0; i < b->initrd_pages; i++) {
        int rc = assign_pages(mfn_to_page(mfn_add(first, i)), 0, b->d, 0);

        if (rc) {
            return rc;
        }
    }
    memset((char *)maddr_to_virt(m->start) + m->size, 0, (b->initrd_pages << PAGE_SHIFT) - m->size);
    note_frames(b, b->initrd_pfn, first, b->initrd_pages);
    return 0;
}

/*
 * Pages [pfn, end), in blocks as large as they come. Not scrubbed: at start-up memory holds no
 * guest's secrets, and dom0 could read all of it anyway.
 */
static int __init take_range(struct dom0 *b, unsigned long pfn, unsigned long end)
{
    unsigned int order = MAX_ORDER;

    while (pfn < end) {
        struct page_info *pg;

        while (1UL << order > end - pfn) {
            order--;
        }
        pg = alloc_domheap_pages(b->d, order, MEMF_no_scrub);
        if (!pg) {
            if (!order--) {
                printk(XENLOG_ERR "dom0_mem: out of memory after %lu MiB\n", pfn >> 8);
                return -ENOMEM;
            }
            continue;
        }
        note_frames(b, pfn, page_to_mfn(pg), 1UL << order);
        pfn += 1UL << order;
        process_pending_softirqs();
    }
    return 0;
}

int __init dom0_take_memory(struct dom0 *b)
{
    unsigned long first = b->initrd_pages ? b->initrd_pfn : b->nr_pages;
    int rc = take_range(b, 0, first);

    if (!rc && b->initrd_pages) {
        rc = take_over_initrd(b);
    }
    return rc ? rc : take_range(b, first + b->initrd_pages, b->nr_pages);
}
