/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * CRC-32, four bytes at a time: tables[k] holds what a byte does that is followed by k more. Made
 * at the first call. Start-up, one CPU; no locks.
 */
#include <hv/crc32.h>
#include <hv/lib.h>

#define POLYNOMIAL 0xedb88320U /* bits reflected */

static uint32_t tables[4][256];

static void make_tables(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;

        for (unsigned int bit = 0; bit < 8; bit++) {
            c = c >> 1 ^ (c & 1 ? POLYNOMIAL : 0);
        }
        tables[0][i] = c;
    }
    for (unsigned int k = 1; k < 4; k++) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t c = tables[k - 1][i];

            tables[k][i] = c >> 8 ^ tables[0][c & 0xff];
        }
    }
}

uint32_t crc32(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *p = data;
    uint32_t c = ~crc;

    if (!tables[0][1]) {
        make_tables();
    }
    for (; size >= 4; size -= 4, p += 4) {
        uint32_t word;

        memcpy(&word, p, 4);
        c ^= word;
        c = tables[3][c & 0xff] ^ tables[2][c >> 8 & 0xff] ^ tables[1][c >> 16 & 0xff] ^
            tables[0][c >> 24];
    }
    while (size--) {
        c = c >> 8 ^ tables[0][(c ^ *p++) & 0xff];
    }
    return ~c;
}
