/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's memory map, and what start-up holds back from the heap.
 *
 * Owns memory_map. Invariant: entries are sorted by address, do not overlap, and neighbours of one
 * type are one entry. A full map loses what costs the fewest bytes of RAM (I31): its smallest RAM,
 * or the narrowest gap between two entries that are not. Start-up only, single CPU, no lock;
 * afterwards read-only (XENMEM_machine_memory_map).
 */
#include <hv/init.h>
#include <hv/lib.h>
#include <asm/memmap.h>

#define MAX_RESERVED (2 * MAX_BOOT_MODULES + 8) /* a module may move */

struct range {
    uint64_t start, end;
};

__ro_after_init struct memory_map memory_map;
static __initdata struct range reserved[MAX_RESERVED];
static __initdata unsigned int nr_reserved;

static __init bool memmap_insert(struct memory_map *map, unsigned int at, struct memmap_entry e)
{
    if (map->nr == MEMMAP_MAX) {
        return false;
    }
    memmove(&map->e[at + 1], &map->e[at], (map->nr - at) * sizeof(e));
    map->e[at] = e;
    map->nr++;
    return true;
}

static __init void memmap_remove(struct memory_map *map, unsigned int at)
{
    map->nr--;
    memmove(&map->e[at], &map->e[at + 1], (map->nr - at) * sizeof(map->e[0]));
}

static __init void memmap_merge(struct memory_map *map)
{
    for (unsigned int i = 0; i + 1 < map->nr;) {
        struct memmap_entry *a = &map->e[i], *b = &map->e[i + 1];

        if (a->type == b->type && a->addr + a->size == b->addr) {
            a->size += b->size;
            memmap_remove(map, i + 1);
        } else {
            i++;
        }
    }
}

/* Splits the entry that has `addr` inside it, so that an entry starts there. */
static __init bool memmap_split(struct memory_map *map, uint64_t addr)
{
    for (unsigned int i = 0; i < map->nr; i++) {
        struct memmap_entry *e = &map->e[i];

        if (addr > e->addr && addr - e->addr < e->size) {
            struct memmap_entry tail = { addr, e->addr + e->size - addr, e->type };

            if (!memmap_insert(map, i + 1, tail)) {
                return false;
            }
            map->e[i].size = addr - map->e[i].addr;
            return true;
        }
    }
    return true;
}

static __init bool ram_is_left_out(const struct memory_map *map, uint64_t start, uint64_t end,
                                   uint32_t type)
{
    return type == MEMMAP_RAM && end - start <= map->least;
}

static __init void name_left_out(uint64_t start, uint64_t end)
{
    printk(XENLOG_WARNING "Memory at %#lx-%#lx is left unused: more than %u ranges\n", start, end,
           MEMMAP_MAX);
}

/* False when the map is full; what was added until then does no harm. */
static __init bool memmap_try_add(struct memory_map *map, uint64_t addr, uint64_t end,
                                  uint32_t type)
{
    uint64_t at = addr;
    unsigned int i;

    if (!memmap_split(map, addr) || !memmap_split(map, end)) {
        return false;
    }
    for (i = 0; i < map->nr && map->e[i].addr < addr; i++) {
    }
    /* Entries within [addr, end) are whole now: raise their type, and fill the gaps between them.
     */
    while (at < end) {
        uint64_t next = i < map->nr ? min(map->e[i].addr, end) : end;

        if (at < next && ram_is_left_out(map, at, next, type)) {
            name_left_out(at, next);
            at = next;
            continue;
        }
        if (at < next) {
            if (!memmap_insert(map, i, (struct memmap_entry){ at, next - at, type })) {
                return false;
            }
            at = next;
        } else {
            map->e[i].type = max((uint32_t)map->e[i].type, type);
            at = map->e[i].addr + map->e[i].size;
        }
        i++;
    }
    return true;
}

/* The smallest RAM but the last there is; map->nr: there is none. */
static __init unsigned int least_ram(const struct memory_map *map)
{
    unsigned int least = map->nr, nr = 0;

    for (unsigned int i = 0; i < map->nr; i++) {
        if (map->e[i].type == MEMMAP_RAM) {
            nr++;
            least = least == map->nr || map->e[i].size < map->e[least].size ? i : least;
        }
    }
    return nr > 1 ? least : map->nr;
}

/* The first of two neighbours, neither of them RAM, with the narrowest gap; map->nr: none. */
static __init unsigned int narrowest_gap(const struct memory_map *map, uint64_t *gap)
{
    unsigned int best = map->nr;

    for (unsigned int i = 0; i + 1 < map->nr; i++) {
        const struct memmap_entry *a = &map->e[i], *b = &map->e[i + 1];
        uint64_t between = b->addr - (a->addr + a->size);

        if (a->type != MEMMAP_RAM && b->type != MEMMAP_RAM && (best == map->nr || between < *gap)) {
            best = i;
            *gap = between;
        }
    }
    return best;
}

/* One entry fewer. The types of what is put together do not sink, so nothing is split again. */
static __init void memmap_make_room(struct memory_map *map)
{
    uint64_t gap = 0;
    unsigned int ram = least_ram(map), pair = narrowest_gap(map, &gap);

    if (pair < map->nr && (ram == map->nr || gap < map->e[ram].size)) {
        struct memmap_entry *a = &map->e[pair], *b = &map->e[pair + 1];

        a->size = b->addr + b->size - a->addr;
        a->type = max(a->type, b->type);
        memmap_remove(map, pair + 1);
        return;
    }
    BUG_ON(ram == map->nr); /* neither: one RAM between two others, in a table of more */
    map->least = max(map->least, map->e[ram].size);
    name_left_out(map->e[ram].addr, map->e[ram].addr + map->e[ram].size);
    memmap_remove(map, ram);
}

void __init memmap_add(struct memory_map *map, uint64_t addr, uint64_t size, uint32_t type)
{
    uint64_t end = addr + size;

    if (!size || end < addr) {
        return; /* empty, or past the end of the address space: describes nothing */
    }
    if (type == 0 || type > MEMMAP_UNUSABLE) {
        type = MEMMAP_RESERVED;
    }
    for (;;) {
        unsigned int before = map->nr;
        bool done = memmap_try_add(map, addr, end, type);

        memmap_merge(map);
        if (done) {
            return;
        }
        if (map->nr >= before) {
            memmap_make_room(map);
        }
    }
}

void __init memmap_limit(struct memory_map *map, maddr_t limit)
{
    uint64_t lost = 0;

    for (unsigned int i = 0; i < map->nr; i++) {
        struct memmap_entry e = map->e[i];
        uint64_t start = max(e.addr, maddr_x(limit));

        if (e.type == MEMMAP_RAM && start < e.addr + e.size) {
            lost += e.addr + e.size - start;
            memmap_add(map, start, e.addr + e.size - start, MEMMAP_UNUSABLE);
        }
    }
    if (lost) {
        printk(XENLOG_WARNING "Memory from %#lx on is out of reach: %lu MiB are left unused\n",
               maddr_x(limit), lost >> 20);
    }
}

bool memmap_all_ram(const struct memory_map *map, maddr_t start, maddr_t end)
{
    for (unsigned int i = 0; i < map->nr; i++) {
        const struct memmap_entry *e = &map->e[i];

        if (e->type == MEMMAP_RAM && e->addr <= maddr_x(start) &&
            maddr_x(end) <= e->addr + e->size) {
            return true;
        }
    }
    return maddr_x(start) == maddr_x(end);
}

bool memmap_only_devices(const struct memory_map *map, maddr_t start, maddr_t end)
{
    for (unsigned int i = 0; i < map->nr; i++) {
        const struct memmap_entry *e = &map->e[i];

        if (e->type != MEMMAP_RESERVED && e->addr < maddr_x(end) &&
            maddr_x(start) < e->addr + e->size) {
            return false;
        }
    }
    return true;
}

uint32_t memmap_type(const struct memory_map *map, maddr_t ma)
{
    for (unsigned int i = 0; i < map->nr; i++) {
        if (maddr_x(ma) - map->e[i].addr < map->e[i].size) {
            return map->e[i].type;
        }
    }
    return 0;
}

maddr_t memmap_ram_end(const struct memory_map *map)
{
    for (unsigned int i = map->nr; i--;) {
        if (map->e[i].type == MEMMAP_RAM) {
            return _maddr(map->e[i].addr + map->e[i].size);
        }
    }
    return _maddr(0);
}

uint64_t memmap_ram_pages(const struct memory_map *map)
{
    uint64_t pages = 0;

    for (unsigned int i = 0; i < map->nr; i++) {
        const struct memmap_entry *e = &map->e[i];
        uint64_t first = (e->addr + PAGE_SIZE - 1) >> PAGE_SHIFT;
        uint64_t end = (e->addr + e->size) >> PAGE_SHIFT;

        if (e->type == MEMMAP_RAM && end > first) {
            pages += end - first;
        }
    }
    return pages;
}

void __init memmap_print(const struct memory_map *map)
{
    static const char *const names[] = {
        "?", "RAM", "reserved", "ACPI data", "ACPI NVS", "unusable"
    };

    printk(XENLOG_INFO "Memory map:\n");
    for (unsigned int i = 0; i < map->nr; i++) {
        const struct memmap_entry *e = &map->e[i];

        printk(XENLOG_INFO "  %016lx - %016lx  %s\n", e->addr, e->addr + e->size, names[e->type]);
    }
}

void __init memmap_reserve(maddr_t start, maddr_t end)
{
    unsigned int i;

    if (nr_reserved == MAX_RESERVED) {
        panic("memory map: too many reservations\n");
    }
    for (i = nr_reserved; i && reserved[i - 1].start > maddr_x(start); i--) {
        reserved[i] = reserved[i - 1];
    }
    reserved[i] = (struct range){ ROUNDDOWN(maddr_x(start), PAGE_SIZE),
                                  ROUNDUP(maddr_x(end), PAGE_SIZE) };
    nr_reserved++;
}

bool __init memmap_is_reserved(maddr_t start, maddr_t end)
{
    for (unsigned int i = 0; i < nr_reserved; i++) {
        if (maddr_x(start) < reserved[i].end && maddr_x(end) > reserved[i].start) {
            return true;
        }
    }
    return false;
}

/* The first free piece of [start, end): what stands before the first reservation in it. */
static __init bool free_piece(uint64_t *start, uint64_t end, uint64_t *piece_end)
{
    *piece_end = end;
    for (unsigned int i = 0; i < nr_reserved; i++) {
        if (reserved[i].end <= *start) {
            continue;
        }
        if (reserved[i].start > *start) {
            *piece_end = min(end, reserved[i].start);
            break;
        }
        *start = reserved[i].end;
    }
    return *start < end;
}

void __init memmap_for_each_free(const struct memory_map *map,
                                 void (*fn)(maddr_t start, maddr_t end))
{
    for (unsigned int i = 0; i < map->nr; i++) {
        const struct memmap_entry *e = &map->e[i];
        uint64_t start = ROUNDUP(e->addr, PAGE_SIZE);
        uint64_t end = ROUNDDOWN(e->addr + e->size, PAGE_SIZE), piece_end;

        if (e->type != MEMMAP_RAM) {
            continue;
        }
        while (start < end && free_piece(&start, end, &piece_end)) {
            if (start < piece_end) {
                fn(_maddr(start), _maddr(piece_end));
            }
            start = piece_end;
        }
    }
}

maddr_t __init memmap_take_below(const struct memory_map *map, uint64_t size, maddr_t limit)
{
    uint64_t at = ROUNDDOWN(maddr_x(limit), PAGE_SIZE);

    size = ROUNDUP(size, PAGE_SIZE);
    for (; at >= size + PAGE_SIZE; at -= PAGE_SIZE) {
        maddr_t start = _maddr(at - size), end = _maddr(at);

        if (memmap_all_ram(map, start, end) && !memmap_is_reserved(start, end)) {
            memmap_reserve(start, end);
            return start;
        }
    }
    return _maddr(0);
}
