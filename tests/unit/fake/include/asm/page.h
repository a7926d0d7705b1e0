/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: it has no page tables of its own. */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include <hv/frame.h>

#endif
