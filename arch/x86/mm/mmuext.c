/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext_op: the array loop, pins, and whole-page operations. A pin is a general and a type
 * reference that the PINNED flag owns; setting and clearing the flag is what decides a race. The
 * error of an element ends the array. No locks but those of the type machine.
 */
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/hypercall.h>
#include <hv/xsm.h>
#include <gen/hypercall-dispatch.h>
#include <asm/pv.h>

#include "batch.h"
#include "mmuext.h"
#include "table.h"

static void unpin(struct vcpu *v, struct page_info *pg)
{
    if (page_type_put(pg)) {
        old_table_remember(v, pg);
    } else {
        page_ref_put(pg);
    }
}

static bool pin_flag_take(struct page_info *pg)
{
    return __atomic_fetch_and(&pg->inuse.type_info, ~PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned;
}

static int pin(struct domain *pg_owner, mfn_t mfn, unsigned long type)
{
    struct vcpu *v = current;
    struct page_info *pg;
    int rc = page_get_and_type(mfn, pg_owner, type, &pg);

    if (rc) {
        if (pg) {
            old_table_remember(v, pg);
        }
        return rc;
    }
    if (pg_owner != v->domain) {
        rc = xsm_memory_pin_page(pg_owner);
    }
    if (!rc &&
        (__atomic_fetch_or(&pg->inuse.type_info, PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned)) {
        rc = -EINVAL;
    }
    if (rc) {
        unpin(v, pg);
        return rc;
    }
    /*
     * A dying domain gains no reference. Teardown sets `dying` and then visits every frame; either
     * it sees the pin, or this sees that it has begun.
     */
    smp_mb();
    if (unlikely(READ_ONCE(pg_owner->dying)) && pin_flag_take(pg)) {
        unpin(v, pg);
    }
    return 0;
}

int mmuext_op_PIN_L1_TABLE(struct domain *pg_owner, const struct mmuext_op *op)
{
    return pin(pg_owner, _mfn(op->arg1.mfn), PGT_l1_page_table);
}

int mmuext_op_PIN_L2_TABLE(struct domain *pg_owner, const struct mmuext_op *op)
{
    return pin(pg_owner, _mfn(op->arg1.mfn), PGT_l2_page_table);
}

int mmuext_op_PIN_L3_TABLE(struct domain *pg_owner, const struct mmuext_op *op)
{
    return pin(pg_owner, _mfn(op->arg1.mfn), PGT_l3_page_table);
}

int mmuext_op_PIN_L4_TABLE(struct domain *pg_owner, const struct mmuext_op *op)
{
    return pin(pg_owner, _mfn(op->arg1.mfn), PGT_l4_page_table);
}

int mmuext_op_UNPIN_TABLE(struct domain *pg_owner, const struct mmuext_op *op)
{
    struct page_info *pg = get_page_from_mfn(_mfn(op->arg1.mfn), pg_owner);
    int rc = 0;

    if (!pg) {
        return -EINVAL;
    }
    if (pin_flag_take(pg)) {
        unpin(current, pg);
    } else {
        rc = -EINVAL;
    }
    page_ref_put(pg);
    return rc;
}

int mmuext_op_SET_LDT(struct domain *pg_owner, const struct mmuext_op *op)
{
    if (pg_owner != current->domain) {
        return -EPERM;
    }
    return pv_set_ldt(current, op->arg1.linear_addr, op->arg2.nr_ents);
}

int mmuext_op_CLEAR_PAGE(struct domain *pg_owner, const struct mmuext_op *op)
{
    struct page_info *pg = page_get_writable(_mfn(op->arg1.mfn), pg_owner);

    if (!pg) {
        return -EINVAL;
    }
    memset(page_to_virt(pg), 0, PAGE_SIZE);
    page_put_writable(pg);
    return 0;
}

int mmuext_op_COPY_PAGE(struct domain *pg_owner, const struct mmuext_op *op)
{
    struct page_info *src = get_page_from_mfn(_mfn(op->arg2.src_mfn), pg_owner), *dst;
    int rc = -EINVAL;

    if (!src) {
        return -EINVAL;
    }
    dst = page_get_writable(_mfn(op->arg1.mfn), pg_owner);
    if (dst) {
        memcpy(page_to_virt(dst), page_to_virt(src), PAGE_SIZE);
        page_put_writable(dst);
        rc = 0;
    }
    page_ref_put(src);
    return rc;
}

long do_mmuext_op(guest_ptr_t uops, unsigned int count, guest_ptr_t pdone, unsigned int foreigndom)
{
    struct vcpu *v = current;
    struct domain *pg_owner;
    struct batch b;
    long rc;

    rc = batch_begin(&b, v, uops, count, pdone, foreigndom, sizeof(struct mmuext_op));
    if (unlikely(rc != BATCH_GO)) {
        return rc;
    }
    pg_owner = pg_owner_get((domid_t)foreigndom);
    if (unlikely(!pg_owner)) {
        return -ESRCH;
    }
    rc = xsm_mmuext_op(pg_owner);
    if (unlikely(rc)) {
        return rc;
    }
    for (; b.i < b.count; b.i++) {
        struct mmuext_op op;

        if (unlikely(batch_preempted(&b, v))) {
            rc = -ERESTART;
            break;
        }
        if (unlikely(copy_from_guest(&op, guest_ptr_add(uops, b.i * sizeof(op)), sizeof(op)))) {
            rc = -EFAULT;
            break;
        }
        rc = mmuext_op_dispatch(pg_owner, &op);
        if (unlikely(rc)) {
            break;
        }
    }
    return batch_end(&b, v, rc, uops, pdone, foreigndom, sizeof(struct mmuext_op));
}
