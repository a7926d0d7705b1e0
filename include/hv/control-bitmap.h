/* SPDX-License-Identifier: GPL-2.0-only */
/* CPU sets as control operations carry them: a guest's array of bytes, of a size that the guest
 * says. */
#ifndef HV_CONTROL_BITMAP_H
#define HV_CONTROL_BITMAP_H

#include <hv/cpumask.h>
#include <public/domctl.h>

/* Bits beyond the guest's size are 0; of the guest's beyond ours are dropped. 0 or -EFAULT. */
int cpumask_from_bitmap(cpumask_t *mask, const struct xenctl_bitmap *bitmap) __must_check;
/* Bits of the guest's beyond ours are written as 0. 0 or -EFAULT. */
int cpumask_to_bitmap(const struct xenctl_bitmap *bitmap, const cpumask_t *mask) __must_check;

#endif
