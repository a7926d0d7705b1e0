/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A front end and a back end in two peers (peer.h), which share a ring and an event channel. What
 * both kinds of device need: the channel, and waiting for the other end without trusting it.
 */
#ifndef SPLIT_H
#define SPLIT_H

#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#include <guest/cmdline.h>
#include "gnttab_peer.h"

#define SPLIT_PATIENT (5 * NSEC_PER_SEC)

/* One version after the other, as far as there are two. */
static inline unsigned int split_version(unsigned int step)
{
    return 1 + step % gt_versions();
}

/* The second device takes every other step, unless the kernel is told to be thorough. */
static inline unsigned int split_first_step(void)
{
    return cmdline_has("thorough") ? 0 : 1;
}

static inline unsigned int split_stride(void)
{
    return cmdline_has("thorough") ? 1 : 2;
}

/* How often each step is taken: with the kernel told to be thorough, once a version. */
static inline unsigned int split_rounds(void)
{
    return cmdline_has("thorough") ? gt_versions() : 1;
}

/* A turn for the other end; false after the longest wait. */
static inline bool split_wait(evtchn_port_t port, uint64_t limit)
{
    event_clear(port);
    hv_sched_op(SCHEDOP_yield, NULL);
    return time_now() < limit;
}

/* A mapping of one page of dom's; false when it is refused. */
static inline bool split_map(struct gnttab_map_grant_ref *op, domid_t dom, grant_ref_t ref,
                             unsigned long va, uint32_t flags)
{
    return gt_map(op, ref, dom, GNTMAP_host_map | flags, va) == GNTST_okay;
}

/* One copy between dom's grant and a page of ours. */
static inline long split_copy(domid_t dom, grant_ref_t ref, unsigned int there, void *page,
                              unsigned int here, unsigned int len, bool to_them)
{
    struct gnttab_copy op = { .len = (uint16_t)len };
    struct gnttab_copy_ptr theirs = { .domid = dom, .offset = (uint16_t)there };
    struct gnttab_copy_ptr ours = { .domid = DOMID_SELF, .offset = (uint16_t)here };
    long rc;

    theirs.u.ref = ref;
    ours.u.gmfn = virt_to_mfn(page);
    op.source = to_them ? ours : theirs;
    op.dest = to_them ? theirs : ours;
    op.flags = to_them ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
    rc = hv_grant_table_op(GNTTABOP_copy, &op, 1);
    return rc ? rc : op.status;
}

#endif
