/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * The gzip container (RFC 1952): members of a header, Deflate's blocks, CRC-32 and size. Start-up;
 * no locks.
 */
#include <hv/crc32.h>
#include <hv/unpack.h>

#include "inflate.h"

#define HEADER_SIZE  10
#define TRAILER_SIZE 8
#define DEFLATE      8

#define FLAG_HEADER_CRC 0x02
#define FLAG_EXTRA      0x04
#define FLAG_NAME       0x08
#define FLAG_COMMENT    0x10
#define FLAG_RESERVED   0xe0

/* Over a string and the zero at its end. */
static bool skip_string(struct packed *in)
{
    while (in->at < in->end) {
        if (!*in->at++) {
            return true;
        }
    }
    return false;
}

static const char *member_header(struct packed *in)
{
    const uint8_t *start = in->at;
    uint8_t flags;

    if (packed_left(in) < HEADER_SIZE) {
        return WRONG_CUT;
    }
    flags = start[3];
    if (start[0] != 0x1f || start[1] != 0x8b || start[2] != DEFLATE || (flags & FLAG_RESERVED)) {
        return "it is a gzip member of an unknown kind";
    }
    in->at += HEADER_SIZE;
    if (flags & FLAG_EXTRA) {
        if (packed_left(in) < 2 || packed_left(in) - 2 < get_le16(in->at)) {
            return WRONG_CUT;
        }
        in->at += 2 + get_le16(in->at);
    }
    if (((flags & FLAG_NAME) && !skip_string(in)) || ((flags & FLAG_COMMENT) && !skip_string(in))) {
        return WRONG_CUT;
    }
    if (flags & FLAG_HEADER_CRC) {
        if (packed_left(in) < 2) {
            return WRONG_CUT;
        }
        if ((crc32(0, start, (size_t)(in->at - start)) & 0xffff) != get_le16(in->at)) {
            return WRONG_CHECKSUM;
        }
        in->at += 2;
    }
    return NULL;
}

static const char *member(struct packed *in, struct unpacked *out, void (*tick)(void))
{
    uint8_t *first = out->at;
    const char *wrong = member_header(in);
    size_t size;

    if (!wrong) {
        wrong = inflate(in, out, tick);
    }
    if (wrong) {
        return wrong;
    }
    if (packed_left(in) < TRAILER_SIZE) {
        return WRONG_CUT;
    }
    size = (size_t)(out->at - first);
    if (crc32(0, first, size) != get_le32(in->at) || (uint32_t)size != get_le32(in->at + 4)) {
        return WRONG_CHECKSUM;
    }
    in->at += TRAILER_SIZE;
    return NULL;
}

const char *gzip_unpack(const void *src, size_t src_size, void *dst, size_t dst_size,
                        void (*tick)(void))
{
    struct packed in = { src, (const uint8_t *)src + src_size };
    struct unpacked out = { dst, dst, (uint8_t *)dst + dst_size, dst };
    const char *wrong;

    do {
        wrong = member(&in, &out, tick);
    } while (!wrong && unpacked_room(&out) && packed_left(&in));
    return wrong ? wrong : unpacked_room(&out) ? WRONG_LESS : packed_ended(&in);
}
