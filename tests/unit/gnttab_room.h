/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two domains, one that grants and one that uses, for the unit tests of grant tables: their pages,
 * entries as the granter writes them, and operations of the user's current vCPU.
 */
#ifndef UNIT_GNTTAB_ROOM_H
#define UNIT_GNTTAB_ROOM_H

#include <gen/grant_table_op-dispatch.h>
#include <hv/domain.h>
#include <hv/mm.h>

#include "../../common/gnttab/private.h"

#define REF   20U
#define PAGES 4U

static struct domain *g, *m; /* who grants, who uses */
static struct page_info *pages[PAGES], *own[2];

static inline struct page_info *page_of(struct domain *d)
{
    struct page_info *pg = alloc_domheap_page(d, 0);

    assert_non_null(pg);
    return pg;
}

static inline int machine(void **state)
{
    fake_machine(4);
    return 0;
}

static inline int begin(void **state)
{
    fake_console_clear();
    g = fake_domain(1, 1, ~0U);
    m = fake_domain(2, 2, ~0U);
    g->max_pages = m->max_pages = 16;
    for (unsigned int i = 0; i < PAGES; i++) {
        pages[i] = page_of(g);
    }
    own[0] = page_of(m);
    own[1] = page_of(m);
    fake_set_current(m->vcpu[0]);
    return 0;
}

static inline int end(void **state)
{
    for (unsigned int i = 0; i < PAGES; i++) {
        assert_int_equal(pages[i]->count_info & PGC_count_mask, 1);
        assert_int_equal(pages[i]->inuse.type_info, 0);
        put_page_alloc_ref(pages[i]);
    }
    put_page_alloc_ref(own[0]);
    put_page_alloc_ref(own[1]);
    assert_int_equal(g->gnttab->in_use, 0);
    fake_domain_end(g);
    fake_domain_end(m);
    return 0;
}

static inline long set_version(struct domain *d, uint32_t version)
{
    struct gnttab_set_version op = { .version = version };
    struct vcpu *self = current;
    long rc;

    fake_set_current(d->vcpu[0]);
    rc = grant_table_op_set_version(1, fake_guest(&op));
    fake_set_current(self);
    return rc;
}

static inline union grant_entry_v2 *v2_of(grant_ref_t ref)
{
    return (union grant_entry_v2 *)g->gnttab->shared[0] + ref;
}

static inline grant_entry_v1_t *v1_of(grant_ref_t ref)
{
    return (grant_entry_v1_t *)g->gnttab->shared[0] + ref;
}

/* Frame and domain, then the flags, as a guest writes them. */
static inline void grant(grant_ref_t ref, struct page_info *pg, uint16_t flags)
{
    uint32_t head = 2U << 16 | flags;

    if (g->gnttab->version == 1) {
        __atomic_store_n(&v1_of(ref)->frame, (uint32_t)mfn_x(page_to_mfn(pg)), __ATOMIC_RELAXED);
        __atomic_store_n((uint32_t *)v1_of(ref), head, __ATOMIC_RELEASE);
    } else {
        __atomic_store_n(&v2_of(ref)->full_page.frame, mfn_x(page_to_mfn(pg)), __ATOMIC_RELAXED);
        __atomic_store_n((uint32_t *)v2_of(ref), head, __ATOMIC_RELEASE);
    }
}

static inline unsigned int bits_of(grant_ref_t ref)
{
    const uint16_t *word = g->gnttab->version == 1 ? &v1_of(ref)->flags
                                                   : g->gnttab->status[0] + ref;

    return __atomic_load_n(word, __ATOMIC_ACQUIRE) & (GTF_reading | GTF_writing);
}

/* The granter's end of access: true once nobody uses the entry. */
static inline bool end_access(grant_ref_t ref)
{
    uint16_t flags;

    if (g->gnttab->version == 2) {
        __atomic_store_n(&v2_of(ref)->hdr.flags, 0, __ATOMIC_SEQ_CST);
        (void)__atomic_fetch_or(&g->gnttab->status[0][ref], 0, __ATOMIC_SEQ_CST);
        return !bits_of(ref);
    }
    flags = __atomic_load_n(&v1_of(ref)->flags, __ATOMIC_RELAXED);
    do {
        if (flags & (GTF_reading | GTF_writing)) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&v1_of(ref)->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    return true;
}

static inline int16_t map(struct gnttab_map_grant_ref *op, grant_ref_t ref, uint32_t flags,
                          uint64_t at)
{
    *op = (struct gnttab_map_grant_ref){ .host_addr = at, .flags = flags, .ref = ref, .dom = 1 };
    assert_int_equal(grant_table_op_map_grant_ref(1, fake_guest(op)), 0);
    return op->status;
}

static inline int16_t unmap(uint32_t handle, uint64_t at, uint64_t bus)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = at, .dev_bus_addr = bus, .handle = handle };

    assert_int_equal(grant_table_op_unmap_grant_ref(1, fake_guest(&op)), 0);
    return op.status;
}

static inline int16_t copy_from(grant_ref_t ref, struct page_info *to, unsigned int len)
{
    struct gnttab_copy op = { .len = (uint16_t)len, .flags = GNTCOPY_source_gref };

    op.source.domid = 1;
    op.source.u.ref = ref;
    op.dest.domid = DOMID_SELF;
    op.dest.u.gmfn = mfn_x(page_to_mfn(to));
    assert_int_equal(grant_table_op_copy(1, fake_guest(&op)), 0);
    return op.status;
}

#endif
