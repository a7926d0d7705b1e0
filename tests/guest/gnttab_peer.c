/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a peer does for the suites on grant tables. State is the child's own copy of these statics.
 */
#include "gnttab_peer.h"

static char *pages;
static unsigned long slots;

long pg_begin(const unsigned long *arg)
{
    long rc;

    gnttab_limit_version((unsigned int)arg[0]);
    rc = gnttab_init();
    if (rc) {
        return rc;
    }
    pages = page_alloc(PG_PAGES);
    slots = gt_window(arg[1]);
    if (!pages || !slots) {
        return -ENOMEM;
    }
    return gnttab_abi->version == arg[0] ? 0 : -EOPNOTSUPP;
}

static char *page_of(unsigned long nr)
{
    return pages + nr * PAGE_SIZE;
}

static volatile unsigned char *slot_of(unsigned long nr)
{
    return (volatile unsigned char *)(slots + nr * PAGE_SIZE);
}

long pg_start(struct peer *p, unsigned int version, const struct child_options *o)
{
    struct child_options mine = o ? *o : (struct child_options){ 0 };
    long rc;

    mine.gnttab_version = gt_versions();
    rc = peer_start(p, &mine);
    if (rc) {
        return rc;
    }
    rc = peer_call(p, pg_begin, version, 8);
    if (rc) {
        peer_stop(p);
    }
    return rc;
}

long pg_grant(const unsigned long *arg)
{
    return gnttab_grant((domid_t)arg[1], virt_to_mfn(page_of(arg[0])), (unsigned int)arg[2]);
}

long pg_regrant(const unsigned long *arg)
{
    gnttab_abi->update_entry((grant_ref_t)arg[0], (domid_t)arg[2], virt_to_mfn(page_of(arg[1])),
                             (unsigned int)arg[3] | GTF_permit_access);
    return 0;
}

long pg_sub_page(const unsigned long *arg)
{
    return gnttab_grant_sub_page((domid_t)arg[1], virt_to_mfn(page_of(arg[0])),
                                 (unsigned int)arg[2], (unsigned int)arg[3], (unsigned int)arg[4]);
}

long pg_accept(const unsigned long *arg)
{
    return gnttab_grant_transfer((domid_t)arg[0], arg[1]);
}

long pg_accepted(const unsigned long *arg)
{
    unsigned long mfn = gnttab_abi->end_foreign_transfer((grant_ref_t)arg[0]);
    long rc;

    gnttab_give((grant_ref_t)arg[0]);
    if (!mfn) {
        return 0;
    }
    rc = pt_map((unsigned long)slot_of(0), pte_make(mfn, PTE_KERN));
    return rc ? rc : (long)mfn;
}

long pg_end(const unsigned long *arg)
{
    return gnttab_end((grant_ref_t)arg[0]);
}

long pg_query(const unsigned long *arg)
{
    return gnttab_abi->query_foreign_access((grant_ref_t)arg[0]);
}

long pg_mfn(const unsigned long *arg)
{
    return (long)virt_to_mfn(page_of(arg[0]));
}

long pg_fill(const unsigned long *arg)
{
    memset(page_of(arg[0]), (int)arg[1], PAGE_SIZE);
    return 0;
}

long pg_get(const unsigned long *arg)
{
    return ((volatile unsigned char *)page_of(arg[0]))[arg[1]];
}

long pg_map(const unsigned long *arg)
{
    struct gnttab_map_grant_ref op;
    long st = gt_map(&op, (grant_ref_t)arg[0], (domid_t)arg[1], (uint32_t)arg[2],
                     (unsigned long)slot_of(arg[3]));

    return st ? st : (long)op.handle;
}

long pg_unmap(const unsigned long *arg)
{
    return gt_unmap((grant_handle_t)arg[0], (unsigned long)slot_of(arg[1]), arg[2]);
}

long pg_read(const unsigned long *arg)
{
    return slot_of(arg[0])[arg[1]];
}

long pg_write(const unsigned long *arg)
{
    slot_of(arg[0])[arg[1]] = (unsigned char)arg[2];
    return 0;
}

long pg_is_still(const unsigned long *arg)
{
    volatile unsigned long *page = (volatile unsigned long *)slot_of(arg[0]);
    unsigned long was = *page;

    for (unsigned int i = 0; i < 20; i++) {
        hv_sched_op(SCHEDOP_yield, NULL);
    }
    return *page == was;
}

long pg_pte(const unsigned long *arg)
{
    return (long)*pt_walk((unsigned long)slot_of(arg[0]), 1);
}

long pg_set_pte(const unsigned long *arg)
{
    return hv_update_va_mapping((unsigned long)slot_of(arg[0]), arg[1], UVMF_INVLPG | UVMF_ALL);
}

long pg_copy(const unsigned long *arg)
{
    struct gnttab_copy op = { .len = 64, .dest.offset = 128 };
    long rc;

    op.source.domid = (domid_t)arg[0];
    op.dest.domid = (domid_t)arg[2];
    if (op.source.domid == DOMID_SELF) {
        op.source.u.gmfn = virt_to_mfn(page_of(arg[1]));
    } else {
        op.flags |= GNTCOPY_source_gref;
        op.source.u.ref = (grant_ref_t)arg[1];
    }
    if (op.dest.domid == DOMID_SELF) {
        op.dest.u.gmfn = virt_to_mfn(page_of(arg[3]));
    } else {
        op.flags |= GNTCOPY_dest_gref;
        op.dest.u.ref = (grant_ref_t)arg[3];
    }
    rc = hv_grant_table_op(GNTTABOP_copy, &op, 1);
    return rc ? rc : op.status;
}
