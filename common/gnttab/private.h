/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of common/gnttab/ share: the table, its active entries, maptrack records.
 *
 * A table's frames are added at the end and kept until the domain's structure is freed, so a
 * pointer found once stays good. Its version changes only with the table's lock held and every
 * active entry's lock taken once after GT_CHANGING was set (version.c); whoever holds an active
 * entry's lock and has seen the same version before and after taking it keeps the version, and so
 * does who took it with the table's lock held. In between it may have been the other one: what was
 * found by it is still there, so versions need no number that tells them apart (I27).
 *
 * No operation on entries takes the table's lock, but for the first use of 128 entries' records and
 * while the version changes.
 *
 * Words that are read without a lock, and therefore have one meaning each for as long as the table
 * exists (I25): version, nr_frames, nr_maptrack; the pointers in shared, status, active and
 * maptrack once they are there; a maptrack record's name and flags; counts, by those who only tell
 * them.
 */
#ifndef GNTTAB_PRIVATE_H
#define GNTTAB_PRIVATE_H

#include <hv/arch/grant.h>
#include <hv/domain.h>
#include <hv/gnttab.h>
#include <hv/guest-access.h>
#include <hv/hypercall.h>
#include <hv/lib.h>
#include <hv/nospec.h>
#include <hv/xsm.h>
#include <public/grant_table.h>

#define V1_PER_FRAME     (PAGE_SIZE / sizeof(grant_entry_v1_t))
#define V2_PER_FRAME     (PAGE_SIZE / sizeof(grant_entry_v2_t))
#define STATUS_PER_FRAME (PAGE_SIZE / sizeof(grant_status_t))

/*
 * How often an entry is in use: by readers and writers of the mapper's CPUs (copies, too) and of
 * its devices. Four counters; the highest bit of each says that it is full.
 */
#define PIN_HSTR     (1UL << 0)
#define PIN_HSTW     (1UL << 16)
#define PIN_DEVR     (1UL << 32)
#define PIN_DEVW     (1UL << 48)
#define PIN_FULL     0x8000800080008000UL
#define PIN_WRITERS  0xffff0000ffff0000UL
#define PIN_COPY(ro) ((ro) ? PIN_HSTR : PIN_HSTW)

enum active_kind { ACTIVE_PAGE, ACTIVE_SUB_PAGE, ACTIVE_TRANSITIVE };

/* What may be copied of a page. */
struct extent {
    uint16_t start, length;
};

/* An entry in use: what was captured from the guest's words when its first user came. */
struct active_entry {
    spinlock_t lock;
    uint64_t pin;
    uint32_t mfn;  /* frame of the granter's; not of a transitive entry */
    domid_t domid; /* who uses it */
    struct extent extent;
    uint8_t kind; /* enum active_kind */
    bool counted; /* in in_use */
    uint8_t unused[4];
};
_Static_assert(sizeof(struct active_entry) == 32, "128 a page");
#define ACTIVE_PER_PAGE (PAGE_SIZE / sizeof(struct active_entry))

/*
 * A mapping of somebody's entry. `flags` 0: none. While it is not 0 it is guarded by that entry's
 * lock; `name` is written before it becomes so, and afterwards stays as it was (I25: who unmaps
 * reads both without a lock, in whatever state the record is).
 */
struct maptrack {
    uint64_t name;  /* the granter's structure, referenced while flags is not 0, and entry */
    uint32_t next;  /* of a free list, its owner's alone: the next handle plus one */
    uint16_t flags; /* GNTMAP_*: host and device say which mappings are there */
    uint16_t unused;
};
_Static_assert(sizeof(struct maptrack) == 16, "256 a page");
#define MAPTRACK_PER_PAGE (PAGE_SIZE / sizeof(struct maptrack))

/* What is built, and of that, what `gnttab=` leaves to domains (table.c). */
#ifdef CONFIG_GRANT_V2
#define GNTTAB_BUILT_VERSION 2U
#else
#define GNTTAB_BUILT_VERSION 1U
#endif
#ifdef CONFIG_GRANT_TRANSITIVE
#define GNTTAB_TRANSITIVE_BUILT true
#else
#define GNTTAB_TRANSITIVE_BUILT false
#endif
extern struct gnttab_options {
    uint8_t max_version;
    bool transitive, transfer;
} gnttab_opt;

#define GT_CHANGING 0x100U /* in `version` */

struct grant_table {
    spinlock_t lock; /* frames, version, exchange of entries */
    uint32_t max_frames, max_version;
    uint32_t version;   /* 1 or 2, and GT_CHANGING: operations on entries wait for the lock */
    uint32_t nr_frames; /* published with release */
    uint32_t nr_status; /* status frames that exist, also while the version is 1 */
    void **shared;      /* [max_frames] */
    grant_status_t **status;
    struct active_entry **active; /* pages, made at first use, published with release */

    spinlock_t maptrack_lock;           /* what follows, but for records in use */
    struct maptrack **maptrack;         /* pages, published with release; made at first use */
    uint32_t max_maptrack, nr_maptrack; /* in pages */
    uint32_t overflow, nr_overflow;     /* shared free list: first handle plus one; in batches */
    uint32_t release_next;              /* progress of a dying domain */
    uint32_t peak_maptrack;

    uint32_t failed_frames, failed_entries, failed_maptrack;
    uint32_t in_use __aligned(64); /* entries that are mapped; copies come and go uncounted */
    uint32_t peak_in_use;
};

/* version is 1 or 2. */
_Static_assert(V1_PER_FRAME == 1U << 9 && V2_PER_FRAME == 1U << 8, "a shift by version");
static always_inline uint32_t entries_of(uint32_t frames, uint32_t version)
{
    return frames << (10 - version);
}

static inline uint32_t status_frames_of(uint32_t frames)
{
    return (uint32_t)DIV_ROUND_UP(frames * V2_PER_FRAME, STATUS_PER_FRAME);
}

/* The version while nobody changes it: the table's lock is held. */
static inline uint32_t table_version(const struct grant_table *t)
{
    return t->version & ~GT_CHANGING;
}

/* Frames. grow: to nr frames, with the status frames that the version wants; t is d's, its lock
 * held. 0, -EINVAL: more than d may have, -ENOMEM, -ERESTART: to be called again. */
int gnttab_grow(struct domain *d, struct grant_table *t, uint32_t nr) __must_hold(t->lock)
    __must_check;
int gnttab_grow_status(struct domain *d, struct grant_table *t, uint32_t nr) __must_hold(t->lock)
    __must_check;
/* The page of records that ref's is in, made if need be; NULL when there is no memory. */
struct active_entry *gnttab_active_page(struct grant_table *t, grant_ref_t ref)
    __must_hold(t->lock);

/*
 * Pinning (entry.c): d's entry ref for the domain `user`, to map it with what `pin` adds (readers
 * and writers, by CPU and device), or to copy from or to it; copy_direct follows a transitive entry
 * and refuses another. GNTST_*; on GNTST_okay *p says what was pinned, and pg holds a general
 * reference on its frame (NULL for a transitive entry, whose target is named).
 * gnttab_unpin: gives back what one of these added; act is the entry's record, ref its number, from
 * there. None is called with a grant lock held.
 */
struct pinned {
    struct page_info *pg;
    struct active_entry *act;
    grant_ref_t ref; /* as the guest said it, clamped */
    struct extent extent;
    domid_t trans_domid;
    grant_ref_t trans_gref;
};
int16_t gnttab_pin_map(struct domain *d, grant_ref_t ref, domid_t user, uint64_t pin,
                       struct pinned *p) __no_lock_analysis __must_check;
int16_t gnttab_pin_copy(struct domain *d, grant_ref_t ref, domid_t user, bool readonly,
                        struct pinned *p) __no_lock_analysis __must_check;
int16_t gnttab_pin_copy_direct(struct domain *d, grant_ref_t ref, domid_t user, bool readonly,
                               struct pinned *p) __no_lock_analysis __must_check;
void gnttab_unpin(struct domain *d, struct active_entry *act, grant_ref_t ref,
                  uint64_t pin) __no_lock_analysis;
/* The entry's record, of a reference that is or was pinned. */
static always_inline struct active_entry *gnttab_active(const struct grant_table *t,
                                                        grant_ref_t ref)
{
    return &t->active[ref / ACTIVE_PER_PAGE][ref % ACTIVE_PER_PAGE];
}
/* Entries as guests have them, for version.c and dump.c; the version is kept by the caller. */
void gnttab_entries_clear(struct grant_table *t);
int gnttab_reserved_save(struct grant_table *t, uint32_t to, union grant_entry_v2 *keep)
    __must_check;
void gnttab_reserved_restore(struct grant_table *t, uint32_t version,
                             const union grant_entry_v2 *keep);
void gnttab_entries_exchange(struct grant_table *t, grant_ref_t a, grant_ref_t b);
void gnttab_entry_read(struct grant_table *t, grant_ref_t ref, union grant_entry_v2 *e);
/* Transfers: an entry that accepts a page of user's is committed; then completed with the frame. */
bool gnttab_transfer_commit(struct grant_table *t, grant_ref_t ref, domid_t user) __must_check;
void gnttab_transfer_cancel(struct grant_table *t, grant_ref_t ref);
void gnttab_transfer_complete(struct grant_table *t, grant_ref_t ref, mfn_t mfn);

/* Maptrack (maptrack.c): a handle of the current vCPU's, and its record, or NULL. */
#define MAPTRACK_BATCH 64U
uint32_t maptrack_in_use(const struct domain *d);
/* The most that were in use so far; the maptrack lock is held. */
uint32_t maptrack_peak(struct domain *d);
/* For an empty list, and one that is too long. */
bool maptrack_refill(struct vcpu *v) __must_check;
void maptrack_spill(struct vcpu *v);

static always_inline struct maptrack *maptrack_record(const struct grant_table *t, uint32_t handle)
{
    return &t->maptrack[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
}

/* NULL: no such handle. The number is the guest's. */
static always_inline struct maptrack *maptrack_lookup(const struct grant_table *t, uint32_t handle)
{
    uint32_t nr = smp_load_acquire(&t->nr_maptrack) * (uint32_t)MAPTRACK_PER_PAGE;

    if (unlikely(handle >= nr)) {
        return NULL;
    }
    return maptrack_record(t, (uint32_t)array_index_nospec(handle, nr));
}

static always_inline struct maptrack *maptrack_alloc(struct vcpu *v, uint32_t *handle)
{
    struct maptrack *mt;

    if (unlikely(!v->gnttab.head) && !maptrack_refill(v)) {
        return NULL;
    }
    *handle = v->gnttab.head - 1;
    mt = maptrack_record(v->domain->gnttab, *handle);
    v->gnttab.head = mt->next;
    if (--v->gnttab.count < v->gnttab.least) {
        v->gnttab.least = v->gnttab.count;
    }
    return mt;
}

/* mt is the handle's record. */
static always_inline void maptrack_free(struct vcpu *v, struct maptrack *mt, uint32_t handle)
{
    mt->next = v->gnttab.head;
    v->gnttab.head = handle + 1;
    if (unlikely(++v->gnttab.count == 2 * MAPTRACK_BATCH)) {
        maptrack_spill(v);
    }
}

/*
 * Whom and what a record names, one word: read without a lock, it is a pair that belongs together.
 * The granter's structure holds for the length of a hypercall even when the record is freed.
 */
static always_inline uint64_t maptrack_read_name(const struct maptrack *mt)
{
    return smp_load_acquire(&mt->name);
}
static always_inline void maptrack_name(struct maptrack *mt, struct domain *granter,
                                        grant_ref_t ref)
{
    WRITE_ONCE(mt->name, mfn_x(virt_to_mfn(granter)) << 32 | ref);
}
static always_inline struct domain *maptrack_granter(uint64_t name)
{
    return mfn_to_virt(_mfn(name >> 32));
}
static always_inline grant_ref_t maptrack_ref(uint64_t name)
{
    return (grant_ref_t)name;
}

/* What a mapping with these GNTMAP_* pins. */
static inline uint64_t map_pins(uint32_t flags)
{
    bool ro = flags & GNTMAP_readonly;

    return ((flags & GNTMAP_host_map) ? (ro ? PIN_HSTR : PIN_HSTW) : 0) +
           ((flags & GNTMAP_device_map) ? (ro ? PIN_DEVR : PIN_DEVW) : 0);
}

/* An array of a guest's. 0, -EINVAL or -EFAULT. */
static inline long gnttab_array_check(guest_ptr_t array, size_t size, unsigned int count)
{
    if (unlikely((int)count < 0)) {
        return -EINVAL;
    }
    /* A single element is checked by its own copy. */
    return count == 1 || likely(guest_access_ok(array, count * size)) ? 0 : -EFAULT;
}

/* After i elements: is it time to look after others? Asked every few, as each is short (I6). */
static always_inline bool gnttab_preempt(unsigned int i)
{
    return i && !(i % 8) && unlikely(hypercall_preempt_check());
}

/*
 * The rest of an array after i elements: the call is made again with it. For handlers of
 * (count, array of elements of that size).
 */
static inline long gnttab_continue(guest_ptr_t array, size_t size, unsigned int i,
                                   unsigned int count)
{
    hypercall_set_arg(1, guest_ptr_add(array, i * size).va);
    hypercall_set_arg(2, count - i);
    return -ERESTART;
}

#endif
