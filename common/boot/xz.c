/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * The .xz container (format 1.1): stream header, blocks, index, footer. All checks that the stream
 * has are made: headers, index and footer by CRC32, contents by CRC32 where the stream has that.
 * Start-up, one CPU; no locks.
 */
#include <hv/crc32.h>
#include <hv/lib.h>
#include <hv/unpack.h>

#include "lzma.h"

#define HEADER_SIZE 12
#define FOOTER_SIZE 12

#define CHECK_NONE  0
#define CHECK_CRC32 1

#define BLOCK_FILTERS_MASK 0x03
#define BLOCK_RESERVED     0x3c
#define BLOCK_HAS_PACKED   0x40
#define BLOCK_HAS_UNPACKED 0x80

#define FILTER_X86   0x04
#define FILTER_LZMA2 0x21

static const uint8_t magic[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

struct stream {
    const uint8_t *start;
    struct packed in;
    uint8_t check;
    uint64_t nr_blocks;
    uint32_t records; /* CRC32 of the sizes of all blocks, as the index must have them */
};

/* Seven bits a byte, the lowest first; false when it does not end before `end`. */
static bool number(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned int shift = 0; shift < 63; shift += 7) {
        uint8_t byte;

        if (*at == end) {
            return false;
        }
        byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            return byte || !shift; /* the shortest form only */
        }
    }
    return false;
}

static const char *stream_header(struct stream *s)
{
    const uint8_t *p = s->in.at;

    if (packed_left(&s->in) < HEADER_SIZE || memcmp(p, magic, sizeof(magic))) {
        return "it is no .xz stream";
    }
    if (crc32(0, p + 6, 2) != get_le32(p + 8)) {
        return WRONG_CHECKSUM;
    }
    s->check = p[7];
    if (p[6] || (s->check != CHECK_NONE && s->check != CHECK_CRC32)) {
        return "it has a check other than CRC32";
    }
    s->in.at += HEADER_SIZE;
    return NULL;
}

/* The filters of a block: LZMA2, or the x86 filter and LZMA2. */
static const char *filters(const uint8_t **at, const uint8_t *end, unsigned int nr, bool *x86)
{
    static const char unknown[] = "it uses filters other than x86 and LZMA2";

    *x86 = nr == 2;
    for (unsigned int i = 0; i < nr; i++) {
        uint64_t id, size;

        if (!number(at, end, &id) || !number(at, end, &size) || size > (size_t)(end - *at)) {
            return WRONG_CUT;
        }
        if (i + 1 < nr ? id != FILTER_X86 || size : id != FILTER_LZMA2 || size != 1) {
            return unknown;
        }
        *at += size;
    }
    return nr > 2 ? unknown : NULL;
}

static const char *block_header(struct stream *s, bool *x86, uint64_t *packed, uint64_t *unpacked)
{
    const uint8_t *p = s->in.at, *end;
    size_t size = ((size_t)p[0] + 1) * 4;
    const char *wrong;
    uint8_t flags;

    if (size > packed_left(&s->in)) {
        return WRONG_CUT;
    }
    end = p + size - 4;
    if (crc32(0, p, size - 4) != get_le32(end)) {
        return WRONG_CHECKSUM;
    }
    flags = p[1];
    p += 2;
    *packed = *unpacked = ~0UL;
    if (flags & BLOCK_RESERVED) {
        return "it has a block of a newer kind";
    }
    if (((flags & BLOCK_HAS_PACKED) && !number(&p, end, packed)) ||
        ((flags & BLOCK_HAS_UNPACKED) && !number(&p, end, unpacked))) {
        return WRONG_CUT;
    }
    wrong = filters(&p, end, (flags & BLOCK_FILTERS_MASK) + 1U, x86);
    s->in.at += size;
    return wrong;
}

/* To the next multiple of four bytes of the stream, over zeroes. */
static bool skip_padding(struct stream *s)
{
    while ((s->in.at - s->start) & 3) {
        if (s->in.at == s->in.end || *s->in.at++) {
            return false;
        }
    }
    return true;
}

/* What the index will say of a block: put into the running checksum in the same form. */
static void remember(struct stream *s, uint64_t unpadded, uint64_t unpacked)
{
    uint64_t sizes[2] = { unpadded, unpacked };

    s->records = crc32(s->records, sizes, sizeof(sizes));
    s->nr_blocks++;
}

static const char *block(struct stream *s, struct unpacked *out, void (*tick)(void))
{
    const uint8_t *header = s->in.at, *data;
    uint64_t packed, unpacked;
    uint8_t *first = out->at;
    const char *wrong;
    size_t size;
    bool x86;

    wrong = block_header(s, &x86, &packed, &unpacked);
    if (wrong) {
        return wrong;
    }
    data = s->in.at;
    wrong = lzma2_unpack(&s->in, out, tick);
    if (wrong) {
        return wrong;
    }
    size = (size_t)(out->at - first);
    if ((packed != ~0UL && packed != (size_t)(s->in.at - data)) ||
        (unpacked != ~0UL && unpacked != size)) {
        return "a block of it has not the size that it says";
    }
    remember(s, (uint64_t)(s->in.at - header) + (s->check == CHECK_CRC32 ? 4 : 0), size);
    if (x86) {
        bcj_x86_undo(first, size);
        tick();
    }
    if (!skip_padding(s)) {
        return WRONG_CUT;
    }
    if (s->check == CHECK_CRC32) {
        if (packed_left(&s->in) < 4) {
            return WRONG_CUT;
        }
        if (crc32(0, first, size) != get_le32(s->in.at)) {
            return WRONG_CHECKSUM;
        }
        s->in.at += 4;
    }
    return NULL;
}

/* The index must name the blocks that there were, in their order. */
static const char *index_and_footer(struct stream *s)
{
    const uint8_t *start = s->in.at, *at = start + 1;
    uint64_t nr, unpadded, unpacked;
    uint32_t records = 0;
    size_t size;

    if (!number(&at, s->in.end, &nr)) {
        return WRONG_CUT;
    }
    for (uint64_t i = 0; nr == s->nr_blocks && i < nr; i++) {
        uint64_t sizes[2];

        if (!number(&at, s->in.end, &unpadded) || !number(&at, s->in.end, &unpacked)) {
            return WRONG_CUT;
        }
        sizes[0] = unpadded;
        sizes[1] = unpacked;
        records = crc32(records, sizes, sizeof(sizes));
    }
    if (nr != s->nr_blocks || records != s->records) {
        return "its index does not fit its blocks";
    }
    s->in.at = at;
    if (!skip_padding(s) || packed_left(&s->in) < 4 + FOOTER_SIZE) {
        return WRONG_CUT;
    }
    size = (size_t)(s->in.at - start);
    if (crc32(0, start, size) != get_le32(s->in.at)) {
        return WRONG_CHECKSUM;
    }
    at = s->in.at + 4;
    if (crc32(0, at + 4, 6) != get_le32(at)) {
        return WRONG_CHECKSUM;
    }
    if (at[10] != 'Y' || at[11] != 'Z' || at[8] || at[9] != s->check ||
        ((uint64_t)get_le32(at + 4) + 1) * 4 != size + 4) {
        return "its footer does not fit its header";
    }
    return NULL;
}

const char *xz_unpack(const void *src, size_t src_size, void *dst, size_t dst_size,
                      void (*tick)(void))
{
    struct stream s = { .start = src, .in = { src, (const uint8_t *)src + src_size } };
    struct unpacked out = { dst, dst, (uint8_t *)dst + dst_size, dst };
    const char *wrong = stream_header(&s);

    while (!wrong) {
        if (!packed_left(&s.in)) {
            return WRONG_CUT;
        }
        if (*s.in.at == 0) {
            wrong = index_and_footer(&s);
            break;
        }
        wrong = block(&s, &out, tick);
    }
    if (!wrong && out.at != out.end) {
        wrong = WRONG_LESS;
    }
    return wrong;
}
