/* SPDX-License-Identifier: GPL-2.0-only */
/* The page of stubs by which a 64-bit PV guest makes hypercalls: call page + 32 * number. */
#ifndef ASM_HYPERCALL_PAGE_H
#define ASM_HYPERCALL_PAGE_H

/* Fills one page; the caller owns it and knows it to be writable. */
void hypercall_page_fill(void *page);

#endif
