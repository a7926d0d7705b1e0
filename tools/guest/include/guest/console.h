/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console output and line input.
 *
 * dom0 uses the console_io hypercall. A domU uses its console ring if its builder gave it one, else
 * console_io (which the hypervisor may refuse it). One lock keeps lines of several vCPUs apart.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stddef.h>
#include <stdarg.h>

void console_init(void);
void console_write(const char *text, size_t len);

/*
 * Waits until the text has left a serial line of the usual speed. The hypervisor buffers it and has
 * no way to ask; leaving the emulator before would lose the end.
 */
void console_drain(void);

/* Whatever input is there now, 0 if none. */
size_t console_read(char *buf, size_t len);

__attribute__((format(printf, 1, 2))) int printf(const char *fmt, ...);
__attribute__((format(printf, 1, 0))) int vprintf(const char *fmt, va_list ap);

#endif
