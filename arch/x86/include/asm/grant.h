/* SPDX-License-Identifier: GPL-2.0-only */
/* References of granted frames, inline: grant operations take and drop some for each element. */
#ifndef ASM_GRANT_H
#define ASM_GRANT_H

#include <hv/errno.h>
#include <hv/lib.h>
#include <asm/page-type.h>

static always_inline struct page_info *grant_frame_get(mfn_t mfn, const struct domain *d)
{
    return frame_ref_get(mfn, d);
}
static always_inline void grant_frame_put(struct page_info *pg)
{
    page_ref_put(pg);
}

static always_inline int __must_check arch_grant_type_get(struct page_info *pg)
{
    return page_type_get(pg, PGT_writable_page) ? -EBUSY : 0;
}
static always_inline void arch_grant_type_put(struct page_info *pg)
{
    int rc = page_type_put(pg);

    ASSERT(!rc);
    (void)rc;
}

#endif
