/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/* Large pieces of zeroed memory, virtually contiguous. Not from interrupts. */
#ifndef HV_VZALLOC_H
#define HV_VZALLOC_H

#include <hv/compiler.h>

/* NULL: there is not so much. */
void *vzalloc(size_t size) __must_check;
void vfree(void *va);

#endif
