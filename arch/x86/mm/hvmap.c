/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own mappings. All level-4 tables share the level-3 tables made here, so a change
 * below is seen by every CPU; slots themselves are constant after start-up.
 *
 * hvmap_lock guards the making of tables; an entry is written by who owns the addresses.
 */
#include <hv/arch/mm.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/lock.h>
#include <hv/mm.h>
#include <hv/smp.h>
#include <asm/boot.h>
#include <asm/flush.h>
#include <asm/hvmap.h>
#include <asm/memmap.h>
#include <asm/page-type.h>
#include <asm/processor.h>

#define PAGES_2M     512UL
#define SIZE_2M      (PAGES_2M * PAGE_SIZE)
#define BOOT_MAP_END (1UL << 32) /* boot.S maps all below it */

unsigned long max_page;
const unsigned long arch_vmap_start = VMAP_START, arch_vmap_end = VMAP_START + VMAP_SIZE;

static DEFINE_SPINLOCK(hvmap_lock, RANK_IDLE_PT);
static bool heap_ready;
/* A bit for each 512 frames that have their page_info. */
unsigned long *frame_chunks __ro_after_init;

pte_t hv_l4e(unsigned int slot)
{
    return idle_pg_table[slot];
}

static void *table_new(void)
{
    void *page;

    if (heap_ready) {
        return alloc_zeroed_page();
    }
    page = mfn_to_virt(boot_alloc_frames(1, 1));
    memset(page, 0, PAGE_SIZE);
    return page;
}

/* The next table below *e; NULL when memory is out. An existing superpage is the caller's error. */
static pte_t *table_below(pte_t *e, uint64_t flags)
{
    void *fresh;

    if (pte_present(*e)) {
        BUG_ON(e->v & PTE_PSE);
        return mfn_to_virt(pte_mfn(*e));
    }
    fresh = table_new();
    if (!fresh) {
        return NULL;
    }
    spin_lock(&hvmap_lock);
    if (!pte_present(*e)) {
        WRITE_ONCE(e->v, pte_make(virt_to_mfn(fresh), flags).v);
        fresh = NULL;
    }
    spin_unlock(&hvmap_lock);
    if (fresh) {
        free_xenheap_page(fresh);
    }
    return mfn_to_virt(pte_mfn(*e));
}

/* The entry for va at `level`, tables above it being made with table_flags. */
static pte_t *entry_of(unsigned long va, unsigned int level, uint64_t table_flags)
{
    pte_t *t = idle_pg_table;

    for (unsigned int l = 4; t && l > level; l--) {
        t = table_below(&t[PT_INDEX(va, l)], table_flags);
    }
    return t ? &t[PT_INDEX(va, level)] : NULL;
}

int map_pages_to_hv(unsigned long va, mfn_t mfn, unsigned long nr, uint64_t flags)
{
    for (; nr; nr--, va += PAGE_SIZE, mfn = mfn_add(mfn, 1)) {
        pte_t *e = entry_of(va, 1, MAP_TABLE);

        if (!e) {
            return -ENOMEM;
        }
        WRITE_ONCE(e->v, pte_make(mfn, flags).v);
    }
    return 0;
}

static void flush_range_here(void *data)
{
    const unsigned long *range = data;

    for (unsigned long va = range[0]; va < range[1]; va += PAGE_SIZE) {
        invlpg(va);
    }
}

void unmap_hv_pages(unsigned long va, unsigned long nr)
{
    unsigned long range[2] = { va, va + nr * PAGE_SIZE };

    for (unsigned long at = va; at < range[1]; at += PAGE_SIZE) {
        pte_t *e = entry_of(at, 1, MAP_TABLE);

        if (e) {
            WRITE_ONCE(e->v, 0);
        }
    }
    /* Global entries: a CR3 load keeps them, so each CPU drops them by address. */
    if (system_state < SYS_smp_boot) {
        flush_range_here(range);
    } else {
        on_selected_cpus(&cpu_online_map, flush_range_here, range, true);
    }
}

int arch_map_frames(unsigned long va, mfn_t mfn, unsigned long nr, unsigned int flags)
{
    return map_pages_to_hv(va, mfn, nr, flags & HVMAP_UC ? MAP_UC : MAP_RW);
}

void arch_unmap_frames(unsigned long va, unsigned long nr)
{
    unmap_hv_pages(va, nr);
}

mfn_t arch_mapped_frame(unsigned long va)
{
    const pte_t *e = entry_of(va, 1, MAP_TABLE);

    return e ? pte_mfn(*e) : INVALID_MFN;
}

bool arch_is_ram(maddr_t start, size_t len)
{
    for (unsigned int i = 0; i < memory_map.nr; i++) {
        const struct memmap_entry *m = &memory_map.e[i];

        if (m->type == MEMMAP_RAM && maddr_x(start) < m->addr + m->size &&
            m->addr < maddr_x(start) + len) {
            return true;
        }
    }
    return false;
}

unsigned long arch_shared_page_type(bool writable)
{
    return (writable ? PGT_writable_page : PGT_none) | PGT_validated | 1;
}

bool mfn_valid(mfn_t mfn)
{
    return mfn_x(mfn) < max_page && test_bit((unsigned int)(mfn_x(mfn) / PAGES_2M), frame_chunks);
}

/* RAM above 4 GiB joins the direct map, in 2 MiB pages; its ends in 4 KiB ones. */
static void __init map_high_ram(uint64_t start, uint64_t end)
{
    start = max(start, BOOT_MAP_END);
    while (start < end) {
        unsigned long va = DIRECTMAP_START + start;

        if (IS_ALIGNED(start, SIZE_2M) && end - start >= SIZE_2M) {
            pte_t *e = entry_of(va, 2, MAP_TABLE);

            e->v = pte_make(_mfn(start >> PAGE_SHIFT), MAP_RW | PTE_PSE).v;
            start += SIZE_2M;
        } else {
            pte_t *e = entry_of(va, 1, MAP_TABLE);

            e->v = pte_make(_mfn(start >> PAGE_SHIFT), MAP_RW).v;
            start += PAGE_SIZE;
        }
    }
}

/* Device memory has no business in a write-back mapping: below 4 GiB, what is no memory goes. The
 * image stays, whatever the map says of its place. */
static void __init unmap_holes(void)
{
    for (uint64_t at = SIZE_2M; at < BOOT_MAP_END; at += SIZE_2M) {
        bool memory = memmap_is_reserved(_maddr(at), _maddr(at + SIZE_2M));

        for (unsigned int i = 0; !memory && i < memory_map.nr; i++) {
            const struct memmap_entry *m = &memory_map.e[i];

            memory = (m->type == MEMMAP_RAM || m->type == MEMMAP_ACPI || m->type == MEMMAP_NVS) &&
                     at < m->addr + m->size && m->addr < at + SIZE_2M;
        }
        if (!memory) {
            boot_directmap_l2[at / SIZE_2M].v = 0;
        }
    }
}

/* The image's code and constants are read-only in the direct map, too. */
static void __init seal_image_alias(void)
{
    uint64_t start = maddr_x(image_to_maddr(__text_start)),
             end = maddr_x(image_to_maddr(__rodata_end));

    for (uint64_t at = ROUNDDOWN(start, SIZE_2M); at < end; at += SIZE_2M) {
        pte_t *l1 = table_new();

        for (unsigned long i = 0; i < PT_ENTRIES; i++) {
            uint64_t ma = at + i * PAGE_SIZE;

            l1[i] = pte_make(_mfn(ma >> PAGE_SHIFT), ma >= start && ma < end ? MAP_RO : MAP_RW);
        }
        WRITE_ONCE(boot_directmap_l2[at / SIZE_2M].v, pte_make(virt_to_mfn(l1), MAP_TABLE).v);
    }
}

/* Backs [va, end) with fresh frames: 2 MiB ones where a whole one fits. `fill` is their content. */
static void __init back_range(unsigned long va, unsigned long end, uint8_t fill,
                              unsigned long ro_va)
{
    long to_ro = ro_va ? (long)(ro_va - va) : 0;

    va = ROUNDDOWN(va, PAGE_SIZE);
    while (va < end) {
        bool big = IS_ALIGNED(va, SIZE_2M) && end - va >= SIZE_2M &&
                   !pte_present(*entry_of(va, 2, MAP_TABLE));
        unsigned int level = big ? 2 : 1;
        unsigned long nr = big ? PAGES_2M : 1;
        pte_t *above = entry_of(va, 2, MAP_TABLE), *e;
        mfn_t mfn;

        /* Ranges of RAM may share a chunk. */
        if (above->v & PTE_PSE) {
            va = ROUNDDOWN(va, SIZE_2M) + SIZE_2M;
            continue;
        }
        e = entry_of(va, level, MAP_TABLE);
        if (pte_present(*e)) {
            va += PAGE_SIZE;
            continue;
        }
        mfn = boot_alloc_frames(nr, nr);
        memset(mfn_to_virt(mfn), fill, nr * PAGE_SIZE);
        e->v = pte_make(mfn, MAP_RW | (big ? PTE_PSE : 0)).v;
        if (ro_va) {
            pte_t *ro = entry_of(va + (unsigned long)to_ro, level, MAP_TABLE | PTE_US);

            ro->v = pte_make(mfn, MAP_RO | PTE_US | (big ? PTE_PSE : 0)).v;
        }
        va += nr * PAGE_SIZE;
    }
}

/* Frame table and M2P for the chunks of 512 frames that [start, end) touches. */
static void __init describe_ram(uint64_t start, uint64_t end)
{
    uint64_t s = ROUNDDOWN(start >> PAGE_SHIFT, PAGES_2M);
    uint64_t e = ROUNDUP(end >> PAGE_SHIFT, PAGES_2M);

    for (uint64_t c = s / PAGES_2M; c < e / PAGES_2M; c++) {
        __set_bit((unsigned int)c, frame_chunks);
    }
    back_range((unsigned long)(frame_table + s), (unsigned long)(frame_table + e), 0, 0);
    back_range(RW_M2P_START + s * 8, RW_M2P_START + e * 8, 0xff, RO_M2P_START + s * 8);
}

void __init hvmap_init(void)
{
    unsigned long bitmap_bytes;

    for (unsigned int slot = HV_FIRST_SLOT; slot <= HV_LAST_SLOT; slot++) {
        if (slot != PERDOMAIN_SLOT && !pte_present(idle_pg_table[slot])) {
            idle_pg_table[slot] = pte_make(virt_to_mfn(table_new()),
                                           MAP_TABLE | (slot == RO_M2P_SLOT ? PTE_US : 0));
        }
    }
    for (unsigned int i = 0; i < memory_map.nr; i++) {
        if (memory_map.e[i].type == MEMMAP_RAM) {
            uint64_t end = memory_map.e[i].addr + memory_map.e[i].size;

            max_page = max(max_page, (unsigned long)(end >> PAGE_SHIFT));
            map_high_ram(memory_map.e[i].addr, end);
        }
    }
    boot_alloc_reach(_maddr(DIRECTMAP_SIZE));
    bitmap_bytes = BITS_TO_LONGS(DIV_ROUND_UP(max_page, PAGES_2M) + 1) * sizeof(long);
    frame_chunks = mfn_to_virt(boot_alloc_frames(DIV_ROUND_UP(bitmap_bytes, PAGE_SIZE), 1));
    memset(frame_chunks, 0, ROUNDUP(bitmap_bytes, PAGE_SIZE));
    for (unsigned int i = 0; i < memory_map.nr; i++) {
        if (memory_map.e[i].type == MEMMAP_RAM) {
            describe_ram(memory_map.e[i].addr, memory_map.e[i].addr + memory_map.e[i].size);
        }
    }
    seal_image_alias();
    unmap_holes();
    heap_ready = true;
    write_cr4(read_cr4() & ~(unsigned long)CR4_PGE);
    write_cr3(read_cr3());
    write_cr4(read_cr4() | CR4_PGE); /* for start-up; cpu_init_registers() decides */
}

/* Are all of the frames from first on RAM, in one range of the map? */
static bool __init frames_are_ram(unsigned long first, unsigned long nr)
{
    for (unsigned int i = 0; i < memory_map.nr; i++) {
        const struct memmap_entry *m = &memory_map.e[i];

        if (m->type == MEMMAP_RAM && first >= m->addr >> PAGE_SHIFT &&
            first + nr <= (m->addr + m->size) >> PAGE_SHIFT) {
            return true;
        }
    }
    return false;
}

void __init hvmap_give_holes(void)
{
    for (unsigned long chunk = 0; chunk < max_page; chunk += PAGES_2M) {
        if (!mfn_valid(_mfn(chunk)) || (chunk && frames_are_ram(chunk, PAGES_2M))) {
            continue;
        }
        for (unsigned long frame = chunk; frame < chunk + PAGES_2M; frame++) {
            if (frame < LOW_MEMORY_END >> PAGE_SHIFT || !frames_are_ram(frame, 1)) {
                page_set_owner(mfn_to_page(_mfn(frame)), dom_io);
            }
        }
    }
}
