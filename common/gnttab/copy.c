/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copy: bytes between two pages, each a grant or a frame of the caller's own. Both ends of an
 * element are kept, pinned and referenced, for those that follow: a batch over the same pages takes
 * its references once, and gives them back before it ends or is continued.
 *
 * A transitive entry is followed once, to an entry of a third domain that grants to the second; the
 * two are pinned one after the other, never under each other's lock. Locks: an entry's, by entry.c;
 * no word of a table is read here.
 */
#include <hv/arch/memory.h>
#include <hv/mm.h>

#include "private.h"
#include <gen/grant_table_op-dispatch.h>

#define NAME_GREF (1UL << 63)

/* What a pin is given back by. */
struct copy_pin {
    struct domain *d; /* NULL: none */
    struct active_entry *act;
    grant_ref_t ref;
};

/* One end, held as long as `pg` is there. The source is read, the destination written: `readonly`,
 * a constant wherever it is passed. */
struct copy_end {
    struct domain *d;
    struct page_info *pg;
    char *va;
    uint64_t name;       /* grant reference (NAME_GREF) or frame number */
    uint32_t start, end; /* what may be copied */
    domid_t domid;       /* as the guest said it */
    domid_t user;        /* the caller */
    domid_t td_id;       /* the last that a transitive entry led to */
    struct domain *td;
    struct copy_pin pin, tpin; /* of a grant; of what a transitive one leads to */
};

static always_inline void unpin(struct copy_pin *p, bool readonly)
{
    if (p->d) {
        gnttab_unpin(p->d, p->act, p->ref, PIN_COPY(readonly));
        p->d = NULL;
    }
}

/* typed: the end has its type reference. */
static always_inline void end_put(struct copy_end *e, bool readonly, bool typed)
{
    if (typed) {
        arch_grant_type_put(e->pg);
    }
    grant_frame_put(e->pg);
    e->pg = NULL;
    if (unlikely(e->tpin.d)) {
        unpin(&e->tpin, readonly);
    }
    unpin(&e->pin, readonly);
}

static always_inline void end_release(struct copy_end *e, bool readonly)
{
    if (e->pg) {
        end_put(e, readonly, !readonly);
    }
}

/* e's entry is pinned and says to look at another domain's. */
static int16_t follow(struct copy_end *e, struct pinned *p, bool readonly)
{
    struct domain *td = e->td;
    int16_t st = GNTST_general_error;

    if (!td || e->td_id != p->trans_domid) {
        /* As end_domain(): it stays for the batch. */
        e->td = td = rcu_lock_domain_by_id(p->trans_domid);
        e->td_id = p->trans_domid;
    }
    if (likely(td) && likely(td != e->d)) {
        st = gnttab_pin_copy_direct(td, p->trans_gref, e->d->domain_id, readonly, p);
    }
    if (st == GNTST_okay) {
        e->tpin = (struct copy_pin){ td, p->act, p->ref };
    }
    return st;
}

static always_inline int16_t pin_gref(struct copy_end *e, grant_ref_t ref, bool readonly)
{
    struct pinned p;
    int16_t st;

    st = gnttab_pin_copy(e->d, ref, e->user, readonly, &p);
    if (unlikely(st != GNTST_okay)) {
        return st;
    }
    e->pin = (struct copy_pin){ e->d, p.act, p.ref };
    if (unlikely(!p.pg)) {
        st = follow(e, &p, readonly);
        if (st != GNTST_okay) {
            unpin(&e->pin, readonly);
            return st;
        }
    }
    e->pg = p.pg;
    e->start = p.extent.start;
    e->end = min((uint32_t)p.extent.start + p.extent.length, (uint32_t)PAGE_SIZE);
    return GNTST_okay;
}

static always_inline int16_t end_claim(struct copy_end *e, uint64_t name, bool readonly)
{
    e->name = name;
    if (name & NAME_GREF) {
        int16_t st = pin_gref(e, (grant_ref_t)name, readonly);

        if (unlikely(st != GNTST_okay)) {
            return st;
        }
    } else {
        e->pg = arch_get_gfn(e->d, _gfn(name));
        if (unlikely(!e->pg)) {
            return GNTST_bad_page;
        }
        e->start = 0;
        e->end = PAGE_SIZE;
    }
    if (!readonly && unlikely(arch_grant_type_get(e->pg))) {
        end_put(e, readonly, false);
        return GNTST_general_error;
    }
    e->va = page_to_virt(e->pg);
    return GNTST_okay;
}

static always_inline int16_t end_domain(struct copy_end *e, domid_t domid, bool is_gref,
                                        bool readonly)
{
    if (unlikely(domid != DOMID_SELF && !is_gref)) {
        return GNTST_permission_denied;
    }
    if (likely(e->d) && e->domid == domid) {
        return GNTST_okay;
    }
    end_release(e, readonly);
    e->domid = domid;
    /* The structure stays until this hypercall's end, without a count of its own (RCU). */
    e->d = rcu_lock_domain_by_any_id(domid);
    return likely(e->d) ? GNTST_okay : GNTST_bad_domain;
}

static always_inline int16_t end_use(struct copy_end *e, const struct gnttab_copy_ptr *p,
                                     bool is_gref, bool readonly)
{
    /* No frame number that is anybody's has the highest bit. */
    uint64_t name = is_gref ? p->u.ref | NAME_GREF : min(p->u.gmfn, (uint64_t)NAME_GREF - 1);

    if (e->pg) {
        if (likely(e->name == name)) {
            return GNTST_okay;
        }
        end_release(e, readonly);
    }
    return end_claim(e, name, readonly);
}

static always_inline bool within(const struct copy_end *e, uint32_t offset, uint32_t len)
{
    return offset >= e->start && offset + len <= e->end;
}

static always_inline int16_t copy_one(const struct gnttab_copy *op, struct copy_end *src,
                                      struct copy_end *dst)
{
    bool src_gref = op->flags & GNTCOPY_source_gref, dst_gref = op->flags & GNTCOPY_dest_gref;
    uint32_t from = op->source.offset, to = op->dest.offset, len = op->len;
    int16_t st;

    if (unlikely(!len)) {
        return GNTST_okay;
    }
    st = end_domain(src, op->source.domid, src_gref, true);
    if (likely(st == GNTST_okay)) {
        st = end_domain(dst, op->dest.domid, dst_gref, false);
    }
    if (unlikely(st != GNTST_okay)) {
        return st;
    }
    if (unlikely(xsm_grant_copy(src->d) || xsm_grant_copy(dst->d))) {
        return GNTST_permission_denied;
    }
    st = end_use(src, &op->source, src_gref, true);
    if (likely(st == GNTST_okay)) {
        st = end_use(dst, &op->dest, dst_gref, false);
    }
    if (unlikely(st != GNTST_okay)) {
        return st;
    }
    if (unlikely(!within(src, from, len)) || unlikely(!within(dst, to, len))) {
        return from + len > PAGE_SIZE || to + len > PAGE_SIZE ? GNTST_bad_copy_arg
                                                              : GNTST_general_error;
    }
    memmove(dst->va + to, src->va + from, len); /* both may be one page */
    return GNTST_okay;
}

long grant_table_op_copy(unsigned int count, guest_ptr_t arg)
{
    domid_t user = current->domain->domain_id;
    struct copy_end src = { .user = user }, dst = { .user = user };
    struct gnttab_copy op;
    long rc = gnttab_array_check(arg, sizeof(op), count);

    for (unsigned int i = 0; !rc && i < count; i++) {
        guest_ptr_t at = guest_ptr_add(arg, i * sizeof(op));
        int16_t st;

        if (gnttab_preempt(i)) {
            rc = gnttab_continue(arg, sizeof(op), i, count);
            break;
        }
        if (unlikely(copy_from_guest(&op, at, sizeof(op)))) {
            rc = -EFAULT;
            break;
        }
        st = copy_one(&op, &src, &dst);
        rc = copy_to_guest(guest_ptr_add(at, offsetof(struct gnttab_copy, status)), &st,
                           sizeof(st));
    }
    end_release(&src, true);
    end_release(&dst, false);
    return rc;
}
