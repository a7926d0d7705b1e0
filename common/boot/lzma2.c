/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * LZMA2: LZMA in chunks of at most 2 MiB, each with its sizes, between chunks that are stored
 * (.xz format 1.1, 5.3.1). Start-up, one CPU; no locks.
 */
#include <hv/lib.h>

#include "lzma.h"

/* The first byte of a chunk. */
#define CHUNK_END          0x00
#define CHUNK_STORED_RESET 0x01 /* the dictionary starts here */
#define CHUNK_STORED       0x02
#define CHUNK_LZMA         0x80
#define LZMA_RESET_SHIFT   5 /* two bits: */
#define RESET_STATE        1
#define RESET_PROPERTIES   2
#define RESET_DICTIONARY   3

/* What must have come before a chunk of the kind. */
struct progress {
    bool dictionary, properties, state;
};

static const char truncated[] = "it ends within a chunk";

static uint32_t big_endian16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static const char *stored(struct packed *in, struct unpacked *out, uint8_t control,
                          struct progress *done)
{
    size_t size;

    if (in->end - in->at < 2) {
        return truncated;
    }
    size = big_endian16(in->at) + 1;
    in->at += 2;
    if (control == CHUNK_STORED_RESET) {
        /* What was learnt of another dictionary must not be used with this one. */
        out->dictionary = out->at;
        *done = (struct progress){ .dictionary = true };
    } else if (!done->dictionary) {
        return "it begins without a dictionary";
    }
    if (size > (size_t)(in->end - in->at)) {
        return truncated;
    }
    if (size > (size_t)(out->end - out->at)) {
        return "it unpacks to more than it says";
    }
    memcpy(out->at, in->at, size);
    out->at += size;
    in->at += size;
    return NULL;
}

static const char *packed_chunk(struct packed *in, struct unpacked *out, uint8_t control,
                                struct progress *done)
{
    unsigned int reset = control >> LZMA_RESET_SHIFT & 3;
    struct lzma *s = lzma_the_decoder();
    struct unpacked part = *out;
    struct packed chunk;
    size_t out_size, in_size;
    const char *wrong;

    if (in->end - in->at < 5) {
        return truncated;
    }
    out_size = ((size_t)(control & 0x1f) << 16 | big_endian16(in->at)) + 1;
    in_size = big_endian16(in->at + 2) + 1;
    in->at += 4;
    if (reset == RESET_DICTIONARY) {
        part.dictionary = out->at;
        done->dictionary = true;
    }
    if (reset >= RESET_PROPERTIES) {
        if (!lzma_set_properties(s, *in->at++)) {
            return "it has properties that LZMA2 does not allow";
        }
        done->properties = true;
    }
    if (!done->dictionary || !done->properties || (!reset && !done->state)) {
        return "it begins without a dictionary, properties or state";
    }
    if (reset >= RESET_STATE) {
        lzma_reset(s);
        done->state = true;
    }
    if (in_size > (size_t)(in->end - in->at)) {
        return truncated;
    }
    if (out_size > (size_t)(out->end - out->at)) {
        return "it unpacks to more than it says";
    }
    chunk = (struct packed){ in->at, in->at + in_size };
    part.end = part.at + out_size;
    wrong = lzma_run(s, &chunk, &part, LZMA_EXACT, NULL);
    in->at += in_size;
    out->at = part.at;
    out->dictionary = part.dictionary;
    return wrong;
}

const char *lzma2_unpack(struct packed *in, struct unpacked *out, void (*tick)(void))
{
    struct progress done = { false, false, false };

    out->dictionary = out->at;
    for (;;) {
        const char *wrong;
        uint8_t control;

        if (in->at == in->end) {
            return truncated;
        }
        control = *in->at++;
        if (control == CHUNK_END) {
            return NULL;
        }
        if (control >= CHUNK_LZMA) {
            wrong = packed_chunk(in, out, control, &done);
        } else if (control <= CHUNK_STORED) {
            wrong = stored(in, out, control, &done);
        } else {
            wrong = "it has a chunk of an unknown kind";
        }
        if (wrong) {
            return wrong;
        }
        tick();
    }
}
