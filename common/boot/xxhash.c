/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * The xxHash family (xxHash fast digest algorithm, specification 0.1.1): four lanes over stripes of
 * the data, merged, and what remains word by word. Start-up; no state, no locks.
 */
#include "stream.h"
#include "xxhash.h"

#define P32_1 0x9e3779b1U
#define P32_2 0x85ebca77U
#define P32_3 0xc2b2ae3dU
#define P32_4 0x27d4eb2fU
#define P32_5 0x165667b1U

#define P64_1 0x9e3779b185ebca87UL
#define P64_2 0xc2b2ae3d27d4eb4fUL
#define P64_3 0x165667b19e3779f9UL
#define P64_4 0x85ebca77c2b2ae63UL
#define P64_5 0x27d4eb2f165667c5UL

static always_inline uint32_t rol32(uint32_t v, unsigned int n)
{
    return v << n | v >> (32 - n);
}

static always_inline uint64_t rol64(uint64_t v, unsigned int n)
{
    return v << n | v >> (64 - n);
}

static always_inline uint32_t round32(uint32_t lane, uint32_t word)
{
    return rol32(lane + word * P32_2, 13) * P32_1;
}

static always_inline uint64_t round64(uint64_t lane, uint64_t word)
{
    return rol64(lane + word * P64_2, 31) * P64_1;
}

uint32_t xxh32(const void *data, size_t size)
{
    const uint8_t *p = data, *end = p + size;
    uint32_t h = P32_5;

    if (size >= 16) {
        uint32_t lane[4] = { P32_1 + P32_2, P32_2, 0, -P32_1 };

        for (; end - p >= 16; p += 16) {
            for (unsigned int i = 0; i < 4; i++) {
                lane[i] = round32(lane[i], get_le32(p + i * 4));
            }
        }
        h = rol32(lane[0], 1) + rol32(lane[1], 7) + rol32(lane[2], 12) + rol32(lane[3], 18);
    }
    h += (uint32_t)size;
    for (; end - p >= 4; p += 4) {
        h = rol32(h + get_le32(p) * P32_3, 17) * P32_4;
    }
    for (; p < end; p++) {
        h = rol32(h + *p * P32_5, 11) * P32_1;
    }
    h = (h ^ h >> 15) * P32_2;
    h = (h ^ h >> 13) * P32_3;
    return h ^ h >> 16;
}

uint64_t xxh64(const void *data, size_t size)
{
    const uint8_t *p = data, *end = p + size;
    uint64_t h = P64_5;

    if (size >= 32) {
        uint64_t lane[4] = { P64_1 + P64_2, P64_2, 0, -P64_1 };

        for (; end - p >= 32; p += 32) {
            for (unsigned int i = 0; i < 4; i++) {
                lane[i] = round64(lane[i], get_le64(p + i * 8));
            }
        }
        h = rol64(lane[0], 1) + rol64(lane[1], 7) + rol64(lane[2], 12) + rol64(lane[3], 18);
        for (unsigned int i = 0; i < 4; i++) {
            h = (h ^ round64(0, lane[i])) * P64_1 + P64_4;
        }
    }
    h += size;
    for (; end - p >= 8; p += 8) {
        h = rol64(h ^ round64(0, get_le64(p)), 27) * P64_1 + P64_4;
    }
    if (end - p >= 4) {
        h = rol64(h ^ get_le32(p) * P64_1, 23) * P64_2 + P64_3;
        p += 4;
    }
    for (; p < end; p++) {
        h = rol64(h ^ *p * P64_5, 11) * P64_1;
    }
    h = (h ^ h >> 33) * P64_2;
    h = (h ^ h >> 29) * P64_3;
    return h ^ h >> 32;
}
