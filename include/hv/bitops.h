/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits in arrays of unsigned long. set/clear/test_and_* are atomic and full barriers; names with __
 * are for memory that no other CPU writes. find_* scan `size` bits and return size when none.
 */
#ifndef HV_BITOPS_H
#define HV_BITOPS_H

#include <hv/compiler.h>

#define BITS_PER_LONG           64
#define BITS_TO_LONGS(n)        DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, n) unsigned long name[BITS_TO_LONGS(n)]
#define BIT(n)                  (1UL << (n))

static inline unsigned long *bit_word_(unsigned int nr, volatile void *addr)
{
    return (unsigned long *)addr + nr / BITS_PER_LONG;
}

static inline bool test_bit(unsigned int nr, const volatile void *addr)
{
    return (((const volatile unsigned long *)addr)[nr / BITS_PER_LONG] >> (nr % BITS_PER_LONG)) & 1;
}

static inline bool test_and_set_bit(unsigned int nr, volatile void *addr)
{
    unsigned long m = BIT(nr % BITS_PER_LONG);

    return __atomic_fetch_or(bit_word_(nr, addr), m, __ATOMIC_SEQ_CST) & m;
}

static inline bool test_and_clear_bit(unsigned int nr, volatile void *addr)
{
    unsigned long m = BIT(nr % BITS_PER_LONG);

    return __atomic_fetch_and(bit_word_(nr, addr), ~m, __ATOMIC_SEQ_CST) & m;
}

static inline void set_bit(unsigned int nr, volatile void *addr)
{
    (void)__atomic_fetch_or(bit_word_(nr, addr), BIT(nr % BITS_PER_LONG), __ATOMIC_SEQ_CST);
}

static inline void clear_bit(unsigned int nr, volatile void *addr)
{
    (void)__atomic_fetch_and(bit_word_(nr, addr), ~BIT(nr % BITS_PER_LONG), __ATOMIC_SEQ_CST);
}

static inline void __set_bit(unsigned int nr, void *addr)
{
    *bit_word_(nr, addr) |= BIT(nr % BITS_PER_LONG);
}

static inline void __clear_bit(unsigned int nr, void *addr)
{
    *bit_word_(nr, addr) &= ~BIT(nr % BITS_PER_LONG);
}

/* Index of the lowest (ffsl_) or highest (flsl_) set bit; undefined for 0. */
static inline unsigned int ffsl_(unsigned long w)
{
    return (unsigned int)__builtin_ctzl(w);
}

static inline unsigned int flsl_(unsigned long w)
{
    return BITS_PER_LONG - 1 - (unsigned int)__builtin_clzl(w);
}

static inline unsigned int hweight_long(unsigned long w)
{
    unsigned int n = 0;

    for (; w; w &= w - 1) {
        n++;
    }
    return n;
}

/* Smallest order with (1 << order) >= n. */
static inline unsigned int get_order(unsigned long n)
{
    return n <= 1 ? 0 : flsl_(n - 1) + 1;
}

unsigned int find_next_bit(const void *addr, unsigned int size, unsigned int from);
unsigned int find_next_zero_bit(const void *addr, unsigned int size, unsigned int from);

static inline unsigned int find_first_bit(const void *addr, unsigned int size)
{
    return find_next_bit(addr, size, 0);
}

static inline unsigned int find_first_zero_bit(const void *addr, unsigned int size)
{
    return find_next_zero_bit(addr, size, 0);
}

#define for_each_set_bit(bit, addr, size)                                                          \
    for ((bit) = find_first_bit(addr, size); (bit) < (size);                                       \
         (bit) = find_next_bit(addr, size, (bit) + 1))

#endif
