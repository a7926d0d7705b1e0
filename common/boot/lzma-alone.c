/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * The .lzma container: properties, dictionary size, the size or none, and one run of the LZMA
 * decoder, which ends in a mark when there is no size. No checksum. Start-up; no locks.
 */
#include <hv/unpack.h>

#include "lzma.h"

#define HEADER_SIZE  13
#define SIZE_UNKNOWN (~0UL)

const char *lzma_unpack(const void *src, size_t src_size, void *dst, size_t dst_size,
                        void (*tick)(void))
{
    struct packed in = { src, (const uint8_t *)src + src_size };
    struct unpacked out = { dst, dst, (uint8_t *)dst + dst_size, dst };
    struct lzma *s = lzma_the_decoder();
    const char *wrong;
    uint64_t size;

    if (src_size < HEADER_SIZE) {
        return WRONG_CUT;
    }
    size = get_le64(in.at + 5);
    if (size != SIZE_UNKNOWN && size != dst_size) {
        return size < dst_size ? WRONG_LESS : WRONG_MORE;
    }
    if (!lzma_set_properties(s, in.at[0])) {
        return "it has properties that are not supported";
    }
    lzma_reset(s);
    in.at += HEADER_SIZE;
    wrong = lzma_run(s, &in, &out, size == SIZE_UNKNOWN ? LZMA_MARKED : LZMA_MAY_BE_MARKED, tick);
    tick();
    return wrong;
}
