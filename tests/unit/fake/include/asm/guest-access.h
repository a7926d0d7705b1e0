/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: no copy is inline, so that the fake sees each as one (guest.c). */
#ifndef ASM_GUEST_ACCESS_H
#define ASM_GUEST_ACCESS_H

#include <hv/errno.h>

#define GUEST_COPY_INLINE_MAX 0

static inline int guest_read_fixed(void *to, unsigned long va, size_t bytes)
{
    return -EFAULT;
}

static inline int guest_probe_fixed(void *to, unsigned long va, size_t bytes)
{
    return -EFAULT;
}

static inline int guest_write_fixed(unsigned long va, const void *from, size_t bytes)
{
    return -EFAULT;
}

#endif
