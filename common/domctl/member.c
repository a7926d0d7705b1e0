/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Members that an argument has in another interface version and not in ours; hv/control-member.h.
 * Works on the private copy of an argument; no locks.
 */
#include <hv/control-member.h>
#include <hv/lib.h>

bool control_member_cut(void *arg, size_t size, size_t at, size_t len)
{
    uint8_t *p = arg;

    for (size_t i = 0; i < len; i++) {
        if (p[at + i]) {
            return false;
        }
    }
    memmove(p + at, p + at + len, size - at - len);
    memset(p + size - len, 0, len);
    return true;
}

void control_member_put(void *arg, size_t size, size_t at, size_t len)
{
    uint8_t *p = arg;

    memmove(p + at + len, p + at, size - at - len);
    memset(p + at, 0, len);
}
