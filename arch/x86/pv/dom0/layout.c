/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a PV kernel finds what, as the ABI orders it: kernel image, initrd, p2m, start_info, page
 * tables, boot stack, in one mapping from VIRT_BASE that ends at a multiple of 4 MiB with at least
 * 512 KiB to spare. Only computes; start-up, one CPU.
 */
#include <hv/lib.h>

#include "build.h"

#define MAP_ALIGN (4UL << 20)
#define MAP_SPARE (512UL << 10)

static unsigned long __init pages(unsigned long bytes)
{
    return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* Areas of 1 << shift bytes that a range touches. */
static unsigned long __init areas(unsigned long start, unsigned long end, unsigned int shift)
{
    return ((end - 1) >> shift) - (start >> shift) + 1;
}

/* Levels 1 to 3 over a range; the level-4 table is one more. */
static unsigned long __init tables_over(unsigned long start, unsigned long end)
{
    return areas(start, end, 21) + areas(start, end, 30) + areas(start, end, 39);
}

static void __init place_initial_mapping(struct dom0 *b)
{
    unsigned long at = ROUNDUP(b->k.virt_end, PAGE_SIZE), nr = 0;

    b->v_start = b->k.virt_base;
    if (b->initrd && !b->k.mod_start_pfn) {
        b->v_initrd = at;
        at += pages(b->initrd->size) << PAGE_SHIFT;
    }
    if (b->k.init_p2m == ELF_NOT_GIVEN) {
        b->v_p2m = at;
        at += b->p2m_pages << PAGE_SHIFT;
    }
    b->v_info = at;
    at += pages(sizeof(struct start_info) + sizeof(struct dom0_vga_console_info)) << PAGE_SHIFT;
    b->v_tables = at;
    /* The tables are part of what they map. */
    do {
        b->tables.nr = nr;
        b->v_stack = b->v_tables + (nr << PAGE_SHIFT);
        b->v_end = ROUNDUP(b->v_stack + PAGE_SIZE + MAP_SPARE, MAP_ALIGN);
        nr = 1 + tables_over(b->v_start, b->v_end);
    } while (nr > b->tables.nr);
    b->tables.first = (b->v_tables - b->v_start) >> PAGE_SHIFT;
}

int __init dom0_layout(struct dom0 *b)
{
    unsigned long next, need;

    b->p2m_pages = pages(b->nr_pages * sizeof(uint64_t));
    /* Far below any sum that could wrap, and it has to fit into memory anyway. */
    need = ((b->k.virt_end - b->k.virt_base) >> PAGE_SHIFT) + b->p2m_pages +
           (b->initrd ? pages(b->initrd->size) : 0);
    if (need > b->nr_pages) {
        goto too_small;
    }
    place_initial_mapping(b);
    if (b->v_start - HYPERVISOR_START < HYPERVISOR_END - HYPERVISOR_START ||
        b->v_end - 1 - HYPERVISOR_START < HYPERVISOR_END - HYPERVISOR_START) {
        printk(XENLOG_ERR "dom0 kernel: it wants to be mapped where the hypervisor is\n");
        return -EINVAL;
    }

    next = (b->v_end - b->v_start) >> PAGE_SHIFT;
    if (b->k.init_p2m != ELF_NOT_GIVEN) {
        b->p2m_tables.first = next;
        b->p2m_tables.nr = tables_over(b->k.init_p2m, b->k.init_p2m + (b->p2m_pages << PAGE_SHIFT));
        b->p2m_pfn = next + b->p2m_tables.nr;
        next = b->p2m_pfn + b->p2m_pages;
    } else {
        b->p2m_pfn = (b->v_p2m - b->v_start) >> PAGE_SHIFT;
    }
    if (b->initrd) {
        if (b->k.mod_start_pfn) {
            b->initrd_pfn = next;
            next += pages(b->initrd->size);
        } else {
            b->initrd_pfn = (b->v_initrd - b->v_start) >> PAGE_SHIFT;
        }
    }
    need = next;
    if (need <= b->nr_pages) {
        return 0;
    }
too_small:
    printk(XENLOG_ERR "dom0_mem: kernel, initrd and tables need %lu KiB, it has %lu KiB\n",
           need << 2, b->nr_pages << 2);
    return -ENOMEM;
}
