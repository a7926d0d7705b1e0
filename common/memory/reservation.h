/* SPDX-License-Identifier: GPL-2.0-only */
/* What the operations on reservations share. */
#ifndef COMMON_MEMORY_RESERVATION_H
#define COMMON_MEMORY_RESERVATION_H

#include <hv/domain.h>
#include <hv/guest-access.h>
#include <public/memory.h>

#define MEMOP_CMD_MASK     0x3fUL
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_MAX_EXTENTS  (UINT32_MAX >> MEMOP_EXTENT_SHIFT)

/* A reservation, checked: extents [done, nr) are still to do. */
struct reservation {
    struct domain *d;
    guest_ptr_t list;
    unsigned long nr, done;
    unsigned int order;
    unsigned int memflags;
    unsigned long cmd;
};

/* Largest order that d may name. */
unsigned int memory_max_order(const struct domain *d);
/* The heap's flags for the guest's. 0 or -EINVAL. */
int memory_flags(unsigned int mem_flags, unsigned int *memflags) __must_check;

#endif
