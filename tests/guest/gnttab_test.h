/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites on grant tables share: one element at a time, and pages to map at.
 */
#ifndef GNTTAB_TEST_H
#define GNTTAB_TEST_H

#include <guest/gnttab.h>
#include "test.h"

#define NO_SUCH_DOMAIN 0x7000
#define NO_HANDLE      (~0u)
#define LAST_REF       gt_last_ref()

/* Chooses entries of a version for the test; the table is empty then. */
long gt_use(unsigned int version);
/* The highest version that there is; is there transfer; is the kernel told that `what` is not? */
unsigned int gt_versions(void);
bool gt_has_transfer(void);
bool gt_told_without(const char *what);

#define GT_EACH_VERSION(v) for (unsigned int v = 1; v <= gt_versions(); v++)
#define GT_NEEDS_VERSION_2()                                                                       \
    do {                                                                                           \
        if (gt_versions() < 2) {                                                                   \
            SKIP("there is version 1 only");                                                       \
        }                                                                                          \
    } while (0)
#define GT_NEEDS_TRANSFER()                                                                        \
    do {                                                                                           \
        if (!gt_has_transfer()) {                                                                  \
            SKIP("there is no transfer");                                                          \
        }                                                                                          \
    } while (0)

/* By what the hypervisor has: a table that changed its version may be larger than what is mapped.
 */
static inline grant_ref_t gt_last_ref(void)
{
    struct gnttab_query_size q = { .dom = DOMID_SELF };

    hv_grant_table_op(GNTTABOP_query_size, &q, 1);
    return q.nr_frames * gnttab_abi->per_frame - 1;
}

/* An address whose entry exists and is empty. */
static inline unsigned long gt_window(unsigned long nr)
{
    unsigned long va = pt_vmap_reserve(nr);

    for (unsigned long i = 0; i < nr; i++) {
        if (pt_map(va + i * PAGE_SIZE, 0)) {
            return 0;
        }
    }
    return va;
}

static inline long gt_map(struct gnttab_map_grant_ref *op, grant_ref_t ref, domid_t dom,
                          uint32_t flags, unsigned long va)
{
    long rc;

    memset(op, 0, sizeof(*op));
    op->host_addr = va;
    op->ref = ref;
    op->dom = dom;
    op->flags = flags;
    op->handle = NO_HANDLE;
    rc = hv_grant_table_op(GNTTABOP_map_grant_ref, op, 1);
    return rc ? rc : op->status;
}

static inline long gt_unmap(grant_handle_t handle, unsigned long va, uint64_t bus)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = va, .dev_bus_addr = bus, .handle = handle };
    long rc = hv_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1);

    return rc ? rc : op.status;
}

/* Copies between grants (or, by flags, frames) of dom0. */
static inline long gt_copy(unsigned long from, unsigned int from_off, unsigned long to,
                           unsigned int to_off, unsigned int len, unsigned int flags)
{
    struct gnttab_copy op = {
        .source = { .offset = (uint16_t)from_off },
        .dest = { .offset = (uint16_t)to_off },
        .len = (uint16_t)len,
        .flags = (uint16_t)flags,
    };
    long rc;

    op.source.domid = flags & GNTCOPY_source_gref ? 0 : DOMID_SELF;
    op.dest.domid = flags & GNTCOPY_dest_gref ? 0 : DOMID_SELF;
    if (flags & GNTCOPY_source_gref) {
        op.source.u.ref = (grant_ref_t)from;
    } else {
        op.source.u.gmfn = from;
    }
    if (flags & GNTCOPY_dest_gref) {
        op.dest.u.ref = (grant_ref_t)to;
    } else {
        op.dest.u.gmfn = to;
    }
    rc = hv_grant_table_op(GNTTABOP_copy, &op, 1);
    return rc ? rc : op.status;
}

#endif
