/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * LZO1X (Linux's Documentation/staging/lzo.rst) in the container of lzop: big-endian, blocks of at
 * most 256 KiB, each with Adler-32 or CRC-32 as flags say. Start-up; no state, no locks.
 */
#include <hv/crc32.h>
#include <hv/unpack.h>

#include "stream.h"

#define MAGIC_SIZE 9
#define BLOCK_MAX  (64UL << 20) /* lzop's own limit */

#define VERSION_LEVEL 0x0940 /* headers from here on name level and both halves of the time */

#define FLAG_ADLER32        0x00000001U
#define FLAG_ADLER32_PACKED 0x00000002U
#define FLAG_EXTRA          0x00000040U
#define FLAG_CRC32          0x00000100U
#define FLAG_CRC32_PACKED   0x00000200U
#define FLAG_FILTER         0x00000800U
#define FLAG_HEADER_CRC32   0x00001000U

#define STATE_LITERALS 4U /* four or more were the last thing */

static uint32_t adler32(const uint8_t *p, size_t size)
{
    uint32_t a = 1, b = 0;

    while (size) {
        size_t part = min_t(size_t, size, 5552); /* the sums do not wrap before */

        size -= part;
        while (part--) {
            a += *p++;
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    return b << 16 | a;
}

/* A length of zero goes on: 255 for each zero byte, and the first that is none. */
static bool longer(struct packed *in, size_t *len, size_t base)
{
    if (*len) {
        return true;
    }
    *len = base;
    while (in->at < in->end && !*in->at) {
        *len += 255;
        in->at++;
    }
    if (in->at == in->end) {
        return false;
    }
    *len += *in->at++;
    return true;
}

/* One instruction with two bytes behind it: how far back, and the literals that follow. */
static bool far_match(struct packed *in, size_t *back, unsigned int *literals)
{
    uint32_t v;

    if (packed_left(in) < 2) {
        return false;
    }
    v = get_le16(in->at);
    in->at += 2;
    *back += v >> 2;
    *literals = v & 3;
    return true;
}

/* An instruction that is a match. back: distance - 1. False: it is cut. */
static bool match_of(struct packed *in, unsigned int op, unsigned int state, size_t *back,
                     size_t *len, unsigned int *literals)
{
    if (op >= 64) {
        *len = op >= 128 ? 5 + (op >> 5 & 3) : 3 + (op >> 5 & 1);
        *back = op >> 2 & 7;
    } else if (op >= 32) {
        *back = 0;
        *len = op & 31;
        return longer(in, len, 31) && (*len += 2) && far_match(in, back, literals);
    } else if (op >= 16) {
        *back = 0x3fff + ((op & 8UL) << 11);
        *len = op & 7;
        return longer(in, len, 7) && (*len += 2) && far_match(in, back, literals);
    } else {
        *len = state == STATE_LITERALS ? 3 : 2;
        *back = op >> 2;
    }
    if (in->at == in->end) {
        return false;
    }
    if (op >= 64) {
        *back += (size_t)*in->at++ << 3;
    } else {
        *back += ((size_t)*in->at++ << 2) + (state == STATE_LITERALS ? 2048 : 0);
    }
    *literals = op & 3;
    return true;
}

static const char *put_literals(struct packed *in, struct unpacked *out, size_t len)
{
    return put_bytes(out, in, len) ? NULL : len > packed_left(in) ? WRONG_CUT : WRONG_MORE;
}

/* All instructions of a block up to its mark of the end, which must be the last. */
static const char *instructions(struct packed *in, struct unpacked *out)
{
    unsigned int state = 0, op;
    const char *wrong = NULL;

    if (in->at<in->end && * in->at> 17) {
        size_t len = *in->at++ - 17U;

        wrong = put_literals(in, out, len);
        state = min_t(unsigned int, (unsigned int)len, STATE_LITERALS);
    }
    while (!wrong) {
        unsigned int literals;
        size_t len, back;

        if (in->at == in->end) {
            return WRONG_CUT;
        }
        op = *in->at++;
        if (op < 16 && !state) {
            len = op;
            if (!longer(in, &len, 15)) {
                return WRONG_CUT;
            }
            wrong = put_literals(in, out, len + 3);
            state = STATE_LITERALS;
            continue;
        }
        if (!match_of(in, op, state, &back, &len, &literals)) {
            return WRONG_CUT;
        }
        if (op >= 16 && op < 32 && back == 0x3fff) {
            return in->at == in->end && len == 3 ? NULL
                                                 : "a block of it does not end where it says";
        }
        if (!put_match(out, back, len)) {
            return WRONG_MATCH;
        }
        wrong = put_literals(in, out, literals);
        state = literals;
    }
    return wrong;
}

static const char *header(struct packed *in, uint32_t *flags)
{
    const uint8_t *start = in->at + MAGIC_SIZE, *p = start;
    bool has_level;
    uint32_t sum;
    size_t size;

    if (packed_left(in) < MAGIC_SIZE + 7) {
        return WRONG_CUT;
    }
    has_level = get_be16(p) >= VERSION_LEVEL;
    /* Versions, method, flags, mode, time, and a name behind its length. */
    size = has_level ? 6 + 2 + 4 + 4 + 8 + 1 : 4 + 1 + 4 + 4 + 4 + 1;
    if (packed_left(in) < MAGIC_SIZE + size) {
        return WRONG_CUT;
    }
    *flags = get_be32(p + (has_level ? 8 : 5));
    if (*flags & (FLAG_FILTER | FLAG_EXTRA)) {
        return "it is an lzop file of an unknown kind";
    }
    size += p[size - 1];
    if (packed_left(in) < MAGIC_SIZE + size + 4) {
        return WRONG_CUT;
    }
    sum = *flags & FLAG_HEADER_CRC32 ? crc32(0, start, size) : adler32(start, size);
    if (sum != get_be32(start + size)) {
        return WRONG_CHECKSUM;
    }
    in->at = start + size + 4;
    return NULL;
}

/* Sums of a block, which stand before it. */
static const char *check(const uint8_t **sums, uint32_t flags, uint32_t adler, uint32_t crc,
                         const uint8_t *data, size_t size)
{
    if (flags & adler) {
        if (adler32(data, size) != get_be32(*sums)) {
            return WRONG_CHECKSUM;
        }
        *sums += 4;
    }
    if (flags & crc) {
        if (crc32(0, data, size) != get_be32(*sums)) {
            return WRONG_CHECKSUM;
        }
        *sums += 4;
    }
    return NULL;
}

static const char *block(struct packed *in, struct unpacked *out, uint32_t flags)
{
    size_t made, size, sums_size;
    const uint8_t *sums, *plain_sums;
    const char *wrong = NULL;
    struct packed data;
    struct unpacked to;
    bool stored;

    if (packed_left(in) < 8) {
        return WRONG_CUT;
    }
    made = get_be32(in->at);
    size = get_be32(in->at + 4);
    if (!made) {
        return WRONG_LESS;
    }
    if (size > made || made > BLOCK_MAX) {
        return "a block of it has sizes that cannot be";
    }
    stored = size == made;
    sums_size = 4U * (!!(flags & FLAG_ADLER32) + !!(flags & FLAG_CRC32));
    if (!stored) {
        sums_size += 4U * (!!(flags & FLAG_ADLER32_PACKED) + !!(flags & FLAG_CRC32_PACKED));
    }
    in->at += 8;
    if (packed_left(in) < sums_size + size) {
        return WRONG_CUT;
    }
    if (made > unpacked_room(out)) {
        return WRONG_MORE;
    }
    plain_sums = in->at;
    sums = plain_sums + 4U * (!!(flags & FLAG_ADLER32) + !!(flags & FLAG_CRC32));
    data = (struct packed){ in->at + sums_size, in->at + sums_size + size };
    to = (struct unpacked){ out->at, out->at, out->at + made, out->at };
    if (!stored) {
        wrong = check(&sums, flags, FLAG_ADLER32_PACKED, FLAG_CRC32_PACKED, data.at, size);
    }
    if (!wrong) {
        wrong = stored ? put_literals(&data, &to, size) : instructions(&data, &to);
    }
    if (!wrong && to.at != to.end) {
        wrong = "a block of it has not the size that it says";
    }
    if (!wrong) {
        wrong = check(&plain_sums, flags, FLAG_ADLER32, FLAG_CRC32, to.start, made);
    }
    in->at += sums_size + size;
    out->at = to.at;
    return wrong;
}

const char *lzo_unpack(const void *src, size_t src_size, void *dst, size_t dst_size,
                       void (*tick)(void))
{
    struct packed in = { src, (const uint8_t *)src + src_size };
    struct unpacked out = { dst, dst, (uint8_t *)dst + dst_size, dst };
    uint32_t flags = 0;
    const char *wrong = header(&in, &flags);

    while (!wrong && unpacked_room(&out)) {
        wrong = block(&in, &out, flags);
        tick();
    }
    return wrong ? wrong : packed_ended(&in);
}
