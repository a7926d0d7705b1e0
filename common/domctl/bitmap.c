/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying CPU sets between a guest's bytes and our words. No locks. */
#include <hv/guest-access.h>
#include <hv/lib.h>
#include <hv/control-bitmap.h>

#define MASK_BYTES sizeof(cpumask_t)

int cpumask_from_bitmap(cpumask_t *mask, const struct xenctl_bitmap *bitmap)
{
    uint32_t bits = bitmap->nr_bits;
    size_t bytes = min_t(size_t, MASK_BYTES, DIV_ROUND_UP((uint64_t)bits, 8));

    cpumask_zero(mask);
    if (copy_from_guest(mask->bits, guest_handle(bitmap->bitmap), bytes)) {
        return -EFAULT;
    }
    for (unsigned int bit = bits; bit < bytes * 8; bit++) {
        __clear_bit(bit, mask->bits);
    }
    return 0;
}

int cpumask_to_bitmap(const struct xenctl_bitmap *bitmap, const cpumask_t *mask)
{
    uint32_t bits = bitmap->nr_bits;
    size_t guest = DIV_ROUND_UP((uint64_t)bits, 8), bytes = min_t(size_t, MASK_BYTES, guest);
    guest_ptr_t to = guest_handle(bitmap->bitmap);
    cpumask_t out = *mask;

    for (unsigned int bit = bits; bit < bytes * 8; bit++) {
        __clear_bit(bit, out.bits);
    }
    if (copy_to_guest(to, out.bits, bytes)) {
        return -EFAULT;
    }
    return guest > bytes ? clear_guest(guest_ptr_add(to, bytes), guest - bytes) : 0;
}
