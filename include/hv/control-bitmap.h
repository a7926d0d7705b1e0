/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of CPUs or nodes as control operations carry them: a guest's array of bytes, of a size that
 * the guest says. */
#ifndef HV_CONTROL_BITMAP_H
#define HV_CONTROL_BITMAP_H

#include <hv/cpumask.h>
#include <public/domctl.h>

/* `size` bytes of ours, whole words. Bits beyond the guest's are 0; of the guest's beyond ours are
 * dropped. 0 or -EFAULT. */
int bits_from_bitmap(unsigned long *bits, size_t size, const struct xenctl_bitmap *bitmap)
    __must_check;
/* Bits of the guest's beyond ours are written as 0. 0 or -EFAULT. */
int bits_to_bitmap(const struct xenctl_bitmap *bitmap, const unsigned long *bits, size_t size)
    __must_check;

static inline __must_check int cpumask_from_bitmap(cpumask_t *mask,
                                                   const struct xenctl_bitmap *bitmap)
{
    return bits_from_bitmap(mask->bits, sizeof(mask->bits), bitmap);
}

static inline __must_check int cpumask_to_bitmap(const struct xenctl_bitmap *bitmap,
                                                 const cpumask_t *mask)
{
    return bits_to_bitmap(bitmap, mask->bits, sizeof(mask->bits));
}

#endif
