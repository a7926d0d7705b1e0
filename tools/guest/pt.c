/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's page tables. Changes are hypercalls; reading goes through the linear mapping.
 *
 * pt_lock serialises the making of tables; it is taken with events masked.
 */
#include <errno.h>
#include <string.h>
#include <guest/pt.h>
#include <guest/hypercall.h>
#include <guest/lock.h>

pte_t *pt_root;

static struct spinlock pt_lock;
static unsigned long vmap_next = PT_VMAP_BASE;

pte_t *pt_walk(unsigned long va, unsigned int level)
{
    pte_t *table = pt_root;

    for (unsigned int at = 4; at > level; at--) {
        pte_t entry = table[pt_index(va, at)];

        if (!(entry & PTE_P)) {
            return NULL;
        }
        table = mfn_to_virt(pte_mfn(entry));
    }
    return &table[pt_index(va, level)];
}

long pt_write_entry(const pte_t *entry, pte_t value)
{
    struct mmu_update req = {
        .ptr = virt_to_maddr(entry) | MMU_NORMAL_PT_UPDATE,
        .val = value,
    };

    return hv_mmu_update(&req, 1, NULL, DOMID_SELF);
}

static long make_tables(unsigned long va)
{
    for (unsigned int level = 4; level > 1; level--) {
        pte_t *entry = pt_walk(va, level);
        void *page;
        long rc;

        if (*entry & PTE_P) {
            continue;
        }
        page = page_alloc(1);
        if (!page) {
            return -ENOMEM;
        }
        rc = pt_set_readonly(page);
        if (!rc) {
            rc = pt_write_entry(entry, pte_make(virt_to_mfn(page), PTE_TABLE));
        }
        if (rc) {
            return rc;
        }
    }
    return 0;
}

static long ensure_tables(unsigned long va)
{
    bool masked = spin_lock_events(&pt_lock);
    long rc = make_tables(va);

    spin_unlock_events(&pt_lock, masked);
    return rc;
}

long pt_map(unsigned long va, pte_t pte)
{
    long rc = ensure_tables(va);

    return rc ? rc : hv_update_va_mapping(va, pte, UVMF_INVLPG | UVMF_ALL);
}

long pt_map_foreign(unsigned long va, pte_t pte, unsigned int domid)
{
    long rc = ensure_tables(va);

    return rc ? rc : hv_update_va_mapping_otherdomain(va, pte, UVMF_INVLPG | UVMF_ALL, domid);
}

long pt_unmap(unsigned long va)
{
    return hv_update_va_mapping(va, 0, UVMF_INVLPG | UVMF_ALL);
}

unsigned long pt_vmap_reserve(unsigned long nr)
{
    return __atomic_fetch_add(&vmap_next, nr * PAGE_SIZE, __ATOMIC_RELAXED);
}

long pt_set_readonly(const void *va)
{
    return hv_update_va_mapping((unsigned long)va, pte_make(virt_to_mfn(va), PTE_RO),
                                UVMF_INVLPG | UVMF_ALL);
}

long pt_set_writable(const void *va)
{
    return hv_update_va_mapping((unsigned long)va, pte_make(virt_to_mfn(va), PTE_KERN),
                                UVMF_INVLPG | UVMF_ALL);
}
