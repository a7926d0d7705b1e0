/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * The x86 branch filter, undone (.xz format 1.1, 5.3.2): the packer turned the 32-bit distances of
 * CALL (E8) and JMP (E9) into positions, so that calls of one function look alike.
 *
 * Which bytes are opcodes can only be guessed; packer and unpacker guess the same way. A distance
 * is taken for one when its highest byte is 00 or FF, and when opcode-like bytes among the three
 * bytes before do not make it doubtful. Start-up, one CPU; no locks.
 */
#include <hv/lib.h>

#include "lzma.h"

#define INSN_SIZE 5

/*
 * What is known of the last three bytes: bit n is set when n bytes back there was an opcode that
 * was left alone. Such a byte may be part of this distance or have this opcode in its own.
 */
#define DOUBT_MASK 7U

static bool sign_like(uint32_t byte)
{
    return byte == 0x00 || byte == 0xff;
}

/* The oldest doubtful opcode: which byte of the distance its own highest byte is, from the top. */
static unsigned int doubtful_byte(uint32_t doubt)
{
    return doubt & 4 ? 3 : doubt & 2 ? 2 : doubt;
}

/* With the doubts there are, may a distance at p still be one? */
static bool acceptable(const uint8_t *p, uint32_t doubt)
{
    if (doubt == 0) {
        return true;
    }
    /* Two doubtful opcodes, or one three bytes back with another: never. */
    if (doubt == 3 || doubt > 4) {
        return false;
    }
    return !sign_like(p[4 - doubtful_byte(doubt)]);
}

/* The position at p, which follows `next`, as a distance again. */
static uint32_t to_distance(uint32_t position, uint32_t next, uint32_t doubt)
{
    unsigned int shift;

    for (;;) {
        uint32_t distance = position - next;

        if (doubt == 0) {
            return distance;
        }
        shift = 8 * doubtful_byte(doubt);
        if (!sign_like(distance >> (24 - shift) & 0xff)) {
            return distance;
        }
        position = distance ^ ((1U << (32 - shift)) - 1);
    }
}

void bcj_x86_undo(uint8_t *data, size_t size)
{
    size_t last = 0, i = 0;
    uint32_t doubt = 0;
    bool seen = false;

    if (size < INSN_SIZE) {
        return;
    }
    while (i <= size - INSN_SIZE) {
        uint8_t *p = data + i;
        uint32_t value;

        if ((p[0] & 0xfe) != 0xe8) {
            i++;
            continue;
        }
        doubt = !seen || i - last > 3 ? 0 : doubt << (i - last - 1) & DOUBT_MASK;
        last = i;
        seen = true;
        if (!sign_like(p[4]) || !acceptable(p, doubt)) {
            doubt = (doubt << 1 & DOUBT_MASK) | 1;
            i++;
            continue;
        }
        value = (uint32_t)p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 24;
        value = to_distance(value, (uint32_t)i + INSN_SIZE, doubt);
        p[1] = (uint8_t)value;
        p[2] = (uint8_t)(value >> 8);
        p[3] = (uint8_t)(value >> 16);
        p[4] = value & (1U << 24) ? 0xff : 0x00;
        doubt = 0;
        i += INSN_SIZE;
        last = i - 1;
    }
}
