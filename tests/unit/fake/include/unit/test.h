/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First header of every unit test: cmocka and the C library as they are, then the hypervisor's
 * names (memcpy, snprintf … mean the hypervisor's own from here on), then the fake architecture's
 * handles.
 */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The C library's own, for comparison. */
static int (*const host_snprintf)(char *, size_t, const char *, ...)
    __attribute__((unused, format(printf, 3, 4))) = snprintf;
static unsigned long (*const host_strtoul)(const char *, char **, int)
    __attribute__((unused)) = strtoul;
static char *(*const host_strstr)(const char *, const char *)__attribute__((unused)) = strstr;

#include <unit/config.h>
#include <unit/fake.h>

#endif
