/* SPDX-License-Identifier: GPL-2.0-only */
/* Handlers of mmuext_op: pins and pages (mmuext.c), base pointers (baseptr.c), flushes
 * (mmuext-flush.c). */
#ifndef ARCH_X86_MM_MMUEXT_H
#define ARCH_X86_MM_MMUEXT_H

#include <gen/mmuext_op-dispatch.h>
#include <asm/state.h>

#endif
