/* SPDX-License-Identifier: GPL-2.0-only */
/* The image's own symbols: names for addresses in dumps. The table is made at link time. */
#ifndef HV_SYMBOLS_H
#define HV_SYMBOLS_H

#include <hv/compiler.h>

/*
 * The function that holds addr, with the distance from its start and its size (0 for the last one),
 * or NULL when addr is outside the image's code. Any context, no lock, no allocation.
 */
const char *symbols_lookup(unsigned long addr, unsigned long *offset, unsigned long *size);

/* How many there are, and the n-th by address; NULL past the end. As above. */
unsigned int symbols_number(void);
const char *symbols_nth(unsigned int n, unsigned long *addr);

#endif
