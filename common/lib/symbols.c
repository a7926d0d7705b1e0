/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for the image's code addresses.
 *
 * Owns the reading of the symbol table that tools/build/symbols.py makes at link time. The table is
 * read-only and sorted by address, so there is no lock. Called by %ps/%pS formatting and crash
 * dumps.
 */
#include <hv/nospec.h>
#include <hv/symbols.h>

/* Made at link time: see tools/build/symbols.py. */
extern const unsigned long symbols_base;
extern const unsigned int symbols_count;
extern const unsigned int symbols_offset[];
extern const unsigned int symbols_name[];
extern const char symbols_names[];

/* Index of the last symbol at or below offset; the table is not empty and starts at offset 0. */
static unsigned int symbols_search(unsigned long offset)
{
    unsigned int low = 0;
    unsigned int high = symbols_count;

    while (high - low > 1) {
        unsigned int middle = low + (high - low) / 2;

        if (symbols_offset[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

const char *symbols_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
    unsigned long distance = addr - symbols_base;
    unsigned int index;

    /* The last entry is the label at the end of the code: what is at or past it is no function. */
    if (symbols_count == 0 || distance >= symbols_offset[symbols_count - 1]) {
        return NULL;
    }
    index = symbols_search(distance);
    *offset = distance - symbols_offset[index];
    *size = symbols_offset[index + 1] - symbols_offset[index];
    return symbols_names + symbols_name[index];
}

unsigned int symbols_number(void)
{
    return symbols_count;
}

const char *symbols_nth(unsigned int n, unsigned long *addr)
{
    if (n >= symbols_count) {
        return NULL;
    }
    n = array_index_nospec(n, symbols_count);
    *addr = symbols_base + symbols_offset[n];
    return symbols_names + symbols_name[n];
}
