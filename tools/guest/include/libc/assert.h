/* SPDX-License-Identifier: GPL-2.0-only */
/* The runtime's <assert.h>: a failed assertion ends the kernel with its text. */
#undef assert

#include <guest/shutdown.h>

#define assert(cond)                                                                               \
    ((cond) ? (void)0 : guest_panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #cond))

#ifndef static_assert
#define static_assert _Static_assert
#endif
