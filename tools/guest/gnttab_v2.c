/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Version 2 entries: 16 bytes, and the hypervisor's reading and writing bits in status frames.
 *
 * Only we write an entry's flags (but for transfers) and only the hypervisor its status, so a
 * barrier between our write and our read ends an entry. An entry belongs to the owner of its
 * reference; no lock.
 */
#include <guest/cpu.h>
#include <guest/gnttab.h>
#include <guest/mm.h>
#include <guest/pt.h>

#define USED             (GTF_reading | GTF_writing)
#define STATUS_PER_FRAME (PAGE_SIZE / sizeof(grant_status_t))

static unsigned long shared_va, status_va;
static unsigned int mapped, status_mapped;

static union grant_entry_v2 *entry_of(grant_ref_t ref)
{
    return (union grant_entry_v2 *)shared_va + ref;
}

static unsigned int status_frames(unsigned int nr)
{
    return (nr * gnttab_abi_v2.per_frame + STATUS_PER_FRAME - 1) / STATUS_PER_FRAME;
}

static long map_frames(unsigned int nr)
{
    long rc = gnttab_map_shared(&shared_va, nr);

    if (!rc) {
        mapped = nr > mapped ? nr : mapped;
        rc = gnttab_map_status(&status_va, status_frames(nr));
    }
    if (!rc && status_frames(nr) > status_mapped) {
        status_mapped = status_frames(nr);
    }
    return rc;
}

static void unmap_frames(void)
{
    for (; mapped; mapped--) {
        pt_unmap(shared_va + (mapped - 1) * PAGE_SIZE);
    }
    for (; status_mapped; status_mapped--) {
        pt_unmap(status_va + (status_mapped - 1) * PAGE_SIZE);
    }
}

static void publish(union grant_entry_v2 *e, domid_t domid, unsigned int flags)
{
    e->hdr.domid = domid;
    __atomic_store_n(&e->hdr.flags, (uint16_t)flags, __ATOMIC_RELEASE);
}

static void update_entry(grant_ref_t ref, domid_t domid, unsigned long frame, unsigned int flags)
{
    union grant_entry_v2 *e = entry_of(ref);

    e->full_page.pad0 = 0;
    e->full_page.frame = frame;
    publish(e, domid, flags);
}

static void update_sub_page(grant_ref_t ref, domid_t domid, unsigned long frame, unsigned int flags,
                            unsigned int offset, unsigned int length)
{
    union grant_entry_v2 *e = entry_of(ref);

    e->sub_page.page_off = (uint16_t)offset;
    e->sub_page.length = (uint16_t)length;
    e->sub_page.frame = frame;
    publish(e, domid, flags | GTF_permit_access | GTF_sub_page);
}

static void update_transitive(grant_ref_t ref, domid_t domid, unsigned int flags, domid_t from,
                              grant_ref_t from_ref)
{
    union grant_entry_v2 *e = entry_of(ref);

    e->transitive.trans_domid = from;
    e->transitive.gref = from_ref;
    publish(e, domid, flags | GTF_transitive);
}

static unsigned int query_foreign_access(grant_ref_t ref)
{
    return __atomic_load_n((grant_status_t *)status_va + ref, __ATOMIC_ACQUIRE) & USED;
}

static bool end_foreign_access(grant_ref_t ref)
{
    __atomic_store_n(&entry_of(ref)->hdr.flags, 0, __ATOMIC_RELAXED);
    /* The hypervisor writes the status, then reads the flags again; we the other way round. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return !query_foreign_access(ref);
}

static unsigned long end_foreign_transfer(grant_ref_t ref)
{
    union grant_entry_v2 *e = entry_of(ref);
    uint16_t flags = __atomic_load_n(&e->hdr.flags, __ATOMIC_RELAXED);
    unsigned long frame;

    while (!(flags & GTF_transfer_committed)) {
        if (__atomic_compare_exchange_n(&e->hdr.flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED)) {
            return 0;
        }
    }
    while (!(__atomic_load_n(&e->hdr.flags, __ATOMIC_ACQUIRE) & GTF_transfer_completed)) {
        cpu_relax();
    }
    frame = e->full_page.frame;
    __atomic_store_n(&e->hdr.flags, 0, __ATOMIC_RELEASE);
    return frame;
}

const struct gnttab_abi gnttab_abi_v2 = {
    .version = 2,
    .per_frame = PAGE_SIZE / sizeof(union grant_entry_v2),
    .map_frames = map_frames,
    .unmap_frames = unmap_frames,
    .update_entry = update_entry,
    .update_sub_page = update_sub_page,
    .update_transitive = update_transitive,
    .end_foreign_access = end_foreign_access,
    .end_foreign_transfer = end_foreign_transfer,
    .query_foreign_access = query_foreign_access,
};
