/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables behind the per-domain slot. Only creation of the domain and of its vCPUs write the
 * upper levels (the domain's control lock); a window's entries are written by its own vCPU, or
 * while that one is paused.
 */
#include <hv/lib.h>
#include <hv/mm.h>
#include <asm/perdomain.h>
#include <asm/xpti.h>

#include "table.h"

#define WINDOW_PAGES (WINDOW_GDT_PAGES + WINDOW_LDT_PAGES)
/* The window's own tables are not a guest's to use: no user bit at any level but the pages' GDT. */
#define EMPTY_GDT_FLAGS (PTE_P | PTE_A | PTE_NX)

static mfn_t empty_gdt_mfn __ro_after_init;

void __init pv_perdomain_boot(void)
{
    void *page = alloc_zeroed_page();

    if (!page) {
        panic("No memory for the empty descriptor page\n");
    }
    empty_gdt_mfn = virt_to_mfn(page);
}

pte_t pv_empty_gdt_pte(void)
{
    return pte_make(empty_gdt_mfn, EMPTY_GDT_FLAGS);
}

pte_t pv_perdomain_l4e(const struct domain *d)
{
    return pte_make(virt_to_mfn(d->arch.pv.perdomain_l3), MAP_TABLE);
}

int pv_perdomain_init(struct domain *d)
{
    d->arch.pv.check_l1tf = l1tf_check_domain(d);
    d->arch.pv.xpti = xpti_domain(d);
    xpti_root_changed(d, false);
    d->arch.pv.perdomain_l3 = alloc_zeroed_page();
    return d->arch.pv.perdomain_l3 ? 0 : -ENOMEM;
}

/* The next level's table under *e, made when there is none. */
static pte_t *table_under(pte_t *e)
{
    void *page;

    if (!pte_present(*e)) {
        page = alloc_zeroed_page();
        if (!page) {
            return NULL;
        }
        *e = pte_make(virt_to_mfn(page), MAP_TABLE);
    }
    return mfn_to_virt(pte_mfn(*e));
}

int pv_perdomain_vcpu(struct vcpu *v)
{
    unsigned long va = GDT_VA(v->vcpu_id);
    pte_t *l2, *l1;

    l2 = table_under(&v->domain->arch.pv.perdomain_l3[PT_INDEX(va, 3)]);
    if (!l2) {
        return -ENOMEM;
    }
    l1 = table_under(&l2[PT_INDEX(va, 2)]);
    if (!l1) {
        return -ENOMEM;
    }
    v->arch.pv.window = &l1[PT_INDEX(va, 1)];
    for (unsigned int i = 0; i < FIRST_RESERVED_GDT_PAGE; i++) {
        v->arch.pv.window[i] = pv_empty_gdt_pte();
    }
    return 0;
}

void pv_perdomain_destroy(struct domain *d)
{
    pte_t *l3 = d->arch.pv.perdomain_l3;

    if (!l3) {
        return;
    }
    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        pte_t *l2 = pte_present(l3[i]) ? mfn_to_virt(pte_mfn(l3[i])) : NULL;

        if (!l2) {
            continue;
        }
        for (unsigned int j = 0; j < PT_ENTRIES; j++) {
            if (pte_present(l2[j])) {
                free_xenheap_page(mfn_to_virt(pte_mfn(l2[j])));
            }
        }
        free_xenheap_page(l2);
    }
    free_xenheap_page(l3);
    d->arch.pv.perdomain_l3 = NULL;
}
