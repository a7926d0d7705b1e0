/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying sets between a guest's bytes and our words. No locks. */
#include <hv/control-bitmap.h>
#include <hv/guest-access.h>
#include <hv/lib.h>

int bits_from_bitmap(unsigned long *bits, size_t size, const struct xenctl_bitmap *bitmap)
{
    size_t bytes = min_t(size_t, size, DIV_ROUND_UP((uint64_t)bitmap->nr_bits, 8));

    memset(bits, 0, size);
    if (copy_from_guest(bits, guest_handle(bitmap->bitmap), bytes)) {
        return -EFAULT;
    }
    for (unsigned int bit = bitmap->nr_bits; bit < bytes * 8; bit++) {
        __clear_bit(bit, bits);
    }
    return 0;
}

int bits_to_bitmap(const struct xenctl_bitmap *bitmap, const unsigned long *bits, size_t size)
{
    size_t guest = DIV_ROUND_UP((uint64_t)bitmap->nr_bits, 8), whole = bitmap->nr_bits / 8;
    size_t bytes = min(size, guest);
    guest_ptr_t to = guest_handle(bitmap->bitmap);

    if (copy_to_guest(to, bits, min(bytes, whole))) {
        return -EFAULT;
    }
    /* The guest's last bits are part of a byte. */
    if (bytes > whole) {
        uint8_t last = ((const uint8_t *)bits)[whole] & ((1U << bitmap->nr_bits % 8) - 1);

        if (copy_to_guest(guest_ptr_add(to, whole), &last, sizeof(last))) {
            return -EFAULT;
        }
    }
    return guest > bytes ? clear_guest(guest_ptr_add(to, bytes), guest - bytes) : 0;
}
