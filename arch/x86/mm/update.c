/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing one entry of a live page table. References of the new entry are taken first, the entry
 * is written by one 64-bit store or compare-and-exchange, then the old one's are given back (I11,
 * I15). The TLB is the guest's business: what it could still reach stays harmless until the frame
 * changes its type, and that flushes.
 *
 * The table's page lock is held. Called by mmu_update, update_va_mapping and page-table write
 * emulation.
 */
#include <hv/domain.h>

#include <asm/xpti.h>

#include "table.h"

/* Bits whose change needs no other references. */
#define L1_FREE_BITS    (PTE_NX | PTE_AVAIL | (0x7ffUL << 52) | PTE_G | PTE_D | PTE_A | PTE_US)
#define TABLE_FREE_BITS (PTE_NX | PTE_AVAIL | (0x7ffUL << 52) | PTE_D | PTE_A | PTE_US)

/* The CPU may set accessed and dirty bits meanwhile: the new entry has them too, or what it
 * replaced is told with them. */
enum writing { PLAIN, PRESERVE_AD, EXCHANGE };

/* What was replaced, where it is an exchange; `old` otherwise. */
static always_inline pte_t slot_write(pte_t *slot, pte_t old, pte_t new, enum writing how)
{
    uint64_t seen;

    switch (how) {
    case PLAIN:
        WRITE_ONCE(slot->v, new.v);
        break;
    case PRESERVE_AD:
        seen = old.v;
        do {
            new.v |= seen &(PTE_A | PTE_D);
        } while (!__atomic_compare_exchange_n(&slot->v, &seen, new.v, false, __ATOMIC_SEQ_CST,
                                              __ATOMIC_RELAXED));
        break;
    case EXCHANGE:
        old.v = __atomic_exchange_n(&slot->v, new.v, __ATOMIC_SEQ_CST);
        break;
    }
    return old;
}

/*
 * Another protection for the same frame of the owner's own: the general reference stays where it
 * is, only the writable one comes or goes. *old holds a reference, so the frame's owner is stable.
 */
static always_inline int protection_write(pte_t *slot, pte_t *old, pte_t new, enum writing how,
                                          struct page_info *pg)
{
    if (new.v & PTE_RW) {
        if (unlikely(page_type_get(pg, PGT_writable_page))) {
            return -EBUSY;
        }
        *old = slot_write(slot, *old, l1_adjust_ram(new), how);
    } else {
        *old = slot_write(slot, *old, l1_adjust_ram(new), how);
        if (unlikely(page_type_put(pg))) {
            ASSERT_UNREACHABLE(); /* only tables are released in parts */
        }
    }
    return 0;
}

/* *old: what slot_write() returned, where the answer is 0. */
static always_inline int l1_write(pte_t *slot, pte_t *old, pte_t new, enum writing how,
                                  struct domain *owner, struct domain *pg_owner)
{
    uint32_t id = domain_owner_id(owner);

    old->v = READ_ONCE(slot->v);
    if (pte_present(new)) {
        uint64_t changes = (old->v ^ new.v) & ~L1_FREE_BITS;

        if (pte_present(*old) && !changes) {
            *old = slot_write(slot, *old, l1_adjust(new), how);
            return 0;
        }
        if (changes == PTE_RW && likely(owner == pg_owner) && frame_is_ram(pte_mfn(new)) &&
            likely(READ_ONCE(mfn_to_page(pte_mfn(new))->inuse.owner) == id)) {
            return protection_write(slot, old, new, how, mfn_to_page(pte_mfn(new)));
        }
        if (likely(owner == pg_owner)) {
            int rc = l1_entry_get(&new, id, owner);

            if (unlikely(rc)) {
                return rc;
            }
        } else {
            int rc = l1_entry_get_slow(new, owner, pg_owner);

            if (rc) {
                return rc;
            }
            new = l1_adjust(new);
        }
    } else if (unlikely(!l1tf_entry_ok(owner, new))) {
        return -EINVAL;
    }
    *old = slot_write(slot, *old, new, how);
    if (pte_present(*old)) {
        l1_entry_put_fast(*old, id, owner);
    }
    return 0;
}

int l1_entry_write(pte_t *slot, pte_t new, bool preserve_ad, struct domain *owner,
                   struct domain *pg_owner)
{
    pte_t old;

    return preserve_ad ? l1_write(slot, &old, new, PRESERVE_AD, owner, pg_owner)
                       : l1_write(slot, &old, new, PLAIN, owner, pg_owner);
}

int l1_entry_swap(pte_t *slot, pte_t *old, pte_t new, struct domain *owner)
{
    return l1_write(slot, old, new, EXCHANGE, owner, owner);
}

int l1_entry_exchange(pte_t *slot, pte_t *old, pte_t new, struct domain *owner)
{
    uint32_t id = domain_owner_id(owner);
    pte_t was = *old;

    if (pte_present(new)) {
        int rc = l1_entry_get(&new, id, owner);

        if (rc) {
            return rc;
        }
    } else if (!l1tf_entry_ok(owner, new)) {
        return -EINVAL;
    }
    if (!__atomic_compare_exchange_n(&slot->v, &old->v, new.v, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_RELAXED)) {
        if (pte_present(new)) {
            l1_entry_put(new, owner);
        }
        return -EAGAIN;
    }
    if (pte_present(was)) {
        l1_entry_put_fast(was, id, owner);
    }
    return 0;
}

int table_entry_write(struct page_info *table, pte_t *slot, pte_t new, unsigned int level,
                      bool preserve_ad, struct domain *owner)
{
    unsigned int index = (unsigned int)(((unsigned long)slot & ~PAGE_MASK) / sizeof(*slot));
    enum writing how = preserve_ad ? PRESERVE_AD : PLAIN;
    pte_t old = { READ_ONCE(slot->v) };
    struct page_info *below;
    bool child;
    int rc;

    if (level == 4 && l4_slot_is_hypervisor(index)) {
        return -EINVAL;
    }
    if (pte_present(new)) {
        if (new.v & TABLE_REFUSED_FLAGS) {
            return -EINVAL;
        }
        if (pte_present(old) && !((old.v ^ new.v) & ~TABLE_FREE_BITS)) {
            (void)slot_write(slot, old, table_adjust(new), how);
            if (level == 4) {
                xpti_root_changed(owner, true);
            }
            return 0;
        }
        rc = table_entry_get(new, level, index, table, owner, &child);
        if (rc) {
            if (child) {
                old_table_remember(current, mfn_to_page(pte_mfn(new)));
            }
            return rc;
        }
        new = table_adjust(new);
    } else if (!l1tf_entry_ok(owner, new)) {
        return -EINVAL;
    }
    (void)slot_write(slot, old, new, how);
    if (level == 4) {
        xpti_root_changed(owner, true);
    }

    below = mfn_to_page(pte_mfn(old));
    if (table_entry_put(old, level, table)) {
        old_table_remember(current, below);
    }
    return 0;
}

int entry_write(struct page_info *table, pte_t *slot, pte_t new, bool preserve_ad,
                struct domain *owner, struct domain *pg_owner)
{
    unsigned int level = page_type_level(READ_ONCE(table->inuse.type_info) & PGT_type_mask);

    if (likely(level == 1)) {
        return l1_entry_write(slot, new, preserve_ad, owner, pg_owner);
    }
    if (unlikely(pg_owner != owner)) {
        return -EINVAL;
    }
    return table_entry_write(table, slot, new, level, preserve_ad, owner);
}
