/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the heap and those who hand its frames on. heap.c has the contracts. */
#ifndef MM_PRIVATE_H
#define MM_PRIVATE_H

#include <hv/mm.h>

struct page_info *heap_alloc(unsigned int order, unsigned int memflags) __must_check;
void heap_free(struct page_info *pg, unsigned int order, bool dirty, uint32_t stamp);

#endif
