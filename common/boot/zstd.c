/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * Zstandard (RFC 8878): frames of blocks, each of which has literals (zstd-literals.c) and
 * sequences, that is how many literals come next and what match follows them, in three finite state
 * entropy codes (zstd-fse.c). No dictionaries. The output is the window, so that its size does not
 * matter. The frame's checksum is verified.
 *
 * Start-up, one CPU; no locks. The file's objects are start-up's as a whole.
 */
#include <hv/unpack.h>

#include "xxhash.h"
#include "zstd.h"

#define MAGIC_SIZE     4
#define MAGIC_SKIP     0x184d2a50U /* and fifteen more: what is no data */
#define MAGIC_SKIP_NOT 0xfffffff0U

#define FRAME_CHECKSUM  0x04
#define FRAME_RESERVED  0x08
#define FRAME_SINGLE    0x20
#define WINDOW_LOG_MAX  31U
#define WINDOW_LOG_BASE 10U

enum { BLOCK_RAW, BLOCK_RUN, BLOCK_CODED };
enum { MODE_PREDEFINED, MODE_SINGLE, MODE_DESCRIBED, MODE_AS_BEFORE };
enum { LITERAL_LENGTHS, OFFSETS, MATCH_LENGTHS, NR_CODES };

#define WRONG_SEQUENCES "the codes of its sequences are wrong"

/* Of a code's symbols: the number that each begins at, and how many bits are added (3.1.1.3.2.1).
 */
struct extra {
    uint32_t base;
    uint8_t bits;
};

static const struct extra literal_lengths[] = {
    { 0, 0 },     { 1, 0 },     { 2, 0 },     { 3, 0 },      { 4, 0 },      { 5, 0 },
    { 6, 0 },     { 7, 0 },     { 8, 0 },     { 9, 0 },      { 10, 0 },     { 11, 0 },
    { 12, 0 },    { 13, 0 },    { 14, 0 },    { 15, 0 },     { 16, 1 },     { 18, 1 },
    { 20, 1 },    { 22, 1 },    { 24, 2 },    { 28, 2 },     { 32, 3 },     { 40, 3 },
    { 48, 4 },    { 64, 6 },    { 128, 7 },   { 256, 8 },    { 512, 9 },    { 1024, 10 },
    { 2048, 11 }, { 4096, 12 }, { 8192, 13 }, { 16384, 14 }, { 32768, 15 }, { 65536, 16 },
};

/* From the 32nd on; those before are 3 to 34. */
static const struct extra match_lengths[] = {
    { 35, 1 },     { 37, 1 },     { 39, 1 },     { 41, 1 },    { 43, 2 },    { 47, 2 },
    { 51, 3 },     { 59, 3 },     { 67, 4 },     { 83, 4 },    { 99, 5 },    { 131, 7 },
    { 259, 8 },    { 515, 9 },    { 1027, 10 },  { 2051, 11 }, { 4099, 12 }, { 8195, 13 },
    { 16387, 14 }, { 32771, 15 }, { 65539, 16 },
};
#define MATCH_LENGTHS_PLAIN 32U

static const int16_t default_literal_lengths[] = { 4, 3, 2, 2, 2, 2, 2, 2, 2,  2,  2,  2,
                                                   2, 1, 1, 1, 2, 2, 2, 2, 2,  2,  2,  2,
                                                   2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1 };
static const int16_t default_offsets[] = { 1, 1, 1, 1, 1, 1, 2, 2, 2, 1,  1,  1,  1,  1, 1,
                                           1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1 };
static const int16_t default_match_lengths[] = { 1, 4, 3, 2, 2,  2,  2,  2,  2,  1,  1, 1, 1, 1,
                                                 1, 1, 1, 1, 1,  1,  1,  1,  1,  1,  1, 1, 1, 1,
                                                 1, 1, 1, 1, 1,  1,  1,  1,  1,  1,  1, 1, 1, 1,
                                                 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1 };

static const struct {
    const int16_t *counts;
    uint8_t nr, log, log_max;
} kinds[NR_CODES] = {
    [LITERAL_LENGTHS] = { default_literal_lengths, ARRAY_SIZE(default_literal_lengths), 6, 9 },
    [OFFSETS] = { default_offsets, ARRAY_SIZE(default_offsets), 5, 8 },
    [MATCH_LENGTHS] = { default_match_lengths, ARRAY_SIZE(default_match_lengths), 6, 9 },
};
#define OFFSET_SYMBOLS                                                                             \
    32U /* may be described, unlike the others not only those of the defaults                      \
         */

/* What a frame's blocks hand on. */
struct frame {
    bool checksum, sized, codes_known[NR_CODES], literals_known;
    uint64_t content_size;
    uint32_t recent[3]; /* the last offsets */
};

static struct fse codes[NR_CODES];
/* A length with its extra, by symbol: one row for both kinds, so that a sequence looks up once. */
static struct extra match_extra[MATCH_LENGTHS_PLAIN + ARRAY_SIZE(match_lengths)];

static void make_extras(void)
{
    for (unsigned int i = 0; i < MATCH_LENGTHS_PLAIN; i++) {
        match_extra[i] = (struct extra){ i + 3, 0 };
    }
    memcpy(&match_extra[MATCH_LENGTHS_PLAIN], match_lengths, sizeof(match_lengths));
}

static unsigned int nr_symbols(unsigned int kind)
{
    return kind == OFFSETS ? OFFSET_SYMBOLS : kinds[kind].nr;
}

static bool read_code(struct frame *f, struct packed *in, unsigned int kind, unsigned int mode)
{
    switch (mode) {
    case MODE_PREDEFINED:
        fse_make(&codes[kind], kinds[kind].counts, kinds[kind].nr, kinds[kind].log);
        break;
    case MODE_SINGLE:
        if (in->at == in->end || *in->at >= nr_symbols(kind)) {
            return false;
        }
        fse_make_single(&codes[kind], *in->at++);
        break;
    case MODE_DESCRIBED:
        f->codes_known[kind] = false;
        if (!fse_read(&codes[kind], in, nr_symbols(kind), kinds[kind].log_max)) {
            return false;
        }
        break;
    default:
        return f->codes_known[kind];
    }
    f->codes_known[kind] = true;
    return true;
}

/* How many sequences there are, and their three codes. */
static const char *sequences_header(struct frame *f, struct packed *in, uint32_t *nr)
{
    const uint8_t *p = in->at;
    uint8_t modes;

    if (p == in->end) {
        return WRONG_CUT;
    }
    *nr = *p++;
    if (*nr >= 128) {
        unsigned int more = *nr == 255 ? 2 : 1;

        if (packed_left(in) < 1 + more) {
            return WRONG_CUT;
        }
        *nr = *nr == 255 ? get_le16(p) + 0x7f00 : (*nr - 128) << 8 | *p;
        p += more;
    }
    in->at = p;
    if (!*nr) {
        return p == in->end ? NULL : "a block of it does not end where it says";
    }
    if (p == in->end) {
        return WRONG_CUT;
    }
    modes = *in->at++;
    if ((modes & 3) || !read_code(f, in, LITERAL_LENGTHS, modes >> 6) ||
        !read_code(f, in, OFFSETS, modes >> 4 & 3) ||
        !read_code(f, in, MATCH_LENGTHS, modes >> 2 & 3)) {
        return WRONG_SEQUENCES;
    }
    return NULL;
}

/* An offset as it is coded: new, or one of the last three (3.1.1.5). 0: there is none such. */
static always_inline uint32_t real_offset(uint32_t *recent, uint64_t coded, uint32_t literals)
{
    uint32_t offset;
    unsigned int which;

    if (likely(coded > 3)) {
        offset = (uint32_t)(coded - 3);
        which = 2;
    } else {
        which = (unsigned int)coded - 1 + !literals;
        offset = which == 3 ? recent[0] - 1 : recent[which];
        if (!which) {
            return offset;
        }
    }
    if (which != 1) {
        recent[2] = recent[1];
    }
    recent[1] = recent[0];
    recent[0] = offset;
    return offset;
}

static always_inline uint32_t next_state(struct backward *b, const struct fse_state *e)
{
    return e->base + backward_take(b, e->bits);
}

/* All sequences of a block, and the literals behind them. */
static const char *sequences(struct frame *f, const struct packed *in, struct packed *literals,
                             struct unpacked *out, uint32_t nr)
{
    uint32_t state[NR_CODES];
    struct backward b;

    if (!backward_start(&b, in->at, packed_left(in))) {
        return WRONG_SEQUENCES;
    }
    backward_refill(&b, 32);
    for (unsigned int i = 0; i < NR_CODES; i++) {
        state[i] = backward_take(&b, codes[i].log);
    }
    for (;;) {
        const struct fse_state *l = &codes[LITERAL_LENGTHS].state[state[LITERAL_LENGTHS]];
        const struct fse_state *m = &codes[MATCH_LENGTHS].state[state[MATCH_LENGTHS]];
        const struct fse_state *o = &codes[OFFSETS].state[state[OFFSETS]];
        uint32_t offset, match, literal;
        uint64_t coded;

        backward_refill(&b, 32);
        coded = (1UL << o->symbol) + backward_take(&b, o->symbol);
        backward_refill(&b, 32);
        match = match_extra[m->symbol].base + backward_take(&b, match_extra[m->symbol].bits);
        literal = literal_lengths[l->symbol].base +
                  backward_take(&b, literal_lengths[l->symbol].bits);
        offset = real_offset(f->recent, coded, literal);
        if (!put_bytes(out, literals, literal)) {
            return literal > packed_left(literals) ? WRONG_SEQUENCES : WRONG_MORE;
        }
        if (!put_match(out, (size_t)offset - 1, match)) {
            return WRONG_MATCH;
        }
        if (!--nr) {
            break;
        }
        backward_refill(&b, 32);
        state[LITERAL_LENGTHS] = next_state(&b, l);
        state[MATCH_LENGTHS] = next_state(&b, m);
        state[OFFSETS] = next_state(&b, o);
    }
    return backward_done(&b) ? NULL : WRONG_SEQUENCES;
}

static const char *coded_block(struct frame *f, struct packed *in, struct unpacked *out)
{
    struct packed literals;
    const char *wrong;
    uint32_t nr = 0;
    size_t size;

    wrong = zstd_literals(in, &literals.at, &size, &f->literals_known);
    if (!wrong) {
        literals.end = literals.at + size;
        wrong = sequences_header(f, in, &nr);
    }
    if (!wrong && nr) {
        wrong = sequences(f, in, &literals, out, nr);
    }
    if (!wrong && !put_bytes(out, &literals, packed_left(&literals))) {
        wrong = WRONG_MORE;
    }
    return wrong;
}

static const char *block(struct frame *f, struct packed *in, struct unpacked *out, bool *last)
{
    struct unpacked to = *out;
    struct packed part;
    const char *wrong;
    unsigned int kind;
    uint32_t header;
    size_t size;

    if (packed_left(in) < 3) {
        return WRONG_CUT;
    }
    header = get_le24(in->at);
    in->at += 3;
    *last = header & 1;
    kind = header >> 1 & 3;
    size = header >> 3;
    if (kind > BLOCK_CODED || size > ZSTD_BLOCK_MAX) {
        return "it has a block of an unknown kind";
    }
    if ((kind == BLOCK_RUN ? 1 : size) > packed_left(in)) {
        return WRONG_CUT;
    }
    if (kind == BLOCK_RUN) {
        if (size > unpacked_room(out)) {
            return WRONG_MORE;
        }
        memset(out->at, *in->at++, size);
        out->at += size;
        return NULL;
    }
    part = (struct packed){ in->at, in->at + size };
    in->at += size;
    if (kind == BLOCK_RAW) {
        return put_bytes(out, &part, size) ? NULL : WRONG_MORE;
    }
    if (unpacked_room(out) > ZSTD_BLOCK_MAX) {
        to.end = to.at + ZSTD_BLOCK_MAX;
    }
    wrong = coded_block(f, &part, &to);
    out->at = to.at;
    return wrong;
}

static const char *frame_header(struct packed *in, struct frame *f)
{
    static const uint8_t id_bytes[] = { 0, 1, 2, 4 }, size_bytes[] = { 0, 2, 4, 8 };
    unsigned int ids, sizes, window;
    const uint8_t *p;
    uint8_t flags;

    if (packed_left(in) < MAGIC_SIZE + 1) {
        return WRONG_CUT;
    }
    p = in->at + MAGIC_SIZE;
    flags = *p++;
    window = !(flags & FRAME_SINGLE);
    ids = id_bytes[flags & 3];
    sizes = flags >> 6 || window ? size_bytes[flags >> 6] : 1;
    if (flags & FRAME_RESERVED) {
        return "it has a frame of an unknown kind";
    }
    if ((size_t)(in->end - p) < window + ids + sizes) {
        return WRONG_CUT;
    }
    if (window && (*p++ >> 3) + WINDOW_LOG_BASE > WINDOW_LOG_MAX) {
        return "it has a window over 4 GiB";
    }
    while (ids--) {
        if (*p++) {
            return "it needs a dictionary";
        }
    }
    f->checksum = flags & FRAME_CHECKSUM;
    f->sized = sizes;
    for (unsigned int i = 0; i < sizes; i++) {
        f->content_size |= (uint64_t)*p++ << (i * 8);
    }
    f->content_size += sizes == 2 ? 256 : 0;
    in->at = p;
    return NULL;
}

static const char *frame(struct packed *in, struct unpacked *out, void (*tick)(void))
{
    struct frame f = { .recent = { 1, 4, 8 } };
    uint8_t *first = out->at;
    const char *wrong = frame_header(in, &f);
    bool last = false;

    out->dictionary = first;
    if (!wrong && f.sized && f.content_size > unpacked_room(out)) {
        wrong = WRONG_MORE;
    }
    while (!wrong && !last) {
        wrong = block(&f, in, out, &last);
        tick();
    }
    if (wrong) {
        return wrong;
    }
    if (f.sized && f.content_size != (size_t)(out->at - first)) {
        return "a frame of it has not the size that it says";
    }
    if (f.checksum) {
        if (packed_left(in) < 4) {
            return WRONG_CUT;
        }
        if ((uint32_t)xxh64(first, (size_t)(out->at - first)) != get_le32(in->at)) {
            return WRONG_CHECKSUM;
        }
        in->at += 4;
    }
    return NULL;
}

/* Over a frame that holds no data. False: the input ends before it does. */
static bool skip_frame(struct packed *in)
{
    if (packed_left(in) < 8 || packed_left(in) - 8 < get_le32(in->at + 4)) {
        return false;
    }
    in->at += 8UL + get_le32(in->at + 4);
    return true;
}

const char *zstd_unpack(const void *src, size_t src_size, void *dst, size_t dst_size,
                        void (*tick)(void))
{
    struct packed in = { src, (const uint8_t *)src + src_size };
    struct unpacked out = { dst, dst, (uint8_t *)dst + dst_size, dst };
    const char *wrong = NULL;

    make_extras();
    do {
        if (packed_left(&in) < MAGIC_SIZE) {
            wrong = WRONG_LESS;
        } else if ((get_le32(in.at) & MAGIC_SKIP_NOT) == MAGIC_SKIP) {
            wrong = skip_frame(&in) ? NULL : WRONG_CUT;
        } else if (memcmp(in.at, src, MAGIC_SIZE)) {
            wrong = WRONG_LESS;
        } else {
            wrong = frame(&in, &out, tick);
        }
    } while (!wrong && unpacked_room(&out));
    return wrong ? wrong : packed_ended(&in);
}
