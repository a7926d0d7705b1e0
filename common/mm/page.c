/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References on frames. count_info goes up only from above zero, so that a frame whose last
 * reference went, and which is on its way to the heap, cannot be caught again. No locks here; the
 * last put takes those of domheap.c.
 */
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/nospec.h>

struct domain *page_get_owner(const struct page_info *pg)
{
    uint32_t owner = READ_ONCE(pg->inuse.owner);

    return owner ? mfn_to_virt(_mfn(owner)) : NULL;
}

uint32_t page_owner_word(const struct domain *d)
{
    return (uint32_t)mfn_x(virt_to_mfn(d));
}

void page_set_owner(struct page_info *pg, struct domain *d)
{
    pg->inuse.owner = d ? page_owner_word(d) : 0;
}

bool get_page(struct page_info *pg, const struct domain *d)
{
    unsigned long x = READ_ONCE(pg->count_info);

    do {
        if (unlikely(!(x & PGC_count_mask))) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&pg->count_info, &x, x + 1, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    if (likely(page_get_owner(pg) == d)) {
        return true;
    }
    put_page(pg);
    return false;
}

struct page_info *get_page_from_mfn(mfn_t mfn, const struct domain *d)
{
    struct page_info *pg;

    if (!mfn_valid(mfn)) {
        return NULL;
    }
    pg = mfn_to_page(_mfn(array_index_nospec(mfn_x(mfn), max_page)));
    return get_page(pg, d) ? pg : NULL;
}

void put_page(struct page_info *pg)
{
    unsigned long x = __atomic_sub_fetch(&pg->count_info, 1, __ATOMIC_SEQ_CST);

    ASSERT((x & PGC_count_mask) != PGC_count_mask);
    if (unlikely((x & PGC_count_mask) == 0)) {
        free_domheap_page(pg);
    }
}

void put_page_alloc_ref(struct page_info *pg)
{
    if (__atomic_fetch_and(&pg->count_info, ~PGC_allocated, __ATOMIC_SEQ_CST) & PGC_allocated) {
        put_page(pg);
    }
}
