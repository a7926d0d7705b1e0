/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: the part of the address space that guests may not name. */
#ifndef ASM_LAYOUT_H
#define ASM_LAYOUT_H

#define HYPERVISOR_START 0xffff800000000000UL
#define HYPERVISOR_END   0xffff880000000000UL

static inline int va_is_hypervisor(unsigned long va)
{
    return va >= HYPERVISOR_START && va < HYPERVISOR_END;
}

#endif
