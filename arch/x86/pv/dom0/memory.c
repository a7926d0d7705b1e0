/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much memory dom0 gets, and taking it. `dom0_mem=` has up to three parts between commas: an
 * amount, min:amount, max:amount; a negative amount is what is left to the rest of the machine.
 * Without it dom0 gets all but a sixteenth, at most 128 MiB, and may later have any amount.
 * Start-up, one CPU.
 */
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/softirq.h>

#include "build.h"

struct amount {
    bool given, negative;
    uint64_t bytes;
};

static struct amount dom0_nr __initdata, dom0_min __initdata, dom0_max __initdata;

static int __init parse_amount(const char *s, const char **end, struct amount *a)
{
    a->negative = *s == '-';
    s += a->negative;
    a->bytes = parse_size(s, end);
    a->given = true;
    return *end == s ? -EINVAL : 0;
}

static int __init parse_dom0_mem(const char *s)
{
    for (;;) {
        struct amount *a = &dom0_nr;

        if (!strncmp(s, "min:", 4)) {
            a = &dom0_min;
            s += 4;
        } else if (!strncmp(s, "max:", 4)) {
            a = &dom0_max;
            s += 4;
        }
        if (parse_amount(s, &s, a) || (*s && *s != ',')) {
            return -EINVAL;
        }
        if (!*s++) {
            return 0;
        }
    }
}
custom_param("dom0_mem", parse_dom0_mem);

static unsigned long __init amount_pages(const struct amount *a, unsigned long avail,
                                         unsigned long otherwise)
{
    unsigned long pages = a->bytes >> PAGE_SHIFT;

    if (!a->given) {
        return otherwise;
    }
    return !a->negative ? pages : pages < avail ? avail - pages : 0;
}

int __init dom0_size(struct dom0 *b)
{
    unsigned long avail = heap_free_pages_total();
    unsigned long spare = min_t(unsigned long, avail / 16, (128UL << 20) >> PAGE_SHIFT);
    unsigned long lowest = amount_pages(&dom0_min, avail, 0);
    unsigned long highest = amount_pages(&dom0_max, avail, UINT32_MAX);
    unsigned long nr = amount_pages(&dom0_nr, avail, avail - spare);

    nr = min(max(nr, lowest), highest);
    if (nr > avail - spare / 2) {
        printk(XENLOG_WARNING "dom0_mem: %lu MiB asked for, %lu MiB free\n", nr >> 8, avail >> 8);
        nr = avail - spare / 2;
    }
    b->nr_pages = nr;
    b->d->max_pages = max(highest, nr);
    return 0;
}

/*
 * In blocks as large as they come. Not scrubbed: at start-up memory holds no guest's secrets, and
 * dom0 could read all of it anyway.
 */
int __init dom0_take_memory(struct dom0 *b)
{
    unsigned int order = MAX_ORDER;
    unsigned long pfn = 0;

    while (pfn < b->nr_pages) {
        unsigned long left = b->nr_pages - pfn;
        struct page_info *pg;
        mfn_t mfn;

        while (1UL << order > left) {
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
        mfn = page_to_mfn(pg);
        for (unsigned long i = 0; i < 1UL << order; i++) {
            b->mfns[pfn + i] = mfn_x(mfn) + i;
            set_gpfn_from_mfn(mfn_add(mfn, i), pfn + i);
        }
        pfn += 1UL << order;
        process_pending_softirqs();
    }
    return 0;
}
