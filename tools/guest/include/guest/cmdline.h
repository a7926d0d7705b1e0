/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's command line: words, and name=value pairs.
 */
#ifndef GUEST_CMDLINE_H
#define GUEST_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

/* Is the bare word there? */
bool cmdline_has(const char *word);

/* Copies the last name=value's value; false where there is none or it does not fit. */
bool cmdline_get(const char *name, char *value, size_t size);

unsigned long cmdline_number(const char *name, unsigned long otherwise);

/* Shell pattern with * and ?. */
bool glob_match(const char *pattern, const char *text);

#endif
