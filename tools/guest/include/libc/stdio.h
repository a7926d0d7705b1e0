/* SPDX-License-Identifier: GPL-2.0-only */
/* The runtime's part of <stdio.h>: formatted output to the console and to memory. */
#ifndef GUEST_LIBC_STDIO_H
#define GUEST_LIBC_STDIO_H

#include <stdarg.h>
#include <stddef.h>

__attribute__((format(printf, 1, 2))) int printf(const char *fmt, ...);
__attribute__((format(printf, 1, 0))) int vprintf(const char *fmt, va_list ap);
__attribute__((format(printf, 3, 4))) int snprintf(char *buf, size_t size, const char *fmt, ...);
__attribute__((format(printf, 3, 0))) int vsnprintf(char *buf, size_t size, const char *fmt,
                                                    va_list ap);
int puts(const char *s);
int putchar(int c);

#endif
