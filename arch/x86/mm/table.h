/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside arch/x86/mm: tables as wholes (table.c, l1.c) and single entries of them (entry.c,
 * linear.c). */
#ifndef ARCH_X86_MM_TABLE_H
#define ARCH_X86_MM_TABLE_H

#include <hv/domain.h>
#include <asm/extable.h>
#include <asm/linear-slots.h>
#include <asm/mmio-ro.h>
#include <asm/page.h>
#include <asm/page-type.h>

/*
 * The frame is in state validating: goes on where type_state says. 0, -ERESTART, or an error,
 * type_state then saying which entries hold references. L1 tables are done in one go and undone on
 * an error.
 */
int l1_validate(struct page_info *pg) __must_check;
int table_validate(struct page_info *pg, unsigned int level) __must_check;
int seg_desc_validate(struct page_info *pg) __must_check;
/* State releasing: gives all entries' references back, from the end. 0 or -ERESTART. */
void l1_release(struct page_info *pg);
int table_release(struct page_info *pg, unsigned int level) __must_check;

/*
 * One entry's references. l1: 0, or -EINVAL, -EPERM, -EBUSY as the reference answers. owner is the
 * domain whose table it is, pg_owner the one whose frame it shall name. Upper levels: `table` is
 * the frame of the table, `index` the entry's place in it; on an error *child says whether a
 * general reference on the PARTIAL frame of the entry is kept.
 */
int l1_entry_get_slow(pte_t pte, struct domain *owner, struct domain *pg_owner) __must_check;
void l1_entry_put(pte_t pte, struct domain *owner);
int table_entry_get(pte_t pte, unsigned int level, unsigned int index, struct page_info *table,
                    struct domain *d, bool *child) __must_check;
/* 0, or -ERESTART: a general reference on the entry's frame is kept. */
int table_entry_put(pte_t pte, unsigned int level, struct page_info *table) __must_check;

/* Entries that map a table of its own level: "linear" page tables, read-only. */
int linear_get(pte_t pte, unsigned int level, unsigned int index, struct page_info *table,
               struct domain *d) __must_check;
/* 0, or -ERESTART: it was the target's last, and a general reference on the target is kept. */
int linear_put(struct page_info *target, struct page_info *table) __must_check;

/* Flags that no entry may have; cache attributes are for those who drive devices. */
#define PTE_CACHE_ATTRS     (PTE_PWT | PTE_PCD | PTE_PAT)
#define L1_REFUSED_FLAGS    PTE_CACHE_ATTRS
#define TABLE_REFUSED_FLAGS (PTE_PWT | PTE_PCD | PTE_PSE | PTE_G)
/* Bit 52 marks a guest kernel's own page: guest kernel and user both run in ring 3. */
#define PTE_GUEST_KERNEL (1UL << 52)

/*
 * A 64-bit guest's entry as the MMU is to see it. Never global: then a CR3 load is all it takes to
 * forget a guest, also between two vCPUs of one domain.
 */
static always_inline pte_t l1_adjust_ram(pte_t pte)
{
    if (!(pte.v & PTE_US)) {
        pte.v |= PTE_GUEST_KERNEL | PTE_US;
    }
    pte.v &= ~(uint64_t)PTE_G;
    return pte;
}
/*
 * Device memory, and what is treated like it. Frames that have a page_info may be such, too: those
 * between RAM in 2 MiB of it, and low memory.
 */
static always_inline bool frame_is_device(mfn_t mfn)
{
    return unlikely(!frame_is_ram(mfn)) || unlikely(page_get_owner(mfn_to_page(mfn)) == dom_io);
}
static always_inline pte_t l1_adjust(pte_t pte)
{
    if ((pte.v & PTE_RW) && frame_is_device(pte_mfn(pte)) && mmio_is_ro(pte_mfn(pte))) {
        pte.v &= ~(uint64_t)PTE_RW;
    }
    return l1_adjust_ram(pte);
}
static always_inline pte_t table_adjust(pte_t pte)
{
    pte.v |= PTE_US;
    return pte;
}

static always_inline bool l4_slot_is_hypervisor(unsigned int i)
{
    return i - HV_FIRST_SLOT <= HV_LAST_SLOT - HV_FIRST_SLOT;
}
/* Fills the hypervisor's slots of a table that becomes a level-4 one, or clears them again. */
void l4_slots_fill(pte_t *l4, const struct domain *d);
void l4_slots_clear(pte_t *l4);

/*
 * An entry that is not present may still be speculated through on CPUs with L1TF: its address must
 * not be one of RAM. False: the guest was crashed.
 */
/* BOOL, or dom0=BOOL and domu=BOOL: one value for the hardware domain, one for the others. */
struct dom0_domu {
    int8_t dom0, domu;
};
int parse_dom0_domu(const char *s, struct dom0_domu *to) __init;
bool l1tf_check_domain(const struct domain *d);
bool l1tf_entry_refused(struct domain *d, pte_t pte) __cold;
static always_inline bool l1tf_entry_ok(struct domain *d, pte_t pte)
{
    if (likely(!d->arch.pv.check_l1tf) || !(pte.v & PTE_ADDR_MASK)) {
        return true;
    }
    return !l1tf_entry_refused(d, pte);
}

/* May d use cache attributes, i.e. has it devices? */
bool domain_has_devices(const struct domain *d);
/* CPUs whose TLB may hold something of d. */
void domain_dirty_cpus(const struct domain *d, cpumask_t *mask);
/*
 * A frame that was mapped with odd cacheability: memory and caches agree again. Needed for what is
 * validated; what the heap hands out has been written through caches as a whole, by scrubbing.
 */
void make_coherent_slow(struct page_info *pg);
#define PGC_non_coherent PGC_arch
static inline void make_coherent(struct page_info *pg)
{
    if (unlikely(READ_ONCE(pg->count_info) & PGC_non_coherent)) {
        make_coherent_slow(pg);
    }
}

/*
 * L1 entry, the usual case inline: ordinary memory of the domain's own. *pte is present, and
 * becomes what is written. `id` is domain_owner_id(owner).
 */
static always_inline int l1_entry_get(pte_t *pte, uint32_t id, struct domain *owner)
{
    mfn_t mfn = pte_mfn(*pte);
    struct page_info *pg = frame_page_nospec(mfn);

    if (unlikely(pte->v & L1_REFUSED_FLAGS) || unlikely(!frame_is_ram(mfn)) ||
        unlikely(!page_ref_get(pg, id))) {
        int rc = l1_entry_get_slow(*pte, owner, owner);

        *pte = l1_adjust(*pte);
        return rc;
    }
    if ((pte->v & PTE_RW) && unlikely(page_type_get(pg, PGT_writable_page))) {
        page_ref_put(pg);
        return -EBUSY;
    }
    *pte = l1_adjust_ram(*pte);
    return 0;
}

/* Undoes it, the usual case inline; pte is present, id is domain_owner_id(owner). */
static always_inline void l1_entry_put_fast(pte_t pte, uint32_t id, struct domain *owner)
{
    mfn_t mfn = pte_mfn(pte);
    struct page_info *pg = mfn_to_page(mfn);

    if (unlikely(!frame_is_ram(mfn)) || unlikely(READ_ONCE(pg->inuse.owner) != id)) {
        l1_entry_put(pte, owner);
    } else if (pte.v & PTE_RW) {
        page_put_writable(pg);
    } else if (unlikely((READ_ONCE(pg->inuse.type_info) & PGT_type_mask) == PGT_seg_desc_page)) {
        l1_entry_put(pte, owner);
    } else {
        page_ref_put(pg);
    }
}

/*
 * Writes one entry of a locked table, references moved first: the new entry's are taken before the
 * write, the old one's given back after it. 0 or as the entry's references are refused; -ERESTART
 * when that was preempted. v is the current vCPU; its unfinished release may be set afterwards.
 */
int l1_entry_write(pte_t *slot, pte_t new, bool preserve_ad, struct domain *owner,
                   struct domain *pg_owner) __must_check;
/* l1_entry_write for a frame of the owner's; *old is the entry before, to the last accessed bit. */
int l1_entry_swap(pte_t *slot, pte_t *old, pte_t new, struct domain *owner) __must_check;
/* l1_entry_write when the entry is still *old; else -EAGAIN, and *old is what it is now. */
int l1_entry_exchange(pte_t *slot, pte_t *old, pte_t new, struct domain *owner) __must_check;
int table_entry_write(struct page_info *table, pte_t *slot, pte_t new, unsigned int level,
                      bool preserve_ad, struct domain *owner) __must_check;
/* The same by the table's type, which the lock keeps as it is. */
int entry_write(struct page_info *table, pte_t *slot, pte_t new, bool preserve_ad,
                struct domain *owner, struct domain *pg_owner) __must_check;

/*
 * An entry of a table that another vCPU may have taken out of use since its frame was found: then
 * the frame is memory like any other, the next "table" is wherever the guest's word points, and
 * what cannot be read there is not present.
 */
static always_inline pte_t walk_load(const pte_t *at)
{
    pte_t e = { 0 };

    __asm__ volatile("1: mov %1, %0\n2:\n" EX_TABLE("1b", "2b") : "+r"(e.v) : "m"(*at));
    return e;
}

/* The frame of the level-1 table over va; its number may be any. */
static always_inline bool l1_walk(mfn_t root, unsigned long va, mfn_t *l1)
{
    mfn_t mfn = root;

    /* By the slot: an address that is not canonical has one of the hypervisor's as well. */
    if (unlikely(l4_slot_is_hypervisor(PT_INDEX(va, 4))) || unlikely(!mfn_x(root))) {
        return false;
    }
#pragma GCC unroll 3
    for (unsigned int level = 4; level > 1; level--) {
        const pte_t *table = mfn_to_virt(mfn);
        pte_t e = walk_load(&table[PT_INDEX(va, level)]);

        if (unlikely(!pte_present(e))) {
            return false;
        }
        mfn = pte_mfn(e);
    }
    /* A slot is marked before it has a linear entry, so after the reads is the time to look. */
    if (unlikely(linear_slots_in_use()) && linear_slot_marked(current->domain, PT_INDEX(va, 4))) {
        return false;
    }
    *l1 = mfn;
    return true;
}

/* The level-1 entry that maps va, as guest_walk(), inline. */
static always_inline bool l1_lookup(mfn_t root, unsigned long va, pte_t *l1e)
{
    const pte_t *table;
    mfn_t l1;

    if (!l1_walk(root, va, &l1)) {
        return false;
    }
    table = mfn_to_virt(l1);
    *l1e = walk_load(&table[PT_INDEX(va, 1)]);
    return true;
}

/*
 * The level-1 entry that maps va under root, its table's frame referenced and locked: give back
 * with guest_l1_unlock(). NULL when there is none. owner is the domain of the tables. Inline, and
 * as a function.
 */
static always_inline pte_t *l1_slot_lock(mfn_t root, unsigned long va, const struct domain *owner,
                                         struct page_info **table)
{
    struct page_info *pg;
    mfn_t l1;

    if (unlikely(!l1_walk(root, va, &l1))) {
        return NULL;
    }
    pg = frame_ref_get(l1, owner);
    if (unlikely(!pg)) {
        return NULL;
    }
    if (unlikely(!page_lock_as(pg, PGT_l1_page_table))) {
        page_ref_put(pg);
        return NULL;
    }
    *table = pg;
    return (pte_t *)mfn_to_virt(l1) + PT_INDEX(va, 1);
}
pte_t *guest_l1_lock(mfn_t root, unsigned long va, struct domain *owner, struct page_info **table);
static always_inline void guest_l1_unlock(struct page_info *table)
{
    page_unlock(table);
    page_ref_put(table);
}

/* The domain whose frames a request names, under RCU; NULL: -ESRCH. */
struct domain *pg_owner_get(domid_t id) __must_check;

/* CPUs where the vCPUs of a guest's bitmap run. 0 or -EFAULT. */
int vcpu_bitmap_cpus(struct domain *d, guest_ptr_t bitmap, cpumask_t *cpus) __must_check;

#endif
