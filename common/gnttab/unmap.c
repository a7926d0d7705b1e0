/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unmap_grant_ref, unmap_and_replace: in batches, so that one TLB flush serves many. The mapping is
 * taken away under the lock of the granter's entry, which also guards the maptrack record: of two
 * vCPUs that unmap the same handle one finds it gone. After the flush references and pins go, and
 * only then does the granter see that its page is its own again (I12).
 *
 * Locks: a granter's entry's, one at a time. Read without one: a record's flags and name
 * (private.h).
 */
#include <hv/interleave.h>
#include <hv/iommu.h>
#include <hv/mm.h>

#include "private.h"
#include <gen/grant_table_op-dispatch.h>

#define UNMAP_BATCH 32

struct unmap_request {
    uint64_t host_addr, new_addr, dev_bus_addr;
    uint32_t handle;
};

/* A mapping that is gone but for its references and pins. */
struct unmapped {
    struct page_info *pg;
    struct domain *granter;
    struct active_entry *act;
    struct maptrack *mt;
    grant_ref_t ref;
    uint32_t handle;
    uint16_t done; /* GNTMAP_*, with readonly as it was */
    bool last;
};

static int16_t unmap_locked(struct domain *ld, const struct unmap_request *req, struct maptrack *mt,
                            struct page_info *pg, struct unmapped *u)
{
    uint16_t flags = READ_ONCE(mt->flags), done = 0;

    if (unlikely(!flags)) {
        return GNTST_bad_handle;
    }
    if ((flags & GNTMAP_device_map) && req->dev_bus_addr) {
        if (req->dev_bus_addr != maddr_x(mfn_to_maddr(page_to_mfn(pg)))) {
            return GNTST_bad_dev_addr;
        }
        done |= GNTMAP_device_map;
    }
    if ((flags & GNTMAP_host_map) && req->host_addr) {
        if (unlikely(arch_grant_unmap(pg, req->host_addr, req->new_addr, flags))) {
            return GNTST_general_error;
        }
        done |= GNTMAP_host_map;
    }
    u->last = !(flags & ~done & (GNTMAP_host_map | GNTMAP_device_map));
    u->done = done | (flags & GNTMAP_readonly);
    WRITE_ONCE(mt->flags, u->last ? 0 : flags & (uint16_t)~done);
    return GNTST_okay;
}

/*
 * Does the record still say `name`, whose entry's lock is held, and is it mapped? What is mapped by
 * that name is unmapped under this lock only. But the record may have been another's all along, and
 * may become another's meanwhile, without this lock; so flags are read first: not 0 and then still
 * the name means that the mapping by that name is there, or is about to be made. unmap_locked()
 * reads them again: not 0 means that it is there.
 */
static always_inline bool still_names(const struct maptrack *mt, uint64_t name)
{
    bool mapped = smp_load_acquire(&mt->flags);

    interleave("gnttab.unmap.checked");
    return likely(mapped) && likely(maptrack_read_name(mt) == name);
}

/* GNTST_*; u->done says what there is to complete. */
static int16_t unmap_one(struct domain *ld, const struct unmap_request *req,
                         struct unmapped *u) __no_lock_analysis
{
    struct maptrack *mt = maptrack_lookup(ld->gnttab, req->handle);
    struct active_entry *act;
    uint64_t name;
    int16_t st;

    u->done = 0;
    if (unlikely(!mt) || unlikely(!smp_load_acquire(&mt->flags))) {
        return GNTST_bad_handle;
    }
    interleave("gnttab.unmap.mapped");
    /* Freed meanwhile, the granter's structure still is there until this hypercall's end (RCU). */
    name = maptrack_read_name(mt);
    u->ref = maptrack_ref(name);
    u->granter = maptrack_granter(name);
    u->handle = req->handle;
    if (xsm_grant_unmapref(u->granter)) {
        return GNTST_permission_denied;
    }
    u->act = act = gnttab_active(u->granter->gnttab, u->ref);
    u->mt = mt;
    spin_lock(&act->lock);
    if (unlikely(!still_names(mt, name))) {
        st = GNTST_bad_handle;
    } else {
        u->pg = mfn_to_page(_mfn(act->mfn));
        st = unmap_locked(ld, req, mt, u->pg, u);
    }
    spin_unlock(&act->lock);
    return st;
}

static void put_refs(struct page_info *pg, bool writable)
{
    if (writable) {
        arch_grant_type_put(pg);
    }
    grant_frame_put(pg);
}

/* Nothing can reach what these mapped any more. */
static void complete(struct vcpu *v, const struct unmapped *u, unsigned int nr)
{
    for (; nr--; u++) {
        bool writable = !(u->done & GNTMAP_readonly);

        if (u->done & GNTMAP_host_map) {
            put_refs(u->pg, writable);
        }
        if (u->done & GNTMAP_device_map) {
            put_refs(u->pg, writable);
        }
        gnttab_unpin(u->granter, u->act, u->ref, map_pins(u->done));
        interleave("gnttab.unmap.unpinned");
        if (u->last) {
            struct domain *granter = u->granter;

            maptrack_free(v, u->mt, u->handle);
            put_domain(granter);
        }
    }
}

/* Of those that are mapped for devices, one flush for all. */
static noinline void unmap_devices(struct domain *ld, const struct unmapped *u, unsigned int nr)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;

    for (; nr--; u++) {
        if (u->done & GNTMAP_device_map) {
            iommu_grant_put(ld, page_to_mfn(u->pg), !(u->done & GNTMAP_readonly), &flush);
        }
    }
    iommu_domain_flush(ld, &flush);
}

static void flush_and_complete(struct vcpu *v, const struct unmapped *u, unsigned int nr)
{
    struct domain *ld = v->domain;
    uint16_t kinds = 0;

    for (unsigned int i = 0; i < nr; i++) {
        kinds |= u[i].done;
    }
    if (likely(kinds & GNTMAP_host_map)) {
        arch_grant_flush(ld);
    }
    if (unlikely(kinds & GNTMAP_device_map)) {
        unmap_devices(ld, u, nr);
    }
    complete(v, u, nr);
}

/* The two elements differ in the meaning of their second word only. */
_Static_assert(sizeof(struct gnttab_unmap_and_replace) == sizeof(struct gnttab_unmap_grant_ref) &&
                   offsetof(struct gnttab_unmap_and_replace, new_addr) ==
                       offsetof(struct gnttab_unmap_grant_ref, dev_bus_addr) &&
                   offsetof(struct gnttab_unmap_and_replace, handle) ==
                       offsetof(struct gnttab_unmap_grant_ref, handle) &&
                   offsetof(struct gnttab_unmap_and_replace, status) ==
                       offsetof(struct gnttab_unmap_grant_ref, status),
               "read as one");

/* 0 or -EFAULT. */
static always_inline int unmap_element(struct vcpu *v, guest_ptr_t at, bool replace,
                                       struct unmapped *u)
{
    struct gnttab_unmap_grant_ref op;
    struct unmap_request req;

    u->done = 0;
    if (unlikely(copy_from_guest(&op, at, sizeof(op)))) {
        return -EFAULT;
    }
    req.host_addr = op.host_addr;
    req.new_addr = replace ? op.dev_bus_addr : 0;
    req.dev_bus_addr = replace ? 0 : op.dev_bus_addr;
    req.handle = op.handle;
    op.status = unmap_one(v->domain, &req, u);
    return copy_to_guest(guest_ptr_add(at, offsetof(struct gnttab_unmap_grant_ref, status)),
                         &op.status, sizeof(op.status));
}

static long unmap_array(guest_ptr_t arg, unsigned int count, bool replace)
{
    const size_t size = sizeof(struct gnttab_unmap_grant_ref);
    struct vcpu *v = current;
    struct unmapped gone[UNMAP_BATCH];
    unsigned int nr = 0, i;
    long rc = gnttab_array_check(arg, size, count);

    for (i = 0; !rc && i < count; i++) {
        if (nr == UNMAP_BATCH) {
            flush_and_complete(v, gone, nr);
            nr = 0;
        }
        if (gnttab_preempt(i)) {
            rc = gnttab_continue(arg, size, i, count);
            break;
        }
        rc = unmap_element(v, guest_ptr_add(arg, i * size), replace, &gone[nr]);
        nr += (gone[nr].done & (GNTMAP_host_map | GNTMAP_device_map)) != 0;
    }
    if (nr) {
        flush_and_complete(v, gone, nr);
    }
    return rc;
}

long grant_table_op_unmap_grant_ref(unsigned int count, guest_ptr_t arg)
{
    return unmap_array(arg, count, false);
}

long grant_table_op_unmap_and_replace(unsigned int count, guest_ptr_t arg)
{
    return unmap_array(arg, count, true);
}
