/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The choice of version, the growth of the table, suspend and resume, and grants as callers make
 * them. Entries are gnttab_v1.c and gnttab_v2.c, free references gnttab_refs.c.
 *
 * Invariant: frames [0, frames) are mapped, and every reference in them but the reserved ones is
 * either taken or in the free list. grow_lock guards that; events are masked under it.
 */
#include <errno.h>
#include <guest/gnttab.h>
#include <guest/hypercall.h>
#include <guest/lock.h>
#include <guest/mm.h>
#include <guest/pt.h>
#include <guest/shutdown.h>
#include "gnttab_refs.h"

#define STATUS_PER_FRAME (PAGE_SIZE / sizeof(grant_status_t))

const struct gnttab_abi *gnttab_abi;

static struct spinlock grow_lock;
static unsigned int frames, max_frames;
static unsigned int version_limit = 2;
static bool used_v2_features;

void gnttab_limit_version(unsigned int version)
{
    version_limit = version;
}

long gnttab_errno(int16_t status)
{
    switch (status) {
    case GNTST_okay:
        return 0;
    case GNTST_bad_domain:
        return -ESRCH;
    case GNTST_bad_gntref:
    case GNTST_bad_handle:
    case GNTST_bad_copy_arg:
        return -EINVAL;
    case GNTST_bad_virt_addr:
    case GNTST_bad_dev_addr:
    case GNTST_address_too_big:
        return -EFAULT;
    case GNTST_permission_denied:
        return -EPERM;
    case GNTST_no_device_space:
    case GNTST_no_space:
        return -ENOSPC;
    case GNTST_eagain:
        return -EAGAIN;
    default:
        return -EIO;
    }
}

static long query_max_frames(void)
{
    struct gnttab_query_size q = { .dom = DOMID_SELF };
    long rc = hv_grant_table_op(GNTTABOP_query_size, &q, 1);

    rc = rc ? rc : gnttab_errno(q.status);
    if (!rc) {
        max_frames = q.max_nr_frames;
    }
    return rc;
}

static const struct gnttab_abi *choose(void)
{
    struct gnttab_set_version set = { .version = 2 };
    long rc;

    if (version_limit >= 2 && !hv_grant_table_op(GNTTABOP_set_version, &set, 1)) {
        return &gnttab_abi_v2;
    }
    set.version = 1;
    rc = hv_grant_table_op(GNTTABOP_set_version, &set, 1);
    /* A hypervisor without set_version has version 1. */
    if (rc && rc != -ENOSYS) {
        guest_panic("gnttab: version 1 is refused (%ld)", rc);
    }
    return &gnttab_abi_v1;
}

static long map_list(unsigned long *va, unsigned long reserve, const uint64_t *list,
                     unsigned int nr)
{
    if (!*va) {
        *va = pt_vmap_reserve(reserve);
    }
    for (unsigned int i = 0; i < nr; i++) {
        long rc = pt_map(*va + i * PAGE_SIZE, pte_make(list[i], PTE_KERN));

        if (rc) {
            return rc;
        }
    }
    return 0;
}

static unsigned long list_pages(unsigned int nr)
{
    return (nr * sizeof(uint64_t) + PAGE_SIZE - 1) / PAGE_SIZE;
}

long gnttab_map_shared(unsigned long *va, unsigned int nr)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = nr };
    uint64_t *list = page_alloc(list_pages(nr));
    long rc;

    if (!list) {
        return -ENOMEM;
    }
    set_xen_guest_handle(setup.frame_list, (xen_pfn_t *)list);
    rc = hv_grant_table_op(GNTTABOP_setup_table, &setup, 1);
    rc = rc ? rc : gnttab_errno(setup.status);
    rc = rc ? rc : map_list(va, max_frames, list, nr);
    page_free(list, list_pages(nr));
    return rc;
}

long gnttab_map_status(unsigned long *va, unsigned int nr)
{
    unsigned long most = (max_frames * (unsigned long)gnttab_abi_v2.per_frame) / STATUS_PER_FRAME;
    struct gnttab_get_status_frames get = { .dom = DOMID_SELF, .nr_frames = nr };
    uint64_t *list = page_alloc(list_pages(nr));
    long rc;

    if (!list) {
        return -ENOMEM;
    }
    set_xen_guest_handle(get.frame_list, list);
    rc = hv_grant_table_op(GNTTABOP_get_status_frames, &get, 1);
    rc = rc ? rc : gnttab_errno(get.status);
    rc = rc ? rc : map_list(va, most + 1, list, nr);
    page_free(list, list_pages(nr));
    return rc;
}

unsigned int gnttab_frames(void)
{
    return frames;
}

unsigned int gnttab_max_frames(void)
{
    return max_frames;
}

static long grow_locked(unsigned int nr)
{
    unsigned int first = frames * gnttab_abi->per_frame;
    long rc;

    if (nr <= frames) {
        return 0;
    }
    if (nr > max_frames) {
        return -ENOSPC;
    }
    rc = gnttab_abi->map_frames(nr);
    if (!rc) {
        frames = nr;
        gnttab_refs_add(first < GNTTAB_NR_RESERVED_ENTRIES ? GNTTAB_NR_RESERVED_ENTRIES : first,
                        nr * gnttab_abi->per_frame);
    }
    return rc;
}

long gnttab_grow(unsigned int nr)
{
    bool masked = spin_lock_events(&grow_lock);
    long rc = grow_locked(nr);

    spin_unlock_events(&grow_lock, masked);
    if (!rc) {
        gnttab_refs_call_back();
    }
    return rc;
}

long gnttab_init(void)
{
    long rc;

    if (gnttab_abi) {
        return 0;
    }
    rc = query_max_frames();
    rc = rc ? rc : gnttab_refs_init(max_frames * (unsigned long)gnttab_abi_v1.per_frame);
    if (rc) {
        return rc;
    }
    gnttab_abi = choose();
    rc = gnttab_grow(1);
    if (rc) {
        gnttab_abi = NULL;
    }
    return rc;
}

void gnttab_suspend(void)
{
    gnttab_abi->unmap_frames();
}

void gnttab_resume(void)
{
    const struct gnttab_abi *now = choose();
    long rc;

    if (used_v2_features && now->version < 2) {
        guest_panic("gnttab: version 2 features were in use, and only version 1 is here now");
    }
    if (now != gnttab_abi) {
        /* The same references in less or more frames. */
        unsigned int refs = frames * gnttab_abi->per_frame;

        frames = (refs + now->per_frame - 1) / now->per_frame;
        gnttab_refs_add(refs, frames * now->per_frame);
        gnttab_abi = now;
    }
    rc = frames > max_frames ? -ENOSPC : now->map_frames(frames);
    if (rc) {
        guest_panic("gnttab: %u frames cannot be mapped again (%ld)", frames, rc);
    }
}

long gnttab_switch_version(unsigned int version)
{
    gnttab_suspend();
    gnttab_limit_version(version);
    used_v2_features = false;
    gnttab_resume();
    return gnttab_abi->version == version ? 0 : -EOPNOTSUPP;
}

grant_ref_t gnttab_take(void)
{
    for (;;) {
        grant_ref_t ref = gnttab_refs_pop();
        unsigned int seen = frames;

        if (ref != GNTTAB_NO_REF || gnttab_grow(seen + 1)) {
            return ref;
        }
    }
}

grant_ref_t gnttab_grant(domid_t domid, unsigned long frame, unsigned int flags)
{
    grant_ref_t ref = gnttab_take();

    if (ref != GNTTAB_NO_REF) {
        gnttab_abi->update_entry(ref, domid, frame, flags | GTF_permit_access);
    }
    return ref;
}

grant_ref_t gnttab_grant_sub_page(domid_t domid, unsigned long frame, unsigned int flags,
                                  unsigned int offset, unsigned int length)
{
    grant_ref_t ref = gnttab_sub_page_available() ? gnttab_take() : GNTTAB_NO_REF;

    if (ref != GNTTAB_NO_REF) {
        used_v2_features = true;
        gnttab_abi->update_sub_page(ref, domid, frame, flags, offset, length);
    }
    return ref;
}

grant_ref_t gnttab_grant_transitive(domid_t domid, unsigned int flags, domid_t from,
                                    grant_ref_t from_ref)
{
    grant_ref_t ref = gnttab_transitive_available() ? gnttab_take() : GNTTAB_NO_REF;

    if (ref != GNTTAB_NO_REF) {
        used_v2_features = true;
        gnttab_abi->update_transitive(ref, domid, flags, from, from_ref);
    }
    return ref;
}

grant_ref_t gnttab_grant_transfer(domid_t domid, unsigned long pfn)
{
    grant_ref_t ref = gnttab_take();

    if (ref != GNTTAB_NO_REF) {
        gnttab_abi->update_entry(ref, domid, pfn, GTF_accept_transfer);
    }
    return ref;
}

bool gnttab_end(grant_ref_t ref)
{
    if (!gnttab_abi->end_foreign_access(ref)) {
        return false;
    }
    gnttab_give(ref);
    return true;
}
