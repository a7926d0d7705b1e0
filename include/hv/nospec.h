/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speculation: array_index_nospec(idx, size) clamps a guest-controlled index below size without a
 * branch to mispredict (idx when idx < size, else 0; the bound is checked architecturally as well),
 * block_speculation() stops speculation past a check whose result cannot become a mask.
 */
#ifndef HV_NOSPEC_H
#define HV_NOSPEC_H

#include <asm/nospec.h>

/* The same for an index that was compared with a constant power of two: what is beyond it goes
 * round, by one instruction that the compiler does not find needless. */
#define array_index_wrap(index, size)                                                              \
    ({                                                                                             \
        __typeof__(index) wrapped_ = (index);                                                      \
                                                                                                   \
        _Static_assert(((size) & ((size)-1)) == 0, "a power of two");                              \
        __asm__("" : "+r"(wrapped_));                                                              \
        wrapped_ &((size)-1);                                                                      \
    })

#endif
