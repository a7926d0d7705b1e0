/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interleaving points: named places between two steps of a protocol, where a test lets another CPU
 * act. A race is tested at the very place where it can happen, not by luck. They compile to nothing
 * except in host unit tests, where a test sets a function of its own (unit/fake.h), and on images
 * with CONFIG_DEBUG_INTERLEAVE, where the option interleave= holds a CPU at one of them.
 */
#ifndef HV_INTERLEAVE_H
#define HV_INTERLEAVE_H

#include <hv/compiler.h>

#ifdef CONFIG_DEBUG_INTERLEAVE
/*
 * Any context, any locks held; takes none. `point` is "room.operation.place", unique in the tree.
 */
void interleave(const char *point);
#else
static inline void interleave(const char *point)
{
    (void)point;
}
#endif

#endif
