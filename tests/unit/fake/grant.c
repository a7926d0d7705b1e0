/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract of hv/arch/grant.h on the host: a guest's page tables are a small list of addresses,
 * and what is mapped there. Writable references are plain counts in type_info.
 */
#include <hv/arch/grant.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <public/grant_table.h>

#define FAKE_SLOTS 1024

static struct {
    struct domain *d;
    uint64_t addr;
    struct page_info *pg;
    bool writable;
} slots[FAKE_SLOTS];

int arch_grant_type_get(struct page_info *pg)
{
    (void)__atomic_add_fetch(&pg->inuse.type_info, 1, __ATOMIC_SEQ_CST);
    return 0;
}

void arch_grant_type_put(struct page_info *pg)
{
    (void)__atomic_sub_fetch(&pg->inuse.type_info, 1, __ATOMIC_SEQ_CST);
}

void arch_grant_flush(struct domain *d)
{
}

static int slot_of(uint64_t addr)
{
    for (int i = 0; i < FAKE_SLOTS; i++) {
        if (slots[i].pg && slots[i].addr == addr && slots[i].d == current->domain) {
            return i;
        }
    }
    return -EINVAL;
}

int arch_grant_map(struct page_info *pg, uint64_t host_addr, uint32_t flags)
{
    for (int i = 0; i < FAKE_SLOTS && slot_of(host_addr) < 0; i++) {
        if (!slots[i].pg) {
            slots[i].d = current->domain;
            slots[i].addr = host_addr;
            slots[i].pg = pg;
            slots[i].writable = !(flags & GNTMAP_readonly);
            return 0;
        }
    }
    return -EINVAL;
}

int arch_grant_unmap(struct page_info *pg, uint64_t host_addr, uint64_t new_addr, uint32_t flags)
{
    int i = slot_of(host_addr);

    if (i < 0 || slots[i].pg != pg || slots[i].writable != !(flags & GNTMAP_readonly) || new_addr) {
        return -EINVAL;
    }
    slots[i].pg = NULL;
    return 0;
}

void fake_grant_tables_gone(struct domain *d)
{
    for (int i = 0; i < FAKE_SLOTS; i++) {
        struct page_info *pg = slots[i].pg;

        if (pg && slots[i].d == d) {
            slots[i].pg = NULL;
            if (slots[i].writable) {
                arch_grant_type_put(pg);
            }
            put_page(pg);
        }
    }
}
