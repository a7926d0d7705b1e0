/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/* What the files of the Zstandard decoder share. Numbers of sections are those of RFC 8878. */
#ifndef BOOT_ZSTD_H
#define BOOT_ZSTD_H

#include "stream.h"

#define ZSTD_BLOCK_MAX (128U << 10)

/*
 * Bits from the end of the data to its start (4.1, 4.2). Once there are no more, zeroes follow:
 * `padded` of them; all has been read when just these are left, too much when fewer are.
 */
struct backward {
    const uint8_t *start, *at;
    uint64_t hold;
    unsigned int nr, padded;
};

/* False: there is no mark of the end. */
static inline bool backward_start(struct backward *b, const uint8_t *data, size_t size)
{
    *b = (struct backward){ .start = data, .at = data + size };
    if (!size || !data[size - 1]) {
        return false;
    }
    b->at--;
    b->hold = *b->at;
    b->nr = 31U - (unsigned int)__builtin_clz(*b->at);
    return true;
}

/* At least `want` bits are there, which is 56 at most; never more than 63. */
static always_inline void backward_refill(struct backward *b, unsigned int want)
{
    if (b->nr >= want) {
        return;
    }
    if (likely(b->at - b->start >= 8)) {
        unsigned int bytes = (63 - b->nr) / 8; /* one at least */

        b->hold = b->hold << bytes * 8 | get_le64(b->at - 8) >> (64 - bytes * 8);
        b->at -= bytes;
        b->nr += bytes * 8;
        return;
    }
    while (b->nr <= 55 && b->at > b->start) {
        b->hold = b->hold << 8 | *--b->at;
        b->nr += 8;
    }
    if (b->nr < want) {
        b->hold <<= want - b->nr;
        b->padded += want - b->nr;
        b->nr = want;
    }
}

static always_inline uint32_t backward_peek(const struct backward *b, unsigned int n)
{
    return (uint32_t)(b->hold >> (b->nr - n)) & (uint32_t)((1UL << n) - 1);
}

/* n at most 32; the caller has refilled for all that it takes. */
static always_inline uint32_t backward_take(struct backward *b, unsigned int n)
{
    b->nr -= n;
    return (uint32_t)(b->hold >> b->nr) & (uint32_t)((1UL << n) - 1);
}

static inline bool backward_overrun(const struct backward *b)
{
    return b->nr < b->padded;
}

static inline bool backward_done(const struct backward *b)
{
    return b->nr == b->padded && b->at == b->start;
}

/* A table of a finite state entropy code: what a state stands for, and where it goes. */
#define FSE_LOG_MAX 9U

struct fse_state {
    uint16_t base;
    uint8_t bits, symbol;
};

struct fse {
    unsigned int log;
    struct fse_state state[1 << FSE_LOG_MAX];
};

/* From the counts of nr symbols, -1 being less than one; their sum is 1 << log. */
void fse_make(struct fse *t, const int16_t *counts, unsigned int nr, unsigned int log);
/* One state only, which says one symbol. */
void fse_make_single(struct fse *t, uint8_t symbol);
/* From a description in the input, with at most max symbols. False: it is wrong. */
bool fse_read(struct fse *t, struct packed *in, unsigned int max, unsigned int log_max);

/*
 * The literals of a block (3.1.1.3.1): into *at, which holds *size bytes, all of them the decoder's
 * until the next call. in: the rest of the block. `known`: there are codes of a block before.
 */
const char *zstd_literals(struct packed *in, const uint8_t **at, size_t *size, bool *known);

#endif
