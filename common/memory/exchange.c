/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exchange: a domain gives frames back and gets as many others, contiguous or low ones perhaps.
 * Done in chunks that are whole on both sides: a chunk's input is taken out of the domain's hands,
 * its output allocated, and only when both are there are the outputs assigned and the inputs freed.
 * The number of frames charged to the domain does not change.
 *
 * Every guest address is an element of one of the two lists, checked whole before anything happens
 * (I2). Progress is in the argument's nr_exchanged, and checked again on each entry.
 */
#include <hv/arch/memory.h>
#include <hv/arch/mm.h>
#include <hv/hypercall.h>
#include <hv/xsm.h>
#include <hv/page-list.h>
#include <gen/memory_op-dispatch.h>

#include "reservation.h"

struct exchange {
    struct domain *d;
    struct xen_memory_exchange x;
    guest_ptr_t arg, in, out;
    unsigned int in_chunk, out_chunk; /* orders: extents a chunk */
    unsigned int memflags;
    struct page_list taken, fresh; /* of the present chunk; nobody else sees them */
};

static int exchange_check(const struct xen_memory_exchange *x)
{
    if (memory_max_order(current->domain) < max(x->in.extent_order, x->out.extent_order)) {
        return -EPERM;
    }
    if (x->in.domid != x->out.domid || x->nr_exchanged > x->in.nr_extents ||
        (~0UL >> x->in.extent_order) < x->in.nr_extents ||
        (~0UL >> x->out.extent_order) < x->out.nr_extents ||
        x->in.nr_extents << x->in.extent_order != x->out.nr_extents << x->out.extent_order) {
        return -EINVAL;
    }
    if (x->in.nr_extents > ~0UL / sizeof(xen_pfn_t) ||
        x->out.nr_extents > ~0UL / sizeof(xen_pfn_t) ||
        !guest_access_ok(guest_handle(x->in.extent_start), x->in.nr_extents * sizeof(xen_pfn_t)) ||
        !guest_access_ok(guest_handle(x->out.extent_start),
                         x->out.nr_extents * sizeof(xen_pfn_t))) {
        return -EFAULT;
    }
    return 0;
}

static int exchange_begin(struct exchange *e, guest_ptr_t arg)
{
    int rc;

    e->arg = arg;
    if (copy_from_guest(&e->x, arg, sizeof(e->x))) {
        return -EFAULT;
    }
    rc = exchange_check(&e->x);
    if (rc) {
        return rc;
    }
    e->in = guest_handle(e->x.in.extent_start);
    e->out = guest_handle(e->x.out.extent_start);
    e->in_chunk = e->out_chunk = 0;
    if (e->x.in.extent_order <= e->x.out.extent_order) {
        e->in_chunk = e->x.out.extent_order - e->x.in.extent_order;
    } else {
        e->out_chunk = e->x.in.extent_order - e->x.out.extent_order;
    }
    e->d = rcu_lock_domain_by_any_id(e->x.in.domid);
    if (!e->d) {
        return -ESRCH;
    }
    rc = xsm_memory_exchange(e->d);
    return rc ? rc : memory_flags(e->x.out.mem_flags, &e->memflags);
}

static int take_frame(struct exchange *e, gfn_t gfn)
{
    struct page_info *pg = arch_get_gfn(e->d, gfn);

    if (!pg) {
        return -EINVAL;
    }
    if (arch_steal_page(e->d, pg)) {
        put_page(pg);
        return -EINVAL;
    }
    page_list_add_tail(pg, &e->taken);
    return 0;
}

static int take_chunk(struct exchange *e, unsigned long chunk)
{
    for (unsigned long j = 0; j < 1UL << e->in_chunk; j++) {
        xen_pfn_t gfn;

        if (copy_from_guest_elem(&gfn, e->in, (chunk << e->in_chunk) + j)) {
            return -EFAULT;
        }
        for (unsigned long k = 0; k < 1UL << e->x.in.extent_order; k++) {
            int rc = take_frame(e, _gfn(gfn + k));

            if (rc) {
                return rc;
            }
        }
    }
    return 0;
}

static int allocate_chunk(struct exchange *e)
{
    for (unsigned long j = 0; j < 1UL << e->out_chunk; j++) {
        struct page_info *pg = alloc_domheap_pages(e->d, e->x.out.extent_order,
                                                   MEMF_no_owner | e->memflags);

        if (!pg) {
            return -ENOMEM;
        }
        page_list_add_tail(pg, &e->fresh);
    }
    return 0;
}

/* The frames that were taken are still charged: `pages` of them come off before others go on. */
static void uncharge(struct domain *d, unsigned long nr)
{
    bool last;

    spin_lock(&d->page_lock);
    d->tot_pages -= nr;
    last = d->tot_pages == 0;
    spin_unlock(&d->page_lock);
    if (last) {
        put_domain(d);
    }
}

/* Assigns blocks to the domain again or for the first time; a dying one gets nothing. */
static int assign_block(struct exchange *e, struct page_info *pg, unsigned int order)
{
    uncharge(e->d, 1UL << order);
    if (assign_pages(pg, order, e->d, 0)) {
        free_domheap_pages(pg, order);
        return -ESRCH;
    }
    return 0;
}

static int finish_chunk(struct exchange *e, unsigned long chunk)
{
    struct page_info *pg;
    int rc = 0;

    while ((pg = page_list_pop(&e->taken))) {
        free_domheap_page(pg);
    }
    for (unsigned long j = chunk << e->out_chunk; (pg = page_list_pop(&e->fresh)); j++) {
        xen_pfn_t gfn, frame = mfn_x(page_to_mfn(pg));
        bool named = !copy_from_guest_elem(&gfn, e->out, j);

        /* Once they are the domain's, another vCPU may give them away again (I9). */
        if (named) {
            arch_gfn_assign(e->d, _gfn(gfn), page_to_mfn(pg), e->x.out.extent_order);
        }
        if (assign_block(e, pg, e->x.out.extent_order)) {
            rc = -ESRCH;
        } else if (!named || copy_to_guest_elem(e->out, j, &frame)) {
            rc = -EFAULT;
        }
    }
    return rc;
}

static void undo_chunk(struct exchange *e)
{
    struct page_info *pg;

    while ((pg = page_list_pop(&e->fresh))) {
        free_domheap_pages(pg, e->x.out.extent_order);
    }
    while ((pg = page_list_pop(&e->taken))) {
        (void)!assign_block(e, pg, 0);
    }
}

static long store_progress(struct exchange *e, unsigned long chunks, long rc)
{
    e->x.nr_exchanged = chunks << e->in_chunk;
    if (copy_to_guest(guest_ptr_add(e->arg, offsetof(struct xen_memory_exchange, nr_exchanged)),
                      &e->x.nr_exchanged, sizeof(e->x.nr_exchanged))) {
        return -EFAULT;
    }
    return rc;
}

long memory_op_exchange(unsigned long cmd, guest_ptr_t arg)
{
    struct exchange e;
    unsigned long first, chunk, chunks;
    long rc = exchange_begin(&e, arg);

    if (rc) {
        return rc;
    }
    first = chunk = e.x.nr_exchanged >> e.in_chunk;
    chunks = e.x.in.nr_extents >> e.in_chunk;
    for (; chunk < chunks; chunk++) {
        if (chunk != first && hypercall_preempt_check()) {
            return store_progress(&e, chunk, -ERESTART);
        }
        page_list_init(&e.taken);
        page_list_init(&e.fresh);
        rc = take_chunk(&e, chunk);
        /* Nobody writes to them through an old translation, whatever becomes of them (I12). */
        arch_tlb_flush_since(arch_tlb_stamp());
        if (!rc) {
            rc = allocate_chunk(&e);
        }
        if (rc) {
            undo_chunk(&e);
            break;
        }
        rc = finish_chunk(&e, chunk);
        if (rc) {
            chunk++;
            break;
        }
    }
    return store_progress(&e, chunk, rc);
}
