/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of frames, linked by frame number inside the frame table. The caller holds the list's lock;
 * a frame is on one list at most.
 */
#ifndef HV_PAGE_LIST_H
#define HV_PAGE_LIST_H

#include <hv/mm.h>

static inline void page_list_init(struct page_list *l)
{
    *l = (struct page_list){ PAGE_LIST_END, PAGE_LIST_END, 0 };
}

static inline bool page_list_empty(const struct page_list *l)
{
    return l->first == PAGE_LIST_END;
}

static inline struct page_info *page_list_at_(uint32_t nr)
{
    return mfn_to_page(_mfn(nr));
}

static inline uint32_t page_list_nr_(const struct page_info *pg)
{
    return (uint32_t)mfn_x(page_to_mfn(pg));
}

static inline void page_list_add(struct page_info *pg, struct page_list *l)
{
    uint32_t nr = page_list_nr_(pg);

    pg->link = (struct page_link){ .next = l->first, .prev = PAGE_LIST_END };
    if (l->first == PAGE_LIST_END) {
        l->last = nr;
    } else {
        page_list_at_(l->first)->link.prev = nr;
    }
    l->first = nr;
    l->count++;
}

static inline void page_list_add_tail(struct page_info *pg, struct page_list *l)
{
    uint32_t nr = page_list_nr_(pg);

    pg->link = (struct page_link){ .next = PAGE_LIST_END, .prev = l->last };
    if (l->last == PAGE_LIST_END) {
        l->first = nr;
    } else {
        page_list_at_(l->last)->link.next = nr;
    }
    l->last = nr;
    l->count++;
}

static inline void page_list_del(struct page_info *pg, struct page_list *l)
{
    struct page_link k = pg->link;

    if (k.prev == PAGE_LIST_END) {
        l->first = k.next;
    } else {
        page_list_at_(k.prev)->link.next = k.next;
    }
    if (k.next == PAGE_LIST_END) {
        l->last = k.prev;
    } else {
        page_list_at_(k.next)->link.prev = k.prev;
    }
    l->count--;
}

static inline struct page_info *page_list_first(const struct page_list *l)
{
    return page_list_empty(l) ? NULL : page_list_at_(l->first);
}

static inline struct page_info *page_list_last(const struct page_list *l)
{
    return page_list_empty(l) ? NULL : page_list_at_(l->last);
}

static inline struct page_info *page_list_next(const struct page_info *pg)
{
    return pg->link.next == PAGE_LIST_END ? NULL : page_list_at_(pg->link.next);
}

static inline struct page_info *page_list_pop(struct page_list *l)
{
    struct page_info *pg = page_list_first(l);

    if (pg) {
        page_list_del(pg, l);
    }
    return pg;
}

#endif
