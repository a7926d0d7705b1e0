/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables that translate a device's addresses: 512 entries of 8 bytes a table, up to four levels,
 * level 1 last. The two kinds of units differ in the entries' bits alone.
 */
#ifndef PASSTHROUGH_TABLE_H
#define PASSTHROUGH_TABLE_H

#include <hv/iommu.h>

#define IOMMU_TABLE_BITS    9
#define IOMMU_TABLE_ENTRIES 512U
#define IOMMU_ADDRESS_MASK  0x000ffffffffff000UL

struct table_format {
    const char *name;
    uint64_t present; /* any of these: the entry is there */
    uint64_t read, write;
    uint64_t leaf;           /* in each entry that maps memory */
    uint64_t table;          /* in each entry that names a table */
    uint64_t large;          /* marks one that maps memory above level 1; 0: next_mask says it */
    unsigned int next_shift; /* the level of the table that an entry names; 0 with next_mask 0 */
    uint64_t next_mask;      /* that field; 0 in an entry that maps memory */
};

struct iommu_table {
    const struct table_format *format;
    mfn_t root;
    unsigned int levels;
    unsigned int largest; /* highest level at which memory may be mapped: 1 to 3 */
    bool coherent;        /* units look into the CPUs' caches */
    unsigned long frames; /* that the tables take */
};

/* An empty root. 0, -ENOMEM. */
int iommu_table_init(struct iommu_table *t) __must_check;
/* Every address of it leads to that frame, to be read alone; such a table is kept for ever. 0,
 * -ENOMEM: as it was. */
int iommu_table_fill(struct iommu_table *t, mfn_t mfn) __must_check;
/* Frees some of the tables, which no unit uses: true when only the root is left; or nothing. What
 * leaves of the root map stays. */
bool iommu_table_empty_some(struct iommu_table *t, unsigned int budget);
bool iommu_table_free_some(struct iommu_table *t, unsigned int budget);

/* As iommu_map(), iommu_unmap(), iommu_lookup() of hv/iommu.h, under the context's lock. */
int iommu_table_map(struct iommu_table *t, dfn_t dfn, mfn_t mfn, unsigned long count,
                    unsigned int perms, struct iommu_flush *flush) __must_check;
int iommu_table_unmap(struct iommu_table *t, dfn_t dfn, unsigned long count,
                      struct iommu_flush *flush) __must_check;
mfn_t iommu_table_lookup(const struct iommu_table *t, dfn_t dfn, unsigned int *perms);

static inline unsigned int iommu_table_shift(unsigned int level)
{
    return (level - 1) * IOMMU_TABLE_BITS;
}

#endif
