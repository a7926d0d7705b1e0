/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * LZ4 (block format, frame format 1.6): blocks of literals and matches, in a frame with checksums,
 * or in the older framing that Linux packs kernels in, blocks of 8 MiB each behind its size, which
 * has neither checksums nor an end. Start-up; no state, no locks.
 */
#include <hv/unpack.h>

#include "stream.h"
#include "xxhash.h"

#define MAGIC_SIZE       4
#define LEGACY_BLOCK_MAX (8UL << 20)
#define MATCH_MIN        4

/* The frame descriptor's first two bytes. */
#define FLG_VERSION_MASK     0xc0
#define FLG_VERSION          0x40
#define FLG_INDEPENDENT      0x20
#define FLG_BLOCK_CHECKSUM   0x10
#define FLG_CONTENT_SIZE     0x08
#define FLG_CONTENT_CHECKSUM 0x04
#define FLG_RESERVED         0x02
#define FLG_DICTIONARY       0x01
#define BD_RESERVED          0x8f
#define BD_SIZE_SHIFT        4
#define BLOCK_STORED         0x80000000U

/* A length goes on in bytes as long as they are 255. */
static always_inline bool longer(struct packed *in, size_t *len)
{
    uint8_t byte;

    do {
        if (in->at == in->end) {
            return false;
        }
        byte = *in->at++;
        *len += byte;
    } while (byte == 255);
    return true;
}

/* All of one block; it ends with literals. */
static const char *block(struct packed *in, struct unpacked *out)
{
    for (;;) {
        size_t literals, match, back;
        uint8_t token;

        if (in->at == in->end) {
            return WRONG_CUT;
        }
        token = *in->at++;
        literals = token >> 4;
        if (literals == 15 && !longer(in, &literals)) {
            return WRONG_CUT;
        }
        if (!put_bytes(out, in, literals)) {
            return literals > packed_left(in) ? WRONG_CUT : WRONG_MORE;
        }
        if (in->at == in->end) {
            return NULL;
        }
        if (packed_left(in) < 2) {
            return WRONG_CUT;
        }
        back = get_le16(in->at);
        in->at += 2;
        match = token & 15;
        if (match == 15 && !longer(in, &match)) {
            return WRONG_CUT;
        }
        if (!put_match(out, back - 1, match + MATCH_MIN)) { /* 0 is very far */
            return WRONG_MATCH;
        }
    }
}

/* The next `size` bytes as a block that makes at most `most`. */
static const char *one_block(struct packed *in, struct unpacked *out, size_t size, size_t most,
                             bool stored)
{
    struct packed part = { in->at, in->at + size };
    struct unpacked to = *out;
    const char *wrong = NULL;

    if (most < unpacked_room(out)) {
        to.end = to.at + most;
    }
    if (!stored) {
        wrong = block(&part, &to);
    } else if (!put_bytes(&to, &part, size)) {
        wrong = WRONG_MORE;
    }
    in->at += size;
    out->at = to.at;
    return wrong;
}

const char *lz4_legacy_unpack(const void *src, size_t src_size, void *dst, size_t dst_size,
                              void (*tick)(void))
{
    struct packed in = { (const uint8_t *)src + MAGIC_SIZE, (const uint8_t *)src + src_size };
    struct unpacked out = { dst, dst, (uint8_t *)dst + dst_size, dst };

    if (src_size < MAGIC_SIZE) {
        return WRONG_CUT;
    }
    while (unpacked_room(&out)) {
        const char *wrong;
        uint32_t size;

        if (packed_left(&in) < 4) {
            return WRONG_CUT;
        }
        size = get_le32(in.at);
        in.at += 4;
        if (size > packed_left(&in)) {
            return WRONG_CUT;
        }
        out.dictionary = out.at;
        wrong = one_block(&in, &out, size, LEGACY_BLOCK_MAX, false);
        if (wrong) {
            return wrong;
        }
        tick();
    }
    return packed_ended(&in);
}

struct frame {
    uint8_t flags;
    size_t block_max;
    bool sized;
    uint64_t content_size;
};

static const char *frame_header(struct packed *in, struct frame *f)
{
    const uint8_t *start = in->at + MAGIC_SIZE;
    size_t size;

    if (packed_left(in) < MAGIC_SIZE + 3) {
        return WRONG_CUT;
    }
    f->flags = start[0];
    if ((f->flags & FLG_VERSION_MASK) != FLG_VERSION || (f->flags & FLG_RESERVED) ||
        (start[1] & BD_RESERVED) || start[1] >> BD_SIZE_SHIFT < 4) {
        return "it is an LZ4 frame of an unknown kind";
    }
    if (f->flags & FLG_DICTIONARY) {
        return "it needs a dictionary";
    }
    f->block_max = 1UL << (8 + 2 * (start[1] >> BD_SIZE_SHIFT));
    f->sized = f->flags & FLG_CONTENT_SIZE;
    size = f->sized ? 10 : 2;
    if (packed_left(in) < MAGIC_SIZE + size + 1) {
        return WRONG_CUT;
    }
    if (f->sized) {
        f->content_size = get_le64(start + 2);
    }
    if (start[size] != (xxh32(start, size) >> 8 & 0xff)) {
        return WRONG_CHECKSUM;
    }
    in->at = start + size + 1;
    return NULL;
}

/* One block of a frame. *last: it was the mark of the end. */
static const char *frame_block(struct packed *in, struct unpacked *out, const struct frame *f,
                               bool *last)
{
    size_t sum = f->flags & FLG_BLOCK_CHECKSUM ? 4 : 0, size;
    const uint8_t *data;
    const char *wrong;
    bool stored;

    if (packed_left(in) < 4) {
        return WRONG_CUT;
    }
    stored = get_le32(in->at) & BLOCK_STORED;
    size = get_le32(in->at) & ~BLOCK_STORED;
    in->at += 4;
    *last = !size && !stored;
    if (*last) {
        return NULL;
    }
    if (packed_left(in) < sum || size > packed_left(in) - sum) {
        return WRONG_CUT;
    }
    data = in->at;
    if (f->flags & FLG_INDEPENDENT) {
        out->dictionary = out->at;
    }
    if (sum && xxh32(data, size) != get_le32(data + size)) {
        return WRONG_CHECKSUM;
    }
    wrong = one_block(in, out, size, f->block_max, stored);
    in->at += sum;
    return wrong;
}

static const char *frame(struct packed *in, struct unpacked *out, void (*tick)(void))
{
    uint8_t *first = out->at;
    struct frame f = { 0 };
    const char *wrong = frame_header(in, &f);
    bool last = false;

    out->dictionary = first;
    while (!wrong && !last) {
        wrong = frame_block(in, out, &f, &last);
        tick();
    }
    if (wrong) {
        return wrong;
    }
    if (f.sized && f.content_size != (size_t)(out->at - first)) {
        return "a frame of it has not the size that it says";
    }
    if (f.flags & FLG_CONTENT_CHECKSUM) {
        if (packed_left(in) < 4) {
            return WRONG_CUT;
        }
        if (xxh32(first, (size_t)(out->at - first)) != get_le32(in->at)) {
            return WRONG_CHECKSUM;
        }
        in->at += 4;
    }
    return NULL;
}

const char *lz4_unpack(const void *src, size_t src_size, void *dst, size_t dst_size,
                       void (*tick)(void))
{
    struct packed in = { src, (const uint8_t *)src + src_size };
    struct unpacked out = { dst, dst, (uint8_t *)dst + dst_size, dst };
    const char *wrong;

    do {
        if (packed_left(&in) < MAGIC_SIZE || memcmp(in.at, src, MAGIC_SIZE)) {
            return WRONG_LESS;
        }
        wrong = frame(&in, &out, tick);
    } while (!wrong && unpacked_room(&out));
    return wrong ? wrong : packed_ended(&in);
}
