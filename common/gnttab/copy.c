/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copy: bytes between two pages, each a grant or a frame of the caller's own. Both ends of an
 * element are kept, pinned and referenced, for those that follow: a batch over the same pages takes
 * its references once, and gives them back before it ends or is continued.
 *
 * A transitive entry is followed once, to an entry of a third domain that grants to the second; the
 * two are pinned one after the other, never under each other's lock. Locks: an entry's, by entry.c.
 */
#include <hv/arch/memory.h>
#include <hv/mm.h>

#include "private.h"
#include <gen/grant_table_op-dispatch.h>

/* One end, held as long as `pg` is there. */
struct copy_end {
    struct domain *d;
    struct page_info *pg;
    char *va;
    uint64_t name; /* grant reference or frame number */
    domid_t domid; /* as the guest said it */
    bool is_gref, readonly;
    uint16_t start, length; /* what may be copied */
    struct domain *td;      /* transitive: whose page it is, by this entry */
    grant_ref_t tref;
};

static void end_release(struct copy_end *e)
{
    if (!e->pg) {
        return;
    }
    if (!e->readonly) {
        arch_grant_type_put(e->pg);
    }
    put_page(e->pg);
    if (e->td) {
        gnttab_unpin(e->td, e->tref, PIN_COPY(e->readonly));
        e->td = NULL;
    }
    if (e->is_gref) {
        gnttab_unpin(e->d, (grant_ref_t)e->name, PIN_COPY(e->readonly));
    }
    e->pg = NULL;
}

/* e's entry is pinned and says to look at another domain's. */
static int16_t follow(struct copy_end *e, struct pinned *p)
{
    struct domain *td = rcu_lock_domain_by_id(p->trans_domid);
    grant_ref_t tref = p->trans_gref;
    int16_t st;

    if (!td) {
        return GNTST_general_error;
    }
    st = td == e->d
             ? GNTST_general_error
             : gnttab_pin(td, tref, e->d->domain_id, PIN_COPY(e->readonly), PIN_FOR_COPY_DIRECT, p);
    rcu_unlock_domain(td);
    if (st == GNTST_okay) {
        e->td = td;
        e->tref = tref;
    }
    return st;
}

static int16_t pin_gref(struct copy_end *e, grant_ref_t ref)
{
    struct pinned p;
    int16_t st;

    st = gnttab_pin(e->d, ref, current->domain->domain_id, PIN_COPY(e->readonly), PIN_FOR_COPY, &p);
    if (unlikely(st != GNTST_okay)) {
        return st;
    }
    if (unlikely(p.transitive)) {
        st = follow(e, &p);
        if (st != GNTST_okay) {
            gnttab_unpin(e->d, ref, PIN_COPY(e->readonly));
            return st;
        }
    }
    e->pg = p.pg;
    e->start = p.start;
    e->length = p.length;
    return GNTST_okay;
}

static int16_t end_claim(struct copy_end *e, uint64_t name, bool is_gref)
{
    e->name = name;
    e->is_gref = is_gref;
    if (is_gref) {
        int16_t st = pin_gref(e, (grant_ref_t)name);

        if (unlikely(st != GNTST_okay)) {
            return st;
        }
    } else {
        e->pg = arch_get_gfn(e->d, _gfn(name));
        if (unlikely(!e->pg)) {
            return GNTST_bad_page;
        }
        e->start = 0;
        e->length = PAGE_SIZE;
    }
    if (!e->readonly && unlikely(arch_grant_type_get(e->pg))) {
        /* Released as what it is: an end without the right to write. */
        struct page_info *pg = e->pg;

        e->pg = NULL;
        put_page(pg);
        if (e->td) {
            gnttab_unpin(e->td, e->tref, PIN_COPY(false));
            e->td = NULL;
        }
        if (is_gref) {
            gnttab_unpin(e->d, (grant_ref_t)name, PIN_COPY(false));
        }
        return GNTST_general_error;
    }
    e->va = page_to_virt(e->pg);
    return GNTST_okay;
}

static always_inline int16_t end_domain(struct copy_end *e, domid_t domid, bool is_gref)
{
    if (unlikely(domid != DOMID_SELF && !is_gref)) {
        return GNTST_permission_denied;
    }
    if (likely(e->d) && e->domid == domid) {
        return GNTST_okay;
    }
    end_release(e);
    e->domid = domid;
    /* The structure stays until this hypercall's end, without a count of its own (RCU). */
    e->d = rcu_lock_domain_by_any_id(domid);
    return likely(e->d) ? GNTST_okay : GNTST_bad_domain;
}

static always_inline int16_t end_use(struct copy_end *e, const struct gnttab_copy_ptr *p,
                                     bool is_gref)
{
    uint64_t name = is_gref ? p->u.ref : p->u.gmfn;

    if (e->pg) {
        if (likely(e->name == name && e->is_gref == is_gref)) {
            return GNTST_okay;
        }
        end_release(e);
    }
    return end_claim(e, name, is_gref);
}

static always_inline bool within(const struct copy_end *e, uint32_t offset, uint32_t len)
{
    return offset >= e->start && offset + len <= (uint32_t)e->start + e->length;
}

static int16_t copy_one(const struct gnttab_copy *op, struct copy_end *src, struct copy_end *dst)
{
    bool src_gref = op->flags & GNTCOPY_source_gref, dst_gref = op->flags & GNTCOPY_dest_gref;
    uint32_t from = op->source.offset, to = op->dest.offset, len = op->len;
    int16_t st;

    if (unlikely(!len)) {
        return GNTST_okay;
    }
    st = end_domain(src, op->source.domid, src_gref);
    if (likely(st == GNTST_okay)) {
        st = end_domain(dst, op->dest.domid, dst_gref);
    }
    if (unlikely(st != GNTST_okay)) {
        return st;
    }
    if (unlikely(xsm_grant_copy(src->d) || xsm_grant_copy(dst->d))) {
        return GNTST_permission_denied;
    }
    st = end_use(src, &op->source, src_gref);
    if (likely(st == GNTST_okay)) {
        st = end_use(dst, &op->dest, dst_gref);
    }
    if (unlikely(st != GNTST_okay)) {
        return st;
    }
    if (unlikely(from + len > PAGE_SIZE) || unlikely(to + len > PAGE_SIZE)) {
        return GNTST_bad_copy_arg;
    }
    if (unlikely(!within(src, from, len)) || unlikely(!within(dst, to, len))) {
        return GNTST_general_error;
    }
    memcpy(dst->va + to, src->va + from, len);
    return GNTST_okay;
}

long grant_table_op_copy(unsigned int count, guest_ptr_t arg)
{
    struct copy_end src = { .readonly = true }, dst = { .readonly = false };
    struct gnttab_copy op;
    long rc = gnttab_array_check(arg, sizeof(op), count);

    for (unsigned int i = 0; !rc && i < count; i++) {
        guest_ptr_t at = guest_ptr_add(arg, i * sizeof(op));

        if (i && unlikely(hypercall_preempt_check())) {
            rc = gnttab_continue(arg, sizeof(op), i, count);
            break;
        }
        if (unlikely(copy_from_guest(&op, at, sizeof(op)))) {
            rc = -EFAULT;
            break;
        }
        op.status = copy_one(&op, &src, &dst);
        rc = copy_to_guest(guest_ptr_add(at, offsetof(struct gnttab_copy, status)), &op.status,
                           sizeof(op.status));
    }
    end_release(&src);
    end_release(&dst);
    return rc;
}
