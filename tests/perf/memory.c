/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op: what is only asked, and a page given back and got again.
 */
#include <guest/hypercall.h>
#include <guest/mm.h>
#include "bench.h"

static void give_and_take(void)
{
    xen_pfn_t frame;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &frame);
    if (hv_memory_op(XENMEM_increase_reservation, &r) != 1) {
        bench_report("decrease-increase", ~0ull);
        return;
    }
    BENCH_MEASURE("decrease-increase", 20, hv_memory_op(XENMEM_decrease_reservation, &r);
                  hv_memory_op(XENMEM_increase_reservation, &r));
    hv_memory_op(XENMEM_decrease_reservation, &r);
}

void bench_memory_ops(void)
{
    domid_t self = DOMID_SELF;

    BENCH_MEASURE("maximum-ram-page", 100, hv_memory_op(XENMEM_maximum_ram_page, NULL));
    BENCH_MEASURE("current-reservation", 100, hv_memory_op(XENMEM_current_reservation, &self));
    give_and_take();
}
