/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Version 1 entries: 8 bytes, with the hypervisor's reading and writing bits beside our flags.
 *
 * Both sides change the flags word, so we end an entry by compare-and-exchange. An entry belongs
 * to the owner of its reference; no lock.
 */
#include <guest/cpu.h>
#include <guest/gnttab.h>
#include <guest/mm.h>
#include <guest/pt.h>

#define USED (GTF_reading | GTF_writing)

static unsigned long shared_va;
static unsigned int mapped;

static struct grant_entry_v1 *entry_of(grant_ref_t ref)
{
    return (struct grant_entry_v1 *)shared_va + ref;
}

static long map_frames(unsigned int nr)
{
    long rc = gnttab_map_shared(&shared_va, nr);

    if (!rc && nr > mapped) {
        mapped = nr;
    }
    return rc;
}

static void unmap_frames(void)
{
    for (; mapped; mapped--) {
        pt_unmap(shared_va + (mapped - 1) * PAGE_SIZE);
    }
}

static void update_entry(grant_ref_t ref, domid_t domid, unsigned long frame, unsigned int flags)
{
    struct grant_entry_v1 *e = entry_of(ref);

    e->frame = (uint32_t)frame;
    e->domid = domid;
    __atomic_store_n(&e->flags, (uint16_t)flags, __ATOMIC_RELEASE);
}

static bool end_foreign_access(grant_ref_t ref)
{
    struct grant_entry_v1 *e = entry_of(ref);
    uint16_t flags = __atomic_load_n(&e->flags, __ATOMIC_RELAXED);

    do {
        if (flags & USED) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    return true;
}

static unsigned long end_foreign_transfer(grant_ref_t ref)
{
    struct grant_entry_v1 *e = entry_of(ref);
    uint16_t flags = __atomic_load_n(&e->flags, __ATOMIC_RELAXED);
    unsigned long frame;

    while (!(flags & GTF_transfer_committed)) {
        if (__atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED)) {
            return 0;
        }
    }
    /* The giver is committed: the frame comes soon. */
    while (!(__atomic_load_n(&e->flags, __ATOMIC_ACQUIRE) & GTF_transfer_completed)) {
        cpu_relax();
    }
    frame = e->frame;
    __atomic_store_n(&e->flags, 0, __ATOMIC_RELEASE);
    return frame;
}

static unsigned int query_foreign_access(grant_ref_t ref)
{
    return __atomic_load_n(&entry_of(ref)->flags, __ATOMIC_ACQUIRE) & USED;
}

const struct gnttab_abi gnttab_abi_v1 = {
    .version = 1,
    .per_frame = PAGE_SIZE / sizeof(struct grant_entry_v1),
    .map_frames = map_frames,
    .unmap_frames = unmap_frames,
    .update_entry = update_entry,
    .end_foreign_access = end_foreign_access,
    .end_foreign_transfer = end_foreign_transfer,
    .query_foreign_access = query_foreign_access,
};
