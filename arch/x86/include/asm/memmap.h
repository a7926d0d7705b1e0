/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's memory map: sorted, without overlap, as firmware described it. */
#ifndef ASM_MEMMAP_H
#define ASM_MEMMAP_H

#include <hv/frame.h>

#define MEMMAP_RAM      1
#define MEMMAP_RESERVED 2
#define MEMMAP_ACPI     3
#define MEMMAP_NVS      4
#define MEMMAP_UNUSABLE 5

#define MEMMAP_MAX 1024

/* Layout of XENMEM_machine_memory_map's entries. */
struct memmap_entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
} __packed;

struct memory_map {
    unsigned int nr;
    uint64_t least; /* RAM in pieces up to this size was left out for want of room */
    struct memmap_entry e[MEMMAP_MAX];
};
extern struct memory_map memory_map;

/* Adds a range as firmware gives it, in any order, overlapping or not; the more restrictive type
 * wins where two overlap. What a full map has no room for is what loses the fewest bytes of RAM,
 * and is named. */
void memmap_add(struct memory_map *map, uint64_t addr, uint64_t size, uint32_t type);
/* RAM from limit on is unusable. */
void memmap_limit(struct memory_map *map, maddr_t limit);
/* Is every byte of [start, end) RAM? */
bool memmap_all_ram(const struct memory_map *map, maddr_t start, maddr_t end);
/* Is no byte of [start, end) memory that anything is kept in: hole or reserved, all of it? */
bool memmap_only_devices(const struct memory_map *map, maddr_t start, maddr_t end);
/* Type at an address; 0 for a hole. */
uint32_t memmap_type(const struct memory_map *map, maddr_t ma);
void memmap_print(const struct memory_map *map);
/* Highest RAM address + 1. */
maddr_t memmap_ram_end(const struct memory_map *map);
/* Whole pages of RAM, whoever uses them. */
uint64_t memmap_ram_pages(const struct memory_map *map);

/*
 * Memory below stays out of the heap for good: it is firmware's data and what firmware's code works
 * on, which dom0 looks for and calls. dom0 may map it as it may devices'.
 */
#define LOW_MEMORY_END 0x100000UL

/* Start-up keeps what it still needs out of the heap: image, modules, trampoline. */
void memmap_reserve(maddr_t start, maddr_t end);
bool memmap_is_reserved(maddr_t start, maddr_t end);
/* Each piece of RAM, whole pages, that is not reserved. */
void memmap_for_each_free(const struct memory_map *map, void (*fn)(maddr_t start, maddr_t end));
/* The highest free pages below limit, for size bytes, reserved from now on; maddr 0 when there are
 * none. */
maddr_t memmap_take_below(const struct memory_map *map, uint64_t size, maddr_t limit);

#endif
