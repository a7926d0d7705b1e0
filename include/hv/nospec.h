/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speculation: array_index_nospec(idx, size) clamps a guest-controlled index below size without a
 * branch to mispredict (idx when idx < size, else 0; the bound is checked architecturally as well),
 * block_speculation() stops speculation past a check whose result cannot become a mask.
 */
#ifndef HV_NOSPEC_H
#define HV_NOSPEC_H

#include <asm/nospec.h>

#endif
