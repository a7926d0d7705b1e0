/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moving and filling bytes on x86-64.
 *
 * Up to 64 bytes go through general registers in straight lines whose two ends may overlap; all
 * loads come before all stores, so the same code serves memmove. More goes through `rep movsq`/`rep
 * stosq`, which microcode turns into whole cache lines; the odd tail is one overlapping word. No
 * lock; any context. The names stand in parentheses because lib.h has macros of the same names.
 */
#include <hv/lib.h>

typedef uint64_t __attribute__((aligned(1), may_alias)) any64_t;
typedef uint32_t __attribute__((aligned(1), may_alias)) any32_t;
typedef uint16_t __attribute__((aligned(1), may_alias)) any16_t;

#define SMALL_MAX 64

/* n <= 8. */
static always_inline void move_tiny(char *d, const char *s, size_t n)
{
    if (n == 8) {
        *(any64_t *)d = *(const any64_t *)s;
    } else if (n >= 4) {
        uint32_t a = *(const any32_t *)s, b = *(const any32_t *)(s + n - 4);

        *(any32_t *)d = a;
        *(any32_t *)(d + n - 4) = b;
    } else if (n >= 2) {
        uint16_t a = *(const any16_t *)s, b = *(const any16_t *)(s + n - 2);

        *(any16_t *)d = a;
        *(any16_t *)(d + n - 2) = b;
    } else if (n) {
        *d = *s;
    }
}

/* n <= SMALL_MAX; the areas may overlap. */
static always_inline void move_small(char *d, const char *s, size_t n)
{
    const any64_t *from = (const any64_t *)s, *from_end = (const any64_t *)(s + n);
    any64_t *to = (any64_t *)d, *to_end = (any64_t *)(d + n);

    if (n <= 8) {
        move_tiny(d, s, n);
    } else if (n <= 16) {
        uint64_t a = from[0], z = from_end[-1];

        to[0] = a;
        to_end[-1] = z;
    } else if (n <= 32) {
        uint64_t a = from[0], b = from[1], y = from_end[-2], z = from_end[-1];

        to[0] = a;
        to[1] = b;
        to_end[-2] = y;
        to_end[-1] = z;
    } else {
        uint64_t a = from[0], b = from[1], c = from[2], e = from[3];
        uint64_t w = from_end[-4], x = from_end[-3], y = from_end[-2], z = from_end[-1];

        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = e;
        to_end[-4] = w;
        to_end[-3] = x;
        to_end[-2] = y;
        to_end[-1] = z;
    }
}

void *(memcpy)(void *dst, const void *src, size_t n)
{
    if (n <= SMALL_MAX) {
        move_small(dst, src, n);
    } else {
        uint64_t tail = ((const any64_t *)((const char *)src + n))[-1];
        void *end = (char *)dst + n;
        void *to = dst;
        size_t words = n / 8;

        __asm__ volatile("rep movsq" : "+D"(to), "+S"(src), "+c"(words) : : "memory");
        ((any64_t *)end)[-1] = tail;
    }
    return dst;
}

void *(memset)(void *dst, int c, size_t n)
{
    uint64_t word = 0x0101010101010101UL * (unsigned char)c;
    char *d = dst;

    if (n >= 8) {
        any64_t *end = (any64_t *)(d + n);
        void *to = dst;
        size_t words = n / 8;

        if (n <= 16) {
            *(any64_t *)d = word;
        } else {
            __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(word) : "memory");
        }
        end[-1] = word;
    } else if (n >= 4) {
        *(any32_t *)d = (uint32_t)word;
        *(any32_t *)(d + n - 4) = (uint32_t)word;
    } else if (n) {
        d[0] = (char)c;
        d[n / 2] = (char)c;
        d[n - 1] = (char)c;
    }
    return dst;
}

/* dst is above src and inside [src, src + n): from the end downwards, n > SMALL_MAX. */
static void move_down(char *d, const char *s, size_t n)
{
    uint64_t head = *(const any64_t *)s;
    size_t words = n / 8;
    const void *from = s + n - 8;
    void *to = d + n - 8;

    __asm__ volatile("std; rep movsq; cld" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    *(any64_t *)d = head;
}

void *(memmove)(void *dst, const void *src, size_t n)
{
    if (n <= SMALL_MAX) {
        move_small(dst, src, n);
    } else if ((uintptr_t)dst - (uintptr_t)src >= n) {
        memcpy(dst, src, n);
    } else {
        move_down(dst, src, n);
    }
    return dst;
}
