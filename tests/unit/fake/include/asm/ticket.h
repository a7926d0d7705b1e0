/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: by the compiler's own operations, which the thread sanitizer sees. */
#ifndef ASM_TICKET_H
#define ASM_TICKET_H

#include <hv/compiler.h>

static inline void ticket_head_advance(uint16_t *head)
{
    smp_store_release(head, (uint16_t)(READ_ONCE(*head) + 1));
}

#endif
