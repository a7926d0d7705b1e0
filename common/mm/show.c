/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug key 'm': where free memory is. A look at counts, under each node's lock in turn. */
#include <hv/keyhandler.h>
#include <hv/numa.h>
#include "private.h"

static void show_node(unsigned int n)
{
    struct memory_node *node = memory_nodes[n];
    unsigned long cached = 0;

    spin_lock(&node->lock);
    for (unsigned int z = 0; z < NR_ZONES; z++) {
        unsigned long at_hand = heap_cache_pages(n, z);

        cached += at_hand;
        if (node->avail[z] + at_hand) {
            printk("  addresses of %2u bits: %lu KiB\n", z + PAGE_SHIFT,
                   (node->avail[z] + at_hand) << (PAGE_SHIFT - 10));
        }
    }
    printk("  node %u: %lu KiB free, of these %lu KiB at hand on CPUs, %lu KiB to be scrubbed\n", n,
           (node->total + cached) << (PAGE_SHIFT - 10), cached << (PAGE_SHIFT - 10),
           node->dirty << (PAGE_SHIFT - 10));
    spin_unlock(&node->lock);
}

static void show_memory(unsigned char key)
{
    printk("Memory: %lu of %lu KiB free\n", heap_free_pages_total() << (PAGE_SHIFT - 10),
           total_pages << (PAGE_SHIFT - 10));
    for (unsigned int n = 0; n < nr_nodes; n++) {
        show_node(n);
    }
}
KEYHANDLER('m', false, "show free memory", show_memory);
