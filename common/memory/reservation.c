/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * increase_reservation, decrease_reservation, populate_physmap: a domain's memory grows and shrinks
 * by extents. The answer is how many extents were done, whatever stopped it; preempted, the call is
 * made again with that number in the command's upper bits, which only ever makes a guest skip its
 * own extents.
 *
 * `memop-max-order=domU,control,hardware,device` bounds what an extent may be. Locks: those of
 * common/mm. Called by memory_op's dispatch.
 */
#include <hv/arch/memory.h>
#include <hv/hypercall.h>
#include <hv/param.h>
#include <hv/xsm.h>
#include <gen/memory_op-dispatch.h>

#include "reservation.h"

enum { ORDER_DOMU, ORDER_CONTROL, ORDER_HARDWARE, ORDER_DEVICE, NR_ORDERS };
static unsigned int max_orders[NR_ORDERS] __read_mostly = { 9, 18, 12, 12 };

static int __init parse_max_order(const char *s, __typeof__(max_orders) *to)
{
    for (unsigned int i = 0; i < NR_ORDERS; i++) {
        if (*s && *s != ',') {
            const char *end;
            uint64_t n;

            if (parse_number(s, &end, 0, MAX_ORDER, &n)) {
                return -EINVAL;
            }
            (*to)[i] = (unsigned int)n;
            s = end;
        }
        if (!*s) {
            return 0;
        }
        if (*s++ != ',') {
            return -EINVAL;
        }
    }
    return -EINVAL;
}
custom_param("memop-max-order", parse_max_order, max_orders);

unsigned int memory_max_order(const struct domain *d)
{
    unsigned int order = max_orders[ORDER_DOMU];

    if (arch_has_devices(d)) {
        order = max(order, max_orders[ORDER_DEVICE]);
    }
    if (is_control_domain(d)) {
        order = max(order, max_orders[ORDER_CONTROL]);
    }
    if (is_hardware_domain(d)) {
        order = max(order, max_orders[ORDER_HARDWARE]);
    }
    return min_t(unsigned int, order, MAX_ORDER);
}

int memory_flags(unsigned int mem_flags, unsigned int *memflags)
{
    unsigned int bits = XENMEMF_get_address_bits(mem_flags), node = XENMEMF_get_node(mem_flags);

    *memflags = 0;
    /* A width that all of RAM satisfies is none. */
    if (bits && bits < get_order(max_page) + PAGE_SHIFT) {
        if (bits <= PAGE_SHIFT) {
            return -EINVAL;
        }
        *memflags |= MEMF_bits(bits);
    }
    /* A guest's own numbering exists only with virtual NUMA, which no domain has. */
    if (!(mem_flags & XENMEMF_vnode) && node < MAX_NUMNODES) {
        *memflags |= MEMF_node(node);
        if (mem_flags & XENMEMF_exact_node_request) {
            *memflags |= MEMF_exact_node;
        }
    }
    return 0;
}

/* False: nothing is to be done, and the answer is the start extent. */
static bool reservation_begin(struct reservation *r, unsigned long cmd, guest_ptr_t arg)
{
    struct xen_memory_reservation x;

    *r = (struct reservation){ .cmd = cmd & MEMOP_CMD_MASK, .done = cmd >> MEMOP_EXTENT_SHIFT };
    if (copy_from_guest(&x, arg, sizeof(x)) || x.nr_extents > MEMOP_MAX_EXTENTS ||
        r->done >= x.nr_extents || memory_flags(x.mem_flags, &r->memflags)) {
        return false;
    }
    r->list = guest_handle(x.extent_start);
    r->nr = x.nr_extents;
    r->order = x.extent_order;
    if (r->order && r->order > memory_max_order(current->domain)) {
        return false;
    }
    if (!guest_ptr_is_null(r->list) && !guest_access_ok(r->list, r->nr * sizeof(xen_pfn_t))) {
        return false;
    }
    r->d = rcu_lock_domain_by_any_id(x.domid);
    if (!r->d) {
        return false;
    }
    return !xsm_memory_adjust_reservation(r->d);
}

/* Does each extent from r->done on until one fails. */
static long reservation_run(struct reservation *r, bool (*extent)(struct reservation *r))
{
    unsigned long first = r->done;

    for (; r->done < r->nr; r->done++) {
        if (r->done != first && hypercall_preempt_check()) {
            hypercall_set_arg(0, r->cmd | r->done << MEMOP_EXTENT_SHIFT);
            return -ERESTART;
        }
        if (!extent(r)) {
            break;
        }
    }
    return (long)r->done;
}

static bool tell_frame(const struct reservation *r, const struct page_info *pg)
{
    xen_pfn_t frame = mfn_x(page_to_mfn(pg));

    return !copy_to_guest_elem(r->list, r->done, &frame);
}

static bool increase_extent(struct reservation *r)
{
    struct page_info *pg = alloc_domheap_pages(r->d, r->order, r->memflags);

    if (!pg) {
        return false;
    }
    return guest_ptr_is_null(r->list) || tell_frame(r, pg);
}

long memory_op_increase_reservation(unsigned long cmd, guest_ptr_t arg)
{
    struct reservation r;

    return reservation_begin(&r, cmd, arg) ? reservation_run(&r, increase_extent) : (long)r.done;
}

static bool populate_extent(struct reservation *r)
{
    struct page_info *pg;
    xen_pfn_t gfn;

    if (copy_from_guest_elem(&gfn, r->list, r->done)) {
        return false;
    }
    pg = alloc_domheap_pages(r->d, r->order, r->memflags | MEMF_no_owner);
    if (!pg) {
        return false;
    }
    /* Once they are the domain's, another vCPU may give them away again (I9). */
    arch_gfn_assign(r->d, _gfn(gfn), page_to_mfn(pg), r->order);
    if (assign_pages(pg, r->order, r->d, 0)) {
        free_domheap_pages(pg, r->order);
        return false;
    }
    return tell_frame(r, pg);
}

long memory_op_populate_physmap(unsigned long cmd, guest_ptr_t arg)
{
    struct reservation r;

    return reservation_begin(&r, cmd, arg) ? reservation_run(&r, populate_extent) : (long)r.done;
}

static bool give_back_frame(struct domain *d, gfn_t gfn)
{
    struct page_info *pg = arch_get_gfn(d, gfn);

    if (!pg) {
        return false;
    }
    /* It goes to the heap when nothing maps it any more. */
    put_page_alloc_ref(pg);
    put_page(pg);
    return true;
}

static bool decrease_extent(struct reservation *r)
{
    xen_pfn_t gfn;

    if (copy_from_guest_elem(&gfn, r->list, r->done)) {
        return false;
    }
    for (unsigned long i = 0; i < 1UL << r->order; i++) {
        if (!give_back_frame(r->d, _gfn(gfn + i))) {
            return false;
        }
    }
    return true;
}

long memory_op_decrease_reservation(unsigned long cmd, guest_ptr_t arg)
{
    struct reservation r;

    return reservation_begin(&r, cmd, arg) ? reservation_run(&r, decrease_extent) : (long)r.done;
}
