/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables: one entry by either hypercall or by an instruction, a whole level 1 table pinned and
 * let go.
 */
#include <guest/hypercall.h>
#include <guest/pt.h>
#include "bench.h"

/* As a kernel takes an entry away: an instruction on the table itself, which is carried out for it.
 */
static void exchange(volatile pte_t *entry, pte_t value)
{
    __asm__ volatile("xchgq %0, %1" : "+r"(value), "+m"(*entry) : : "memory");
}

static void single_entries(void)
{
    unsigned long va = pt_vmap_reserve(1);
    void *page = page_alloc(1);
    struct mmu_update req[2];

    if (!page || pt_map(va, 0)) {
        bench_report("mmu-update", ~0ull);
        return;
    }
    req[0].ptr = virt_to_maddr(pt_walk(va, 1)) | MMU_NORMAL_PT_UPDATE;
    req[0].val = pte_make(virt_to_mfn(page), PTE_KERN);
    req[1] = req[0];
    req[1].val = pte_make(virt_to_mfn(page), PTE_RO);
    /* Each update exchanges one present mapping for another, writable and not in turn. */
    BENCH_MEASURE("mmu-update", 100, hv_mmu_update(&req[i_ & 1], 1, NULL, DOMID_SELF));
    BENCH_MEASURE("update-va-mapping", 100, hv_update_va_mapping(va, req[i_ & 1].val, UVMF_INVLPG));
    BENCH_MEASURE("pte-write", 100, exchange(pt_walk(va, 1), req[i_ & 1].val));
    pt_unmap(va);
    page_free(page, 1);
}

static void pin_full_table(void)
{
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE }, unpin = { .cmd = MMUEXT_UNPIN_TABLE };
    pte_t *table = page_alloc(1);
    char *pages = page_alloc(512);

    if (!table || !pages) {
        bench_report("pin-unpin-l1", ~0ull);
        return;
    }
    for (unsigned long i = 0; i < 512; i++) {
        table[i] = pte_make(virt_to_mfn(pages + i * PAGE_SIZE), PTE_KERN);
    }
    pt_set_readonly(table);
    pin.arg1.mfn = unpin.arg1.mfn = virt_to_mfn(table);
    BENCH_MEASURE("pin-unpin-l1", 4, hv_mmuext_op(&pin, 1, NULL, DOMID_SELF);
                  hv_mmuext_op(&unpin, 1, NULL, DOMID_SELF));
    pt_set_writable(table);
    page_free(table, 1);
    page_free(pages, 512);
}

/* A level-4 table that is empty, and one as a process has it: with the kernel's own slots. */
static void pin_roots(void)
{
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE }, unpin = { .cmd = MMUEXT_UNPIN_TABLE };
    pte_t *table = page_alloc(1);
    const pte_t *own = pt_root;

    if (!table) {
        bench_report("pin-unpin-l4", ~0ull);
        return;
    }
    pin.arg1.mfn = unpin.arg1.mfn = virt_to_mfn(table);
    pt_set_readonly(table);
    BENCH_MEASURE("pin-unpin-l4", 4, hv_mmuext_op(&pin, 1, NULL, DOMID_SELF);
                  hv_mmuext_op(&unpin, 1, NULL, DOMID_SELF));
    pt_set_writable(table);
    for (unsigned int i = 0; i < 512; i++) {
        bool hypervisors = i >= 256 && i < 272;

        table[i] = hypervisors ? 0 : own[i];
    }
    pt_set_readonly(table);
    BENCH_MEASURE("pin-unpin-l4-process", 4, hv_mmuext_op(&pin, 1, NULL, DOMID_SELF);
                  hv_mmuext_op(&unpin, 1, NULL, DOMID_SELF));
    pt_set_writable(table);
    page_free(table, 1);
}

void bench_paging(void)
{
    single_entries();
    pin_full_table();
    pin_roots();
}
