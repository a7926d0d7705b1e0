/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: references of granted frames are those of common/. */
#ifndef ASM_GRANT_H
#define ASM_GRANT_H

#include <hv/mm.h>

static inline struct page_info *grant_frame_get(mfn_t mfn, const struct domain *d)
{
    return get_page_from_mfn(mfn, d);
}
static inline void grant_frame_put(struct page_info *pg)
{
    put_page(pg);
}

/* fake/grant.c: plain counts. */
int arch_grant_type_get(struct page_info *pg);
void arch_grant_type_put(struct page_info *pg);

#endif
