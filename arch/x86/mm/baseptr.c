/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two level-4 tables of a vCPU: its kernel's and its user mode's. Each is held by a general and
 * a type reference. The new table is in CR3 before the old one is given back, so no CPU ever walks
 * a table that has ceased to be one. Current vCPU only; no locks.
 */
#include <hv/domain.h>
#include <asm/pv-mm.h>
#include <asm/pv.h>

#include "mmuext.h"
#include "table.h"

static void give_back(struct vcpu *v, mfn_t mfn)
{
    struct page_info *pg;

    if (!mfn_x(mfn)) {
        return;
    }
    pg = mfn_to_page(mfn);
    if (page_type_put(pg)) {
        old_table_remember(v, pg);
    } else {
        page_ref_put(pg);
    }
}

static int take_l4(struct vcpu *v, mfn_t mfn)
{
    struct page_info *pg;
    int rc = page_get_and_type(mfn, v->domain, PGT_l4_page_table, &pg);

    if (rc && pg) {
        old_table_remember(v, pg);
    }
    return rc;
}

int pv_new_cr3(mfn_t mfn)
{
    struct vcpu *v = current;
    mfn_t old = v->arch.guest_table;
    int rc;

    if (mfn_eq(old, mfn)) {
        load_guest_cr3(v);
        return 0;
    }
    rc = take_l4(v, mfn);
    if (rc) {
        return rc;
    }
    v->arch.guest_table = mfn;
    if (guest_kernel_mode(v)) {
        v->arch.cr3 = maddr_x(mfn_to_maddr(mfn));
        load_guest_cr3(v);
    }
    /* The LDT window was filled through the old tables. */
    (void)pv_unmap_ldt(v);
    give_back(v, old);
    return 0;
}

int mmuext_op_NEW_BASEPTR(struct domain *pg_owner, const struct mmuext_op *op)
{
    if (pg_owner != current->domain) {
        return -EPERM;
    }
    return pv_new_cr3(_mfn(op->arg1.mfn));
}

int mmuext_op_NEW_USER_BASEPTR(struct domain *pg_owner, const struct mmuext_op *op)
{
    struct vcpu *v = current;
    mfn_t old = v->arch.guest_table_user, mfn = _mfn(op->arg1.mfn);

    if (pg_owner != v->domain) {
        return -EPERM;
    }
    if (mfn_eq(old, mfn)) {
        return 0;
    }
    if (mfn_x(mfn)) {
        int rc = take_l4(v, mfn);

        if (rc) {
            return rc;
        }
    }
    v->arch.guest_table_user = mfn;
    if (!guest_kernel_mode(v)) {
        v->arch.cr3 = maddr_x(mfn_to_maddr(mfn));
        load_guest_cr3(v);
    }
    give_back(v, old);
    return 0;
}
