/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of a context. A range takes the largest mappings that its alignment allows; where it
 * covers what a table mapped piece by piece, the table goes (and is freed after the flush); where
 * it is a part of a large mapping, that one is divided first.
 *
 * Invariant: an entry changes by one store, from one valid state to another (I15); a table is
 * filled, and written back where units do not look into caches, before an entry names it; no frame
 * of a table is freed here that a unit may still read: it is handed to the caller's flush (I12).
 *
 * Locks: the context's, held by the caller (context.c).
 */
#include <hv/arch/iommu.h>
#include <hv/lib.h>
#include <hv/page-list.h>

#include "table.h"

static uint64_t *table_of(mfn_t mfn)
{
    return mfn_to_virt(mfn);
}

static bool is_present(const struct iommu_table *t, uint64_t e)
{
    return e & t->format->present;
}

static bool is_leaf(const struct iommu_table *t, uint64_t e, unsigned int level)
{
    return level == 1 ||
           (t->format->large ? (e & t->format->large) != 0 : !(e & t->format->next_mask));
}

static mfn_t entry_mfn(uint64_t e)
{
    return maddr_to_mfn(_maddr(e & IOMMU_ADDRESS_MASK));
}

static uint64_t make_leaf(const struct iommu_table *t, mfn_t mfn, unsigned int perms,
                          unsigned int level)
{
    const struct table_format *f = t->format;

    return maddr_x(mfn_to_maddr(mfn)) | f->leaf | (perms & IOMMU_READ ? f->read : 0) |
           (perms & IOMMU_WRITE ? f->write : 0) | (level > 1 ? f->large : 0);
}

/* level: that of the table that the entry names. */
static uint64_t make_table(const struct iommu_table *t, mfn_t mfn, unsigned int level)
{
    const struct table_format *f = t->format;

    return maddr_x(mfn_to_maddr(mfn)) | f->table |
           ((uint64_t)level << f->next_shift & f->next_mask);
}

static void write_back(const struct iommu_table *t, const void *va, size_t bytes)
{
    if (!t->coherent) {
        arch_cache_write_back(va, bytes);
    }
}

static void set_entry(const struct iommu_table *t, uint64_t *slot, uint64_t e)
{
    WRITE_ONCE(*slot, e);
    write_back(t, slot, sizeof(*slot));
}

/* A table whose entries are `first`, first + step ...; not yet named by any. NULL: no memory. */
static uint64_t *new_table(struct iommu_table *t, uint64_t first, uint64_t step)
{
    struct page_info *pg = alloc_domheap_page(NULL, MEMF_no_scrub);
    uint64_t *table;

    if (!pg) {
        return NULL;
    }
    table = page_to_virt(pg);
    for (unsigned int i = 0; i < IOMMU_TABLE_ENTRIES; i++) {
        table[i] = first + i * step;
    }
    write_back(t, table, PAGE_SIZE);
    smp_wmb();
    t->frames++;
    return table;
}

int iommu_table_init(struct iommu_table *t)
{
    uint64_t *root = new_table(t, 0, 0);

    if (!root) {
        return -ENOMEM;
    }
    t->root = virt_to_mfn(root);
    return 0;
}

static void note(struct iommu_flush *flush, unsigned int what, dfn_t dfn, unsigned long count)
{
    dfn_t last = dfn_add(dfn, count - 1);

    if (!flush->what) {
        flush->first = dfn;
        flush->last = last;
    }
    flush->what |= what;
    flush->first = dfn_lt(dfn, flush->first) ? dfn : flush->first;
    flush->last = dfn_lt(flush->last, last) ? last : flush->last;
}

static void drop_frame(struct iommu_table *t, mfn_t mfn, struct iommu_flush *flush)
{
    page_list_add_tail(mfn_to_page(mfn), &flush->freed);
    t->frames--;
}

/*
 * The table of that level, which nothing names any more, and those that it names. A mapping of
 * 1 GiB in place of one goes over 513 tables at most; larger ones are not made.
 */
static void drop_tables(struct iommu_table *t, mfn_t mfn, unsigned int level,
                        struct iommu_flush *flush)
{
    const uint64_t *table = table_of(mfn);

    for (unsigned int i = 0; level > 1 && i < IOMMU_TABLE_ENTRIES; i++) {
        if (is_present(t, table[i]) && !is_leaf(t, table[i], level)) {
            drop_tables(t, entry_mfn(table[i]), level - 1, flush);
        }
    }
    drop_frame(t, mfn, flush);
}

/* In an entry's place a new one; what a table behind it held is gone with the flush. */
static void replace(struct iommu_table *t, uint64_t *slot, uint64_t e, unsigned int level,
                    dfn_t dfn, struct iommu_flush *flush)
{
    uint64_t old = *slot;

    if (old == e) {
        return;
    }
    set_entry(t, slot, e);
    if (!is_present(t, old)) {
        note(flush, IOMMU_FLUSH_ADDED, dfn, 1UL << iommu_table_shift(level));
        return;
    }
    note(flush, IOMMU_FLUSH_MODIFIED, dfn, 1UL << iommu_table_shift(level));
    if (!is_leaf(t, old, level)) {
        drop_tables(t, entry_mfn(old), level - 1, flush);
    }
}

/* A large mapping becomes a table of the next lower level's, which map the same. */
static int divide(struct iommu_table *t, uint64_t *slot, unsigned int level, dfn_t dfn,
                  struct iommu_flush *flush)
{
    uint64_t e = *slot & ~t->format->large;
    uint64_t *table = new_table(t, level > 2 ? e | t->format->large : e,
                                PAGE_SIZE << iommu_table_shift(level - 1));

    if (!table) {
        return -ENOMEM;
    }
    set_entry(t, slot, make_table(t, virt_to_mfn(table), level - 1));
    note(flush, IOMMU_FLUSH_MODIFIED, dfn, 1);
    return 0;
}

/*
 * The entry of `level` for dfn. Missing tables are made when `make` says so, otherwise NULL is in
 * *slot where one is missing. A large mapping on the way is divided. 0, -ENOMEM.
 */
static int find_slot(struct iommu_table *t, dfn_t dfn, unsigned int level, bool make,
                     struct iommu_flush *flush, uint64_t **slot, unsigned int *found)
{
    uint64_t *table = table_of(t->root), *entry;
    unsigned int at;

    for (at = t->levels;; at--) {
        entry = &table[dfn_x(dfn) >> iommu_table_shift(at) & (IOMMU_TABLE_ENTRIES - 1)];
        *slot = entry;
        *found = at;
        if (at == level) {
            return 0;
        }
        if (!is_present(t, *entry)) {
            uint64_t *below = make ? new_table(t, 0, 0) : NULL;

            if (!below) {
                *slot = NULL;
                return make ? -ENOMEM : 0;
            }
            set_entry(t, entry, make_table(t, virt_to_mfn(below), at - 1));
        } else if (is_leaf(t, *entry, at) && divide(t, entry, at, dfn, flush)) {
            return -ENOMEM;
        }
        table = table_of(entry_mfn(*entry));
    }
}

/* The largest level at which count frames from there on begin with a whole mapping. */
static unsigned int level_for(unsigned int largest, uint64_t bits, unsigned long count)
{
    unsigned int level = largest;

    while (level > 1 && ((bits & ((1UL << iommu_table_shift(level)) - 1)) ||
                         count >> iommu_table_shift(level) == 0)) {
        level--;
    }
    return level;
}

static bool in_reach(const struct iommu_table *t, dfn_t dfn, unsigned long count)
{
    uint64_t end = 1UL << t->levels * IOMMU_TABLE_BITS;

    return count && dfn_x(dfn) < end && count <= end - dfn_x(dfn);
}

int iommu_table_map(struct iommu_table *t, dfn_t dfn, mfn_t mfn, unsigned long count,
                    unsigned int perms, struct iommu_flush *flush)
{
    unsigned long done = 0;
    int rc = 0;

    if (!in_reach(t, dfn, count) || !(perms & (IOMMU_READ | IOMMU_WRITE))) {
        return -EINVAL;
    }
    while (done < count) {
        dfn_t at = dfn_add(dfn, done);
        mfn_t to = mfn_add(mfn, done);
        unsigned int level = level_for(t->largest, dfn_x(at) | mfn_x(to), count - done), found;
        uint64_t *slot;

        rc = find_slot(t, at, level, true, flush, &slot, &found);
        if (rc) {
            break;
        }
        replace(t, slot, make_leaf(t, to, perms, level), level, at, flush);
        done += 1UL << iommu_table_shift(level);
    }
    if (rc && iommu_table_unmap(t, dfn, count, flush)) {
        /* Whatever could not be divided has gone as a whole: less is mapped, not more. */
        rc = -ENOMEM;
    }
    return rc;
}

/* The first frame of what an entry of that level stands for. */
static dfn_t whole_of(dfn_t dfn, unsigned int level)
{
    return _dfn(dfn_x(dfn) >> iommu_table_shift(level) << iommu_table_shift(level));
}

int iommu_table_unmap(struct iommu_table *t, dfn_t dfn, unsigned long count,
                      struct iommu_flush *flush)
{
    unsigned long done = 0;
    int rc = 0;

    if (!in_reach(t, dfn, count)) {
        return -EINVAL;
    }
    while (done < count) {
        dfn_t at = dfn_add(dfn, done);
        /* A whole table's range goes at once, also where memory is never mapped so. */
        unsigned int level = level_for(t->levels, dfn_x(at), count - done), found;
        uint64_t *slot;
        int failed = find_slot(t, at, level, false, flush, &slot, &found);

        if (failed) {
            rc = failed;
        }
        if (slot) {
            replace(t, slot, 0, found, whole_of(at, found), flush);
        }
        /* The rest of what `found` stands for has nothing, or has gone. */
        done += (1UL << iommu_table_shift(found)) - dfn_diff(at, whole_of(at, found));
    }
    return rc;
}

mfn_t iommu_table_lookup(const struct iommu_table *t, dfn_t dfn, unsigned int *perms)
{
    const uint64_t *table = table_of(t->root);

    *perms = 0;
    if (!in_reach(t, dfn, 1)) {
        return INVALID_MFN;
    }
    for (unsigned int level = t->levels;; level--) {
        uint64_t e = table[dfn_x(dfn) >> iommu_table_shift(level) & (IOMMU_TABLE_ENTRIES - 1)];

        if (!is_present(t, e)) {
            return INVALID_MFN;
        }
        if (is_leaf(t, e, level)) {
            *perms = (e & t->format->read ? IOMMU_READ : 0) |
                     (e & t->format->write ? IOMMU_WRITE : 0);
            return mfn_add(entry_mfn(e), dfn_x(dfn) & ((1UL << iommu_table_shift(level)) - 1));
        }
        table = table_of(entry_mfn(e));
    }
}

int iommu_table_fill(struct iommu_table *t, mfn_t mfn)
{
    uint64_t e = make_leaf(t, mfn, IOMMU_READ, 1), *root = table_of(t->root);
    mfn_t made[4];
    unsigned int level;

    for (level = 1; level < t->levels; level++) {
        uint64_t *table = new_table(t, e, 0);

        if (!table) {
            goto free_made;
        }
        made[level] = virt_to_mfn(table);
        e = make_table(t, made[level], level);
    }
    for (unsigned int i = 0; i < IOMMU_TABLE_ENTRIES; i++) {
        set_entry(t, &root[i], e);
    }
    return 0;

free_made:
    while (--level) {
        free_domheap_page(mfn_to_page(made[level]));
        t->frames--;
    }
    return -ENOMEM;
}

/* One step: the first table below `table` that names no other goes. False: there is none. */
static bool free_lowest(struct iommu_table *t, uint64_t *table, unsigned int level)
{
    for (unsigned int i = 0; level > 1 && i < IOMMU_TABLE_ENTRIES; i++) {
        uint64_t e = table[i];

        if (!is_present(t, e) || is_leaf(t, e, level)) {
            continue;
        }
        if (!free_lowest(t, table_of(entry_mfn(e)), level - 1)) {
            free_domheap_page(mfn_to_page(entry_mfn(e)));
            t->frames--;
            table[i] = 0;
        }
        return true;
    }
    return false;
}

bool iommu_table_empty_some(struct iommu_table *t, unsigned int budget)
{
    while (t->frames > 1 && budget--) {
        (void)free_lowest(t, table_of(t->root), t->levels);
    }
    return t->frames <= 1;
}

bool iommu_table_free_some(struct iommu_table *t, unsigned int budget)
{
    if (!iommu_table_empty_some(t, budget)) {
        return false;
    }
    if (t->frames) {
        free_domheap_page(mfn_to_page(t->root));
        t->frames--;
    }
    return true;
}
