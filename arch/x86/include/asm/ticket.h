/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a critical section, for hv/ticket.h. */
#ifndef ASM_TICKET_H
#define ASM_TICKET_H

#include <hv/compiler.h>

/* A word that the caller alone writes goes up by 1, with release: every store is one here. */
static always_inline void ticket_head_advance(uint16_t *head)
{
    __asm__ volatile("addw $1, %0" : "+m"(*head) : : "memory", "cc");
}

#endif
