/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strings: C's functions on terminated strings, and memcmp.
 *
 * Owns nothing and takes no lock; any context may call it. memcpy, memset and memmove are the
 * architecture's (arch/x86/lib/string.c), since it knows the fastest way to move bytes.
 */
#include <hv/lib.h>

int(memcmp)(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i]) {
            return x[i] - y[i];
        }
    }
    return 0;
}

size_t strlen(const char *s)
{
    const char *p = s;

    while (*p) {
        p++;
    }
    return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n]) {
        n++;
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b) {
            return (unsigned char)*a - (unsigned char)*b;
        }
        if (!*a) {
            break;
        }
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++) {
        if (!*s) {
            return NULL;
        }
    }
    return (char *)(uintptr_t)s;
}

char *strstr(const char *hay, const char *needle)
{
    size_t n = strlen(needle);

    for (; strncmp(hay, needle, n) != 0; hay++) {
        if (!*hay) {
            return NULL;
        }
    }
    return (char *)(uintptr_t)hay;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t n = strlen(src);

    if (size) {
        size_t copy = n < size ? n : size - 1;

        memcpy(dst, src, copy);
        dst[copy] = '\0';
    }
    return n;
}
