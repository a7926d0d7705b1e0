/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Searching bitmaps, a word at a time. No lock: another CPU may set or clear bits meanwhile, and
 * then either answer is right. Any context.
 */
#include <hv/bitops.h>
#include <hv/lib.h>

/* Next bit at or after `from` of the map whose words are XORed with flip. */
static always_inline unsigned int next_bit(const unsigned long *words, unsigned int size,
                                           unsigned int from, unsigned long flip)
{
    unsigned int index = from / BITS_PER_LONG;
    unsigned long word;

    if (from >= size) {
        return size;
    }
    word = (READ_ONCE(words[index]) ^ flip) & (~0UL << (from % BITS_PER_LONG));
    while (!word) {
        if (++index >= BITS_TO_LONGS(size)) {
            return size;
        }
        word = READ_ONCE(words[index]) ^ flip;
    }
    return min(index * BITS_PER_LONG + ffsl_(word), size);
}

unsigned int find_next_bit(const void *addr, unsigned int size, unsigned int from)
{
    return next_bit(addr, size, from, 0);
}

unsigned int find_next_zero_bit(const void *addr, unsigned int size, unsigned int from)
{
    return next_bit(addr, size, from, ~0UL);
}
