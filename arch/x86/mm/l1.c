/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Level-1 tables and descriptor pages as wholes: 512 entries are done in one go, which is the unit
 * between preemption checks of everything above.
 *
 * No locks; the frame is in a state that is this CPU's alone (type.c).
 */
#include <hv/domain.h>
#include <asm/pv.h>

#include "table.h"

static void l1_put_below(pte_t *l1, unsigned int end, struct domain *d)
{
    uint32_t id = domain_owner_id(d);

    while (end--) {
        pte_t pte = { READ_ONCE(l1[end].v) };

        if (pte_present(pte)) {
            l1_entry_put_fast(pte, id, d);
        }
    }
}

int l1_validate(struct page_info *pg)
{
    struct domain *d = page_get_owner(pg);
    uint32_t id = domain_owner_id(d);
    pte_t *l1 = page_to_virt(pg);

    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        pte_t pte = { READ_ONCE(l1[i].v) };
        int rc;

        if (pte_present(pte)) {
            rc = l1_entry_get(&pte, id, d);
            if (likely(!rc)) {
                WRITE_ONCE(l1[i].v, pte.v);
                continue;
            }
        } else if (likely(l1tf_entry_ok(d, pte))) {
            continue;
        } else {
            rc = -EINVAL;
        }
        l1_put_below(l1, i, d);
        return rc;
    }
    pg->inuse.type_state = (pg->inuse.type_state & ~PTS_done_mask) | PT_ENTRIES;
    return 0;
}

void l1_release(struct page_info *pg)
{
    l1_put_below(page_to_virt(pg), PT_ENTRIES, page_get_owner(pg));
}

int seg_desc_validate(struct page_info *pg)
{
    struct domain *d = page_get_owner(pg);
    uint64_t *desc = page_to_virt(pg);

    for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*desc); i++) {
        uint64_t e = READ_ONCE(desc[i]);

        if (!pv_check_descriptor(d, &e)) {
            return -EINVAL;
        }
        WRITE_ONCE(desc[i], e);
    }
    return 0;
}
