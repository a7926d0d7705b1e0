/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PV vCPU's descriptor tables. Its GDT frames, typed as descriptor pages and so checked and
 * read-only for the guest, are mapped into the first 14 pages of its window; the last two are the
 * hypervisor's. LDT pages are mapped when the CPU first touches them.
 *
 * Holders: window entry i holds one general and one type reference on its frame. A window is
 * changed by its own vCPU, or while that is paused; shadow_ldt_lock guards the LDT half, since
 * teardown of a page's type may come from another vCPU.
 */
#include <hv/guest-access.h>
#include <hv/nospec.h>
#include <asm/desc.h>
#include <asm/flush.h>
#include <asm/page-type.h>
#include <asm/perdomain.h>
#include <asm/pv.h>
#include <asm/pv-mm.h>
#include <gen/hypercall-dispatch.h>

#define DESC_P         (1UL << 47)
#define DESC_S         (1UL << 44)
#define DESC_DPL       (3UL << 45)
#define DESC_TYPE      (15UL << 40)
#define DESC_CODE      (8UL << 40)
#define DESC_CALL_GATE (12UL << 40)
#define GATE_RPL3      (3UL << 16)
#define DESC_L         (1UL << 53)
#define DESC_D         (1UL << 54)

#define DESCS_PER_PAGE  512
#define MAX_GDT_ENTRIES FIRST_RESERVED_GDT_ENTRY
#define MAX_LDT_ENTRIES 8192

#define WINDOW_RW (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

bool pv_check_descriptor(const struct domain *dom, uint64_t *d)
{
    uint64_t v = *d;

    if (!(v & DESC_P)) {
        return true; /* always faults */
    }
    if (!(v & DESC_S)) {
        /* A call gate is kept, but nobody in ring 3 may use it; type 0 is the harmless upper half
         * of one. TSSs and LDTs would reach ring 0. */
        if ((v & DESC_TYPE) == DESC_CALL_GATE) {
            *d = (v & ~DESC_DPL) | GATE_RPL3;
            return true;
        }
        return !(v & DESC_TYPE);
    }
    /* 64-bit code segments with the default-size bit are reserved. */
    if ((v & DESC_TYPE & DESC_CODE) && (v & DESC_L) && (v & DESC_D)) {
        return false;
    }
    /* All code runs in ring 3. */
    *d = v | DESC_DPL;
    return true;
}

static void release_frame(pte_t *window, unsigned int slot, pte_t empty)
{
    pte_t old = window[slot];

    if (!pte_present(old) || old.v == pv_empty_gdt_pte().v) {
        return;
    }
    window[slot] = empty;
}

void pv_destroy_gdt(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;
    unsigned int nr = DIV_ROUND_UP(pv->gdt_ents, DESCS_PER_PAGE);

    if (!pv->window) {
        return;
    }
    for (unsigned int i = 0; i < nr; i++) {
        release_frame(pv->window, i, pv_empty_gdt_pte());
    }
    /* The references go only when no CPU can use the old entries any more (I12). */
    flush_tlb_vcpu(v);
    for (unsigned int i = 0; i < nr; i++) {
        struct page_info *pg = mfn_to_page(_mfn(pv->gdt_frames[i]));

        if (page_type_put(pg)) {
            ASSERT_UNREACHABLE();
        }
        put_page(pg);
        pv->gdt_frames[i] = 0;
    }
    pv->gdt_ents = 0;
}

int pv_set_gdt(struct vcpu *v, const unsigned long frames[], unsigned int entries)
{
    unsigned int nr = DIV_ROUND_UP(entries, DESCS_PER_PAGE), got;
    struct pv_vcpu *pv = &v->arch.pv;
    int rc = 0;

    if (entries > MAX_GDT_ENTRIES) {
        return -EINVAL;
    }
    for (got = 0; got < nr; got++) {
        struct page_info *pg;

        rc = page_get_and_type(_mfn(frames[got]), v->domain, PGT_seg_desc_page, &pg);
        if (rc) {
            rc = -EINVAL;
            goto undo;
        }
    }

    pv_destroy_gdt(v);
    for (unsigned int i = 0; i < nr; i++) {
        pv->gdt_frames[i] = frames[i];
        pv->window[i] = pte_make(_mfn(frames[i]), WINDOW_RW);
    }
    pv->gdt_ents = entries;
    if (v == current) {
        flush_tlb_local();
    }
    return 0;

undo:
    while (got--) {
        struct page_info *pg = mfn_to_page(_mfn(frames[got]));

        if (page_type_put(pg)) {
            ASSERT_UNREACHABLE();
        }
        put_page(pg);
    }
    return rc;
}

long do_set_gdt(guest_ptr_t frame_list, unsigned int entries)
{
    unsigned int nr = DIV_ROUND_UP(entries, DESCS_PER_PAGE);
    unsigned long frames[FIRST_RESERVED_GDT_PAGE];

    if (entries > MAX_GDT_ENTRIES) {
        return -EINVAL;
    }
    nr = (unsigned int)array_index_nospec(nr, ARRAY_SIZE(frames) + 1); /* it is written to */
    if (copy_from_guest(frames, frame_list, nr * sizeof(frames[0]))) {
        return -EFAULT;
    }
    return pv_set_gdt(current, frames, entries);
}

bool pv_unmap_ldt(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;
    struct page_info *pages[WINDOW_LDT_PAGES];
    unsigned int nr = 0;

    spin_lock(&pv->shadow_ldt_lock);
    if (pv->shadow_ldt_mapcnt) {
        for (unsigned int i = 0; i < WINDOW_LDT_PAGES; i++) {
            pte_t *e = &pv->window[WINDOW_GDT_PAGES + i];

            if (pte_present(*e)) {
                pages[nr++] = mfn_to_page(pte_mfn(*e));
                e->v = 0;
            }
        }
        pv->shadow_ldt_mapcnt = 0;
    }
    spin_unlock(&pv->shadow_ldt_lock);

    if (!nr) {
        return false;
    }
    flush_tlb_vcpu(v);
    for (unsigned int i = 0; i < nr; i++) {
        if (page_type_put(pages[i])) {
            ASSERT_UNREACHABLE();
        }
        put_page(pages[i]);
    }
    return true;
}

bool pv_map_ldt_page(struct vcpu *v, unsigned long offset)
{
    struct pv_vcpu *pv = &v->arch.pv;
    unsigned long linear = pv->ldt_base + offset;
    struct page_info *pg;
    pte_t *slot, l1e;
    bool fresh;
    int rc;

    if (offset >= (unsigned long)pv->ldt_ents * 8) {
        return false;
    }
    if (!guest_walk(v->arch.guest_table, linear, &l1e) || !pte_present(l1e)) {
        return false;
    }
    rc = page_get_and_type(pte_mfn(l1e), v->domain, PGT_seg_desc_page, &pg);
    if (rc) {
        return false;
    }
    slot = &pv->window[WINDOW_GDT_PAGES + (offset >> PAGE_SHIFT)];
    spin_lock(&pv->shadow_ldt_lock);
    fresh = !pte_present(*slot);
    if (likely(fresh)) {
        *slot = pte_make(page_to_mfn(pg), WINDOW_RW);
        pv->shadow_ldt_mapcnt++;
    }
    spin_unlock(&pv->shadow_ldt_lock);
    if (unlikely(!fresh)) {
        rc = page_type_put(pg);
        ASSERT(!rc);
        put_page(pg);
    }
    return true;
}

void pv_load_ldt(const struct vcpu *v)
{
    desc_load_ldt(LDT_VA(v->vcpu_id), v->arch.pv.ldt_ents);
}

int pv_set_ldt(struct vcpu *v, unsigned long base, unsigned int entries)
{
    struct pv_vcpu *pv = &v->arch.pv;
    unsigned long flags;

    if ((base & ~PAGE_MASK) || entries > MAX_LDT_ENTRIES ||
        (entries && !guest_access_ok(guest_ptr(base), entries * 8UL))) {
        return -EINVAL;
    }
    if (pv->ldt_ents == entries && pv->ldt_base == base) {
        return 0;
    }
    (void)pv_unmap_ldt(v);
    flags = local_irq_save();
    pv->ldt_base = base;
    pv->ldt_ents = entries;
    if (v == current) {
        pv_load_ldt(v);
    }
    local_irq_restore(flags);
    return 0;
}

/* Writes one entry of a page that is, or may become, a descriptor page. */
long do_update_descriptor(uint64_t gaddr, uint64_t desc)
{
    struct domain *d = current->domain;
    struct page_info *pg;
    uint64_t *entry;
    long rc = -EINVAL;

    if ((gaddr & 7) || !pv_check_descriptor(d, &desc)) {
        return -EINVAL;
    }
    pg = get_page_from_mfn(maddr_to_mfn(_maddr(gaddr)), d);
    if (!pg) {
        return -EINVAL;
    }
    /* A descriptor page stays one while the reference is held, a writable page stays writable. */
    if (page_type_get(pg, (READ_ONCE(pg->inuse.type_info) & PGT_type_mask) == PGT_seg_desc_page
                              ? PGT_seg_desc_page
                              : PGT_writable_page)) {
        goto put;
    }
    entry = (uint64_t *)((char *)page_to_virt(pg) + (gaddr & ~PAGE_MASK));
    WRITE_ONCE(*entry, desc);
    rc = page_type_put(pg);
put:
    put_page(pg);
    return rc;
}
