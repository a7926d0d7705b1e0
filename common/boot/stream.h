/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * What the decoders share: input that still has to be read, output that is its own dictionary, and
 * the two ways in which bytes come into it. Nothing is read or written beyond either's end.
 */
#ifndef BOOT_STREAM_H
#define BOOT_STREAM_H

#include <hv/compiler.h>
#include <hv/lib.h>

/* Bytes still to be read; nothing is read past end. */
struct packed {
    const uint8_t *at, *end;
};

/* What is unpacked so far; it is the dictionary, too. */
struct unpacked {
    uint8_t *start, *at, *end;
    const uint8_t *dictionary; /* matches do not reach below */
};

#define WRONG_CUT      "it is cut short"
#define WRONG_CHECKSUM "a checksum of it is wrong"
#define WRONG_MATCH    "a match of it reaches too far"
#define WRONG_MORE     "it unpacks to more than it says"
#define WRONG_LESS     "it unpacks to less than it says"

static inline size_t packed_left(const struct packed *in)
{
    return (size_t)(in->end - in->at);
}

/* Behind the stream there are zeroes at most. NULL, or what is wrong. */
static inline const char *packed_ended(const struct packed *in)
{
    for (const uint8_t *p = in->at; p < in->end; p++) {
        if (*p) {
            return "there are bytes behind its end";
        }
    }
    return NULL;
}

static inline size_t unpacked_room(const struct unpacked *out)
{
    return (size_t)(out->end - out->at);
}

static always_inline uint32_t get_le16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static always_inline uint32_t get_le24(const uint8_t *p)
{
    return get_le16(p) | (uint32_t)p[2] << 16;
}

static always_inline uint32_t get_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static always_inline uint64_t get_le64(const uint8_t *p)
{
    return (uint64_t)get_le32(p + 4) << 32 | get_le32(p);
}

static always_inline uint32_t get_be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static always_inline uint32_t get_be32(const uint8_t *p)
{
    return get_be16(p) << 16 | get_be16(p + 2);
}

/*
 * A match: len bytes from back + 1 bytes ago, which may reach into what it is making. False: it
 * reaches below the dictionary or past the output's end.
 */
static always_inline bool put_match(struct unpacked *out, size_t back, size_t len)
{
    uint8_t *to = out->at, *end;
    const uint8_t *from;

    if (back >= (size_t)(to - out->dictionary) || len > (size_t)(out->end - to)) {
        return false;
    }
    end = to + len;
    from = to - back - 1;
    /* Byte by byte where a word would reach into what it is making. */
    if (back >= sizeof(uint64_t) - 1) {
        for (; end - to >= (ptrdiff_t)sizeof(uint64_t); to += sizeof(uint64_t)) {
            memcpy(to, from, sizeof(uint64_t));
            from += sizeof(uint64_t);
        }
    }
    while (to < end) {
        *to++ = *from++;
    }
    out->at = end;
    return true;
}

/* Bytes as they are. False: there are not so many, or no room for them. */
static always_inline bool put_bytes(struct unpacked *out, struct packed *in, size_t len)
{
    uint8_t *to = out->at, *end;
    const uint8_t *from = in->at;

    if (len > packed_left(in) || len > unpacked_room(out)) {
        return false;
    }
    end = to + len;
    for (; end - to >= (ptrdiff_t)sizeof(uint64_t); to += sizeof(uint64_t)) {
        memcpy(to, from, sizeof(uint64_t));
        from += sizeof(uint64_t);
    }
    while (to < end) {
        *to++ = *from++;
    }
    in->at += len;
    out->at = end;
    return true;
}

#endif
