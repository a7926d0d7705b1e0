/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of levels 2 to 4 as wholes: validation goes up, release goes down, and both keep in
 * type_state how far they are, so either can go on where the other stopped. At least one entry is
 * done between two preemption checks.
 *
 * No locks; the frame is in a state that is this CPU's alone (type.c).
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <asm/boot.h>
#include <asm/perdomain.h>
#include <asm/xpti.h>

#include "table.h"

/* Slots of a guest's table that the guest decides on. */
static bool slot_is_guests(unsigned int level, unsigned int i)
{
    return level < 4 || !l4_slot_is_hypervisor(i);
}

void l4_slots_fill(pte_t *l4, const struct domain *d)
{
    for (unsigned int i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++) {
        WRITE_ONCE(l4[i].v, idle_pg_table[i].v);
    }
    WRITE_ONCE(l4[PERDOMAIN_SLOT].v, pv_perdomain_l4e(d).v);
}

/* Nobody's CR3 is this table any more; nothing of the hypervisor stays readable in it (I18). */
void l4_slots_clear(pte_t *l4)
{
    for (unsigned int i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++) {
        WRITE_ONCE(l4[i].v, 0);
    }
}

#define PTS_child_mask (PTS_child | PTS_linear_child)

/* child: of these bits those that hold. */
static void keep_progress(struct page_info *pg, unsigned int done, uint32_t child)
{
    uint32_t linear = pg->inuse.type_state & ~(PTS_done_mask | PTS_child_mask);

    pg->inuse.type_state = linear | done | child;
}

/* Entry i, whose frame perhaps was left PARTIAL under our general reference. */
static int entry_validate(pte_t pte, unsigned int level, unsigned int i, struct page_info *pg,
                          struct domain *d, bool *child)
{
    struct page_info *below = mfn_to_page(pte_mfn(pte));
    int rc;

    if (!*child) {
        rc = table_entry_get(pte, level, i, pg, d, child);
        if (rc == -ERESTART) {
            /* Asked again later by its number: the frame keeps itself. */
            *child = false;
        }
        return rc;
    }
    rc = page_type_get(below, PGT_table(level - 1));
    *child = rc != 0;
    return rc;
}

/* Most entries of a table are 0, which refers to nothing: the first from i on that is not. */
static always_inline unsigned int next_entry(const pte_t *table, unsigned int i)
{
    while (i < PT_ENTRIES && !READ_ONCE(table[i].v)) {
        i++;
    }
    return i;
}

/* The number of entries below i, less those at their end that are 0. */
static always_inline unsigned int entries_below(const pte_t *table, unsigned int i)
{
    while (i && !READ_ONCE(table[i - 1].v)) {
        i--;
    }
    return i;
}

int table_validate(struct page_info *pg, unsigned int level)
{
    struct domain *d = page_get_owner(pg);
    pte_t *table = page_to_virt(pg);
    uint32_t state = pg->inuse.type_state;
    unsigned int first = state & PTS_done_mask;
    bool child = state & PTS_child, worked = false;
    int rc = 0;
    unsigned int i;

    if (state & PTS_linear_child) {
        /* What its release stopped at is asked for anew, as any other entry. */
        page_ref_put(mfn_to_page(pte_mfn(table[first])));
        child = false;
    }
    for (i = first; (i = next_entry(table, i)) < PT_ENTRIES; i++) {
        pte_t pte = { READ_ONCE(table[i].v) };

        if (!slot_is_guests(level, i)) {
            continue;
        }
        if (!pte_present(pte)) {
            if (!l1tf_entry_ok(d, pte)) {
                rc = -EINVAL;
                break;
            }
            continue;
        }
        if (worked && hypercall_preempt_check()) {
            rc = -ERESTART;
            break;
        }
        rc = entry_validate(pte, level, i, pg, d, &child);
        if (rc) {
            break;
        }
        worked = true;
        WRITE_ONCE(table[i].v, table_adjust(pte).v);
    }
    keep_progress(pg, i, child ? PTS_child : 0);
    if (!rc && level == 4) {
        l4_slots_fill(table, d);
        xpti_root_changed(d, false);
    }
    return rc;
}

/*
 * Only what validation or release went into is finished. The guest may have made the frame, of
 * which we hold no type, something else since, and a PARTIAL table of this level or a higher one
 * has a child of its own: a chain of those, gone down, would have no end.
 */
static int child_finish(struct page_info *below, unsigned int level, uint32_t state)
{
    return state & PTS_linear_child ? page_type_finish_linear(below, PGT_table(level))
                                    : page_type_finish_as(below, PGT_table(level - 1));
}

/* The entry's references are there, so its frame's type stays. */
static bool entry_is_linear(pte_t pte, unsigned int level)
{
    return page_type_level(READ_ONCE(mfn_to_page(pte_mfn(pte))->inuse.type_info)) == level;
}

int table_release(struct page_info *pg, unsigned int level)
{
    pte_t *table = page_to_virt(pg);
    uint32_t state = pg->inuse.type_state;
    unsigned int i = state & PTS_done_mask;
    bool worked = false;

    if (state & PTS_child) {
        struct page_info *below = mfn_to_page(pte_mfn(table[i]));

        if (child_finish(below, level, state)) {
            return -ERESTART;
        }
        page_ref_put(below);
        keep_progress(pg, i, 0);
        worked = true;
    }
    while ((i = entries_below(table, i))) {
        pte_t pte = { READ_ONCE(table[i - 1].v) };
        bool linear;

        if (!slot_is_guests(level, i - 1) || !pte_present(pte)) {
            i--;
            continue;
        }
        if (worked && hypercall_preempt_check()) {
            keep_progress(pg, i, 0);
            return -ERESTART;
        }
        i--;
        worked = true;
        linear = entry_is_linear(pte, level);
        if (table_entry_put(pte, level, pg)) {
            keep_progress(pg, i, PTS_child | (linear ? PTS_linear_child : 0));
            return -ERESTART;
        }
    }
    keep_progress(pg, 0, 0);
    if (level == 4) {
        l4_slots_clear(table);
    }
    return 0;
}
