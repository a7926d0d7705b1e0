/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every room uses: strings, formatted output, the failure ladder, simple arithmetic.
 * The failure ladder: return an error, then domain_crash(), then BUG(). ASSERT() documents what the
 * code around it guarantees; it handles nothing, and no guest can reach it.
 */
#ifndef HV_LIB_H
#define HV_LIB_H

#include <stdarg.h>
#include <hv/compiler.h>
#include <hv/errno.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
void *memmove(void *dst, const void *src, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
#if !__STDC_HOSTED__
/* Small constant sizes become plain moves. */
#define memcpy(d, s, n)  __builtin_memcpy(d, s, n)
#define memset(d, c, n)  __builtin_memset(d, c, n)
#define memmove(d, s, n) __builtin_memmove(d, s, n)
#define memcmp(a, b, n)  __builtin_memcmp(a, b, n)
#endif
char *strchr(const char *s, int c);
char *strstr(const char *hay, const char *needle);
/* Copies and always terminates; returns strlen(src), so >= size means it was cut. */
size_t strlcpy(char *dst, const char *src, size_t size);
/* Parses like C's strtoul; *end is where it stopped. base 0 takes 0x and 0 prefixes. */
unsigned long strtoul(const char *s, const char **end, unsigned int base);

int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);

/*
 * printk: formatted output to the console ring and devices. Any context, takes the console lock.
 * A level prefix as below; without one the level is LOG_WARN. Extensions: %pv struct vcpu * as
 * dNvM, %pd struct domain * as dN, %ps symbol name, %pS symbol+offset/size. XENLOG_G_* levels are
 * for messages a guest can cause: those are rate limited.
 */
#define XENLOG_ERR       "<0>"
#define XENLOG_WARNING   "<1>"
#define XENLOG_INFO      "<2>"
#define XENLOG_DEBUG     "<3>"
#define XENLOG_GUEST     "<G>"
#define XENLOG_G_ERR     XENLOG_GUEST XENLOG_ERR
#define XENLOG_G_WARNING XENLOG_GUEST XENLOG_WARNING
#define XENLOG_G_INFO    XENLOG_GUEST XENLOG_INFO
#define XENLOG_G_DEBUG   XENLOG_GUEST XENLOG_DEBUG

void printk(const char *fmt, ...) __printf(1, 2);
void vprintk(const char *fmt, va_list ap) __printf(1, 0);

#ifdef CONFIG_DEBUG
#define gdprintk(lvl, fmt, ...) printk(XENLOG_GUEST lvl fmt, ##__VA_ARGS__)
#define dprintk(lvl, fmt, ...)  printk(lvl fmt, ##__VA_ARGS__)
#else
#define gdprintk(lvl, fmt, ...)                                                                    \
    do {                                                                                           \
        if (0) {                                                                                   \
            printk(XENLOG_GUEST lvl fmt, ##__VA_ARGS__);                                           \
        }                                                                                          \
    } while (0)
#define dprintk(lvl, fmt, ...) gdprintk(lvl, fmt, ##__VA_ARGS__)
#endif

/* panic: message, registers, stacks and ring of every CPU, then reboot or (noreboot) halt. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;
void bug_at(const char *file, unsigned int line, const char *what) __noreturn __cold;

#define BUG() bug_at(__FILE__, __LINE__, "BUG")
#define BUG_ON(c)                                                                                  \
    do {                                                                                           \
        if (unlikely(c)) {                                                                         \
            bug_at(__FILE__, __LINE__, "BUG_ON(" #c ")");                                          \
        }                                                                                          \
    } while (0)

#ifdef CONFIG_DEBUG
#define ASSERT(c)                                                                                  \
    do {                                                                                           \
        if (unlikely(!(c))) {                                                                      \
            bug_at(__FILE__, __LINE__, "ASSERT(" #c ")");                                          \
        }                                                                                          \
    } while (0)
#define ASSERT_UNREACHABLE() bug_at(__FILE__, __LINE__, "unreachable")
#else
#define ASSERT(c)                                                                                  \
    do {                                                                                           \
        if (0 && (c)) {                                                                            \
        }                                                                                          \
    } while (0)
#define ASSERT_UNREACHABLE()                                                                       \
    do {                                                                                           \
    } while (0)
#endif

/* a * b / c without losing the product's high half; the quotient must fit. */
static inline uint64_t muldiv64(uint64_t a, uint32_t b, uint32_t c)
{
    uint64_t low = (a & 0xffffffff) * b, high = (a >> 32) * b + (low >> 32);

    return (high / c) << 32 | ((high % c) << 32 | (low & 0xffffffff)) / c;
}

#endif
