/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * Deflate (RFC 1951): blocks that are stored, or of literals and matches in Huffman codes, which
 * the block brings along or the format fixes.
 *
 * Input that is cut short reads as zeroes, which is noticed at the next block's start or end at the
 * latest; until then the output's end bounds what is done. Start-up, one CPU; no locks. The file's
 * objects are start-up's as a whole.
 */
#include "inflate.h"

#define CODE_BITS_MAX 15
#define FAST_BITS     10
#define NR_LITERALS   288
#define NR_DISTANCES  32
#define NR_LENGTHS    19
#define BLOCK_END     256
#define NO_SYMBOL     0xffffU

/* Shorter codes by a table of the next bits, symbol << 4 | length; longer ones by their counts. */
struct huffman {
    uint16_t fast[1 << FAST_BITS];
    uint16_t count[CODE_BITS_MAX + 1];
    uint16_t symbol[NR_LITERALS];
};

/* The lowest bit of a byte comes first. */
struct bits {
    struct packed in;
    uint64_t hold;
    unsigned int nr;
    bool missing;
};

static struct huffman literals, distances;

static const uint16_t length_base[] = { 3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                        15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                        67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint8_t length_bits[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                       2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const uint16_t distance_base[] = { 1,    2,    3,    4,     5,     7,    9,    13,
                                          17,   25,   33,   49,    65,    97,   129,  193,
                                          257,  385,  513,  769,   1025,  1537, 2049, 3073,
                                          4097, 6145, 8193, 12289, 16385, 24577 };

static always_inline void refill(struct bits *b)
{
    if (likely(b->in.end - b->in.at >= 8)) {
        unsigned int bytes = (63 - b->nr) / 8;

        b->hold |= get_le64(b->in.at) << b->nr;
        b->in.at += bytes;
        b->nr += bytes * 8;
        return; /* bits above nr are the next ones already */
    }
    while (b->nr <= 55 && b->in.at < b->in.end) {
        b->hold |= (uint64_t)*b->in.at++ << b->nr;
        b->nr += 8;
    }
}

static always_inline void drop(struct bits *b, unsigned int n)
{
    if (unlikely(n > b->nr)) {
        b->missing = true;
        b->hold = 0;
        b->nr = 0;
        return;
    }
    b->hold >>= n;
    b->nr -= n;
}

/* At most 16; the caller has refilled. */
static always_inline uint32_t take(struct bits *b, unsigned int n)
{
    uint32_t v = (uint32_t)b->hold & ((1U << n) - 1);

    drop(b, n);
    return v;
}

/* False: there are more codes of some length than bits can tell apart. */
static bool huffman_make(struct huffman *h, const uint8_t *lengths, unsigned int nr)
{
    uint16_t next[CODE_BITS_MAX + 2] = { 0 }, code[CODE_BITS_MAX + 2] = { 0 };
    int left = 1;

    memset(h, 0, sizeof(*h));
    for (unsigned int i = 0; i < nr; i++) {
        h->count[lengths[i]]++;
    }
    h->count[0] = 0;
    for (unsigned int len = 1; len <= CODE_BITS_MAX; len++) {
        left = left * 2 - h->count[len];
        if (left < 0) {
            return false;
        }
        next[len + 1] = (uint16_t)(next[len] + h->count[len]);
        code[len + 1] = (uint16_t)((code[len] + h->count[len]) << 1);
    }
    for (unsigned int i = 0; i < nr; i++) {
        unsigned int len = lengths[i], reversed = 0;

        if (!len) {
            continue;
        }
        h->symbol[next[len]++] = (uint16_t)i;
        for (unsigned int bit = 0; bit < len; bit++) {
            reversed |= (code[len] >> bit & 1U) << (len - 1 - bit);
        }
        code[len]++;
        for (; len <= FAST_BITS && reversed < 1U << FAST_BITS; reversed += 1U << len) {
            h->fast[reversed] = (uint16_t)(i << 4 | len);
        }
    }
    return true;
}

/* A code that is longer than the table knows, or none. */
static uint32_t symbol_slow(struct bits *b, const struct huffman *h)
{
    unsigned int code = 0, first = 0, index = 0;

    for (unsigned int len = 1; len <= CODE_BITS_MAX; len++) {
        code |= b->hold >> (len - 1) & 1;
        if (code < first + h->count[len]) {
            drop(b, len);
            return h->symbol[index + code - first];
        }
        index += h->count[len];
        first = (first + h->count[len]) << 1;
        code <<= 1;
    }
    return NO_SYMBOL;
}

/* The caller has refilled. */
static always_inline uint32_t symbol(struct bits *b, const struct huffman *h)
{
    uint16_t e = h->fast[b->hold & ((1U << FAST_BITS) - 1)];

    if (unlikely(!e)) {
        return symbol_slow(b, h);
    }
    drop(b, e & 15);
    return e >> 4;
}

/* The lengths of a block's codes, packed in a code of their own. */
static const char *read_codes(struct bits *b)
{
    static const uint8_t order[] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                     11, 4,  12, 3, 13, 2, 14, 1, 15 };
    uint8_t lengths[NR_LITERALS + NR_DISTANCES] = { 0 };
    unsigned int nr_literals, nr_distances, nr, n = 0;

    refill(b);
    nr_literals = take(b, 5) + 257;
    nr_distances = take(b, 5) + 1;
    nr = take(b, 4) + 4;
    for (unsigned int i = 0; i < nr; i++) {
        refill(b);
        lengths[order[i]] = (uint8_t)take(b, 3);
    }
    if (nr_literals > 286 || !huffman_make(&literals, lengths, NR_LENGTHS)) {
        return "its codes are wrong";
    }
    memset(lengths, 0, NR_LENGTHS);
    while (n < nr_literals + nr_distances) {
        uint32_t s, times = 1;
        uint8_t len = 0;

        refill(b);
        s = symbol(b, &literals);
        if (s < 16) {
            len = (uint8_t)s;
        } else if (s == 16 && n) {
            len = lengths[n - 1];
            times = 3 + take(b, 2);
        } else if (s == 17) {
            times = 3 + take(b, 3);
        } else if (s == 18) {
            times = 11 + take(b, 7);
        } else {
            return "its codes are wrong";
        }
        if (times > nr_literals + nr_distances - n) {
            return "its codes are wrong";
        }
        memset(lengths + n, len, times);
        n += times;
    }
    if (!lengths[BLOCK_END] || !huffman_make(&literals, lengths, nr_literals) ||
        !huffman_make(&distances, lengths + nr_literals, nr_distances)) {
        return "its codes are wrong";
    }
    return NULL;
}

static void fixed_codes(void)
{
    uint8_t lengths[NR_LITERALS];

    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    (void)!huffman_make(&literals, lengths, NR_LITERALS);
    memset(lengths, 5, NR_DISTANCES);
    (void)!huffman_make(&distances, lengths, NR_DISTANCES);
}

/* Literals and matches up to the block's end. */
static const char *coded(struct bits *b, struct unpacked *out)
{
    for (;;) {
        uint32_t s, len, back;

        refill(b);
        s = symbol(b, &literals);
        if (s < BLOCK_END) {
            if (out->at == out->end) {
                return b->missing ? WRONG_CUT : WRONG_MORE;
            }
            *out->at++ = (uint8_t)s;
            continue;
        }
        if (s == BLOCK_END) {
            return NULL;
        }
        s -= BLOCK_END + 1;
        if (s >= ARRAY_SIZE(length_base)) {
            return "it has a symbol that is none";
        }
        len = length_base[s] + take(b, length_bits[s]);
        s = symbol(b, &distances);
        if (s >= ARRAY_SIZE(distance_base)) {
            return "it has a symbol that is none";
        }
        back = distance_base[s] + take(b, s < 4 ? 0 : (s >> 1) - 1);
        if (!put_match(out, back - 1, len)) {
            return b->missing ? WRONG_CUT : WRONG_MATCH;
        }
    }
}

/* Back to whole bytes of the input, those that were read ahead among them. */
static void align_to_byte(struct bits *b)
{
    b->in.at -= b->nr / 8;
    b->hold = 0;
    b->nr = 0;
}

static const char *stored(struct bits *b, struct unpacked *out)
{
    uint32_t len;

    align_to_byte(b);
    if (packed_left(&b->in) < 4) {
        return WRONG_CUT;
    }
    len = get_le16(b->in.at);
    if ((len ^ get_le16(b->in.at + 2)) != 0xffff) {
        return "it has a stored block without a length";
    }
    b->in.at += 4;
    if (len > packed_left(&b->in)) {
        return WRONG_CUT;
    }
    return put_bytes(out, &b->in, len) ? NULL : WRONG_MORE;
}

static const char *block(struct bits *b, struct unpacked *out, bool *last)
{
    const char *wrong = NULL;
    uint32_t kind;

    refill(b);
    *last = take(b, 1);
    kind = take(b, 2);
    if (b->missing) {
        return WRONG_CUT;
    }
    if (kind == 0) {
        return stored(b, out);
    }
    if (kind == 1) {
        fixed_codes();
    } else if (kind == 2) {
        wrong = read_codes(b);
    } else {
        wrong = "it has a block of an unknown kind";
    }
    return wrong ? wrong : coded(b, out);
}

const char *inflate(struct packed *in, struct unpacked *out, void (*tick)(void))
{
    struct bits b = { .in = *in };
    const char *wrong;
    bool last;

    out->dictionary = out->at;
    do {
        wrong = block(&b, out, &last);
        if (b.missing) {
            wrong = WRONG_CUT;
        }
        tick();
    } while (!wrong && !last);
    align_to_byte(&b);
    *in = b.in;
    return wrong;
}
