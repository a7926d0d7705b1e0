/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_grant_ref: a page of another domain in the caller's address space, or for its devices. All or
 * nothing: the entry is pinned, then references are taken, then the mapping is written, which
 * cannot fail any more; each failure undoes exactly what came before it (I11).
 *
 * The host mapping holds its references as any page-table entry does; the maptrack record holds
 * those of the device mapping, and one on the granter. Locks: below, one at a time. A record's name
 * is written before its flags, which publish both to who unmaps without a lock.
 */
#include <hv/iommu.h>
#include <hv/mm.h>

#include "private.h"
#include <gen/grant_table_op-dispatch.h>

#define MAP_KINDS (GNTMAP_host_map | GNTMAP_device_map)

/* One mapping's references beyond the first general one. */
static int refs_get(struct page_info *pg, const struct domain *rd, bool second, bool writable)
{
    if (second && !get_page(pg, rd)) {
        return -EBUSY;
    }
    if (writable && arch_grant_type_get(pg)) {
        goto put_second;
    }
    if (writable && second && arch_grant_type_get(pg)) {
        goto put_type;
    }
    return 0;

put_type:
    arch_grant_type_put(pg);
put_second:
    if (second) {
        put_page(pg);
    }
    return -EBUSY;
}

static void refs_put(struct page_info *pg, bool second, bool writable)
{
    for (unsigned int i = 0; i < (writable ? 1U + second : 0U); i++) {
        arch_grant_type_put(pg);
    }
    if (second) {
        put_page(pg);
    }
}

/* pg is pinned, and the general reference that came with it is used up or given back here. */
static int16_t install(struct domain *ld, struct domain *rd, struct page_info *pg,
                       const struct gnttab_map_grant_ref *op)
{
    bool writable = !(op->flags & GNTMAP_readonly);
    bool both = (op->flags & MAP_KINDS) == MAP_KINDS;

    if (unlikely(refs_get(pg, rd, both, writable))) {
        goto put_page;
    }
    if ((op->flags & GNTMAP_device_map) &&
        unlikely(iommu_grant_get(ld, page_to_mfn(pg), writable))) {
        goto put_refs;
    }
    if ((op->flags & GNTMAP_host_map) && unlikely(arch_grant_map(pg, op->host_addr, op->flags))) {
        goto put_iommu;
    }
    return GNTST_okay;

put_iommu:
    if (op->flags & GNTMAP_device_map) {
        iommu_grant_put_now(ld, page_to_mfn(pg), writable);
    }
put_refs:
    refs_put(pg, both, writable);
put_page:
    put_page(pg);
    return GNTST_general_error;
}

static int16_t map_granted(struct domain *ld, struct domain *rd, struct maptrack *mt,
                           struct gnttab_map_grant_ref *op)
{
    uint64_t pins = map_pins(op->flags);
    struct pinned p;
    int16_t st;

    st = gnttab_pin_map(rd, op->ref, ld->domain_id, pins, &p);
    if (unlikely(st != GNTST_okay)) {
        return st;
    }
    op->dev_bus_addr = maddr_x(mfn_to_maddr(page_to_mfn(p.pg)));
    st = install(ld, rd, p.pg, op);
    if (unlikely(st != GNTST_okay)) {
        gnttab_unpin(rd, p.act, p.ref, pins);
        return st;
    }
    maptrack_name(mt, rd, p.ref);
    smp_store_release(&mt->flags, (uint16_t)op->flags);
    return GNTST_okay;
}

static int16_t map_one(struct vcpu *v, struct gnttab_map_grant_ref *op)
{
    struct maptrack *mt;
    struct domain *rd;
    uint32_t handle;
    int16_t st;

    if (unlikely(!(op->flags & MAP_KINDS))) {
        return GNTST_bad_gntref;
    }
    rd = rcu_lock_domain_by_id(op->dom);
    if (unlikely(!rd)) {
        return GNTST_bad_domain;
    }
    if (unlikely(xsm_grant_mapref(rd))) {
        st = GNTST_permission_denied;
        goto unlock;
    }
    st = GNTST_no_space;
    mt = maptrack_alloc(v, &handle);
    if (unlikely(!mt)) {
        goto unlock;
    }
    st = GNTST_bad_domain;
    if (unlikely(!get_domain(rd))) {
        goto free_handle;
    }
    st = map_granted(v->domain, rd, mt, op);
    if (likely(st == GNTST_okay)) {
        op->handle = handle;
        goto unlock;
    }
    put_domain(rd);
free_handle:
    maptrack_free(v, mt, handle);
unlock:
    rcu_unlock_domain(rd);
    return st;
}

long grant_table_op_map_grant_ref(unsigned int count, guest_ptr_t arg)
{
    struct vcpu *v = current;
    struct gnttab_map_grant_ref op;
    long rc = gnttab_array_check(arg, sizeof(op), count);

    for (unsigned int i = 0; !rc && i < count; i++) {
        if (gnttab_preempt(i)) {
            return gnttab_continue(arg, sizeof(op), i, count);
        }
        if (unlikely(copy_from_guest_elem(&op, arg, i))) {
            return -EFAULT;
        }
        op.status = map_one(v, &op);
        if (unlikely(copy_to_guest_elem(arg, i, &op))) {
            rc = -EFAULT;
        }
    }
    return rc;
}
