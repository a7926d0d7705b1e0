/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * Literals of Zstandard's blocks (RFC 8878, 3.1.1.3.1 and 4.2): as they are, one byte many times,
 * or in Huffman codes of at most 11 bits, in one stream or four.
 *
 * Start-up, one CPU; no locks. The file's objects are start-up's as a whole.
 */
#include "zstd.h"

#define CODE_BITS_MAX  11U
#define NR_WEIGHTS     256U
#define WEIGHT_LOG_MAX 6U
#define WEIGHT_MAX     12U

enum { KIND_RAW, KIND_RUN, KIND_CODED, KIND_CODED_AS_BEFORE };

#define WRONG_CODES    "the codes of its literals are wrong"
#define WRONG_LITERALS "its literals do not end where they say"

struct huffman_entry {
    uint8_t symbol, bits;
};

static struct huffman_entry codes[1U << CODE_BITS_MAX];
static unsigned int code_bits;
static uint8_t buffer[ZSTD_BLOCK_MAX];
static struct fse weight_code;

/* From the weights of all symbols but the last, which fills what is left. */
static bool make_codes(uint8_t *weights, unsigned int nr)
{
    unsigned int start[WEIGHT_MAX + 1] = { 0 }, sum = 0, left;

    for (unsigned int i = 0; i < nr; i++) {
        if (weights[i] > CODE_BITS_MAX) {
            return false;
        }
        sum += weights[i] ? 1U << (weights[i] - 1) : 0;
    }
    if (!sum || sum >= 1U << CODE_BITS_MAX) {
        return false;
    }
    code_bits = 32U - (unsigned int)__builtin_clz(sum);
    left = (1U << code_bits) - sum;
    if (left & (left - 1)) {
        return false;
    }
    weights[nr++] = (uint8_t)(32U - (unsigned int)__builtin_clz(left));
    for (unsigned int i = 0; i < nr; i++) {
        if (weights[i] && weights[i] < WEIGHT_MAX) {
            start[weights[i] + 1] += 1U << (weights[i] - 1);
        }
    }
    for (unsigned int w = 1; w <= WEIGHT_MAX; w++) {
        start[w] += start[w - 1];
    }
    for (unsigned int i = 0; i < nr; i++) {
        unsigned int w = weights[i], n = w ? 1U << (w - 1) : 0;

        for (unsigned int j = 0; j < n; j++) {
            codes[start[w] + j] = (struct huffman_entry){ (uint8_t)i,
                                                          (uint8_t)(code_bits + 1 - w) };
        }
        start[w] += n;
    }
    return true;
}

/* Two states take turns; the one whose turn it is not has the last word. */
static bool coded_weights(struct packed *in, uint8_t *weights, unsigned int *nr)
{
    struct backward b;
    uint32_t state[2];

    if (!fse_read(&weight_code, in, WEIGHT_MAX + 1, WEIGHT_LOG_MAX) ||
        !backward_start(&b, in->at, packed_left(in))) {
        return false;
    }
    backward_refill(&b, 32);
    state[0] = backward_take(&b, weight_code.log);
    state[1] = backward_take(&b, weight_code.log);
    if (backward_overrun(&b)) {
        return false;
    }
    for (unsigned int turn = 0; *nr < NR_WEIGHTS - 2; turn ^= 1) {
        const struct fse_state *e = &weight_code.state[state[turn]];

        weights[(*nr)++] = e->symbol;
        backward_refill(&b, 32);
        state[turn] = e->base + backward_take(&b, e->bits);
        if (backward_overrun(&b)) {
            weights[(*nr)++] = weight_code.state[state[turn ^ 1]].symbol;
            return true;
        }
    }
    return false;
}

static bool read_codes(struct packed *in)
{
    uint8_t weights[NR_WEIGHTS];
    struct packed part;
    unsigned int nr = 0;
    size_t size;

    if (in->at == in->end) {
        return false;
    }
    size = *in->at++;
    if (size < 128) {
        if (size > packed_left(in)) {
            return false;
        }
        part = (struct packed){ in->at, in->at + size };
        in->at += size;
        return coded_weights(&part, weights, &nr) && make_codes(weights, nr);
    }
    size -= 127;
    if ((size + 1) / 2 > packed_left(in)) {
        return false;
    }
    for (; nr < size; nr++) {
        weights[nr] = nr & 1 ? in->at[nr / 2] & 15 : in->at[nr / 2] >> 4;
    }
    in->at += (size + 1) / 2;
    return make_codes(weights, nr);
}

/* One stream of codes, for just so many bytes. */
static bool decode(uint8_t *to, size_t size, const uint8_t *data, size_t data_size)
{
    const unsigned int bits = code_bits;
    uint8_t *end = to + size;
    struct backward b;

    if (!backward_start(&b, data, data_size)) {
        return false;
    }
    while (to < end) {
        backward_refill(&b, 5 * CODE_BITS_MAX);
        for (unsigned int i = 0; i < 5 && to < end; i++) {
            struct huffman_entry e = codes[backward_peek(&b, bits)];

            b.nr -= e.bits;
            *to++ = e.symbol;
        }
    }
    return backward_done(&b);
}

static bool decode_four(uint8_t *to, size_t size, struct packed *in)
{
    size_t part = (size + 3) / 4, lengths[4], sum = 6;

    if (packed_left(in) < 6 || part * 3 > size) {
        return false;
    }
    for (unsigned int i = 0; i < 3; i++) {
        lengths[i] = get_le16(in->at + i * 2);
        sum += lengths[i];
    }
    if (sum > packed_left(in)) {
        return false;
    }
    lengths[3] = packed_left(in) - sum;
    in->at += 6;
    for (unsigned int i = 0; i < 4; i++) {
        size_t n = i < 3 ? part : size - part * 3;

        if (!decode(to, n, in->at, lengths[i])) {
            return false;
        }
        to += n;
        in->at += lengths[i];
    }
    return true;
}

/* The header's fields: how many bytes it makes of how many, and whether in four streams. */
struct header {
    unsigned int kind;
    size_t size, coded_size;
    bool four;
};

static bool read_header(struct packed *in, struct header *h)
{
    static const uint8_t plain_bytes[] = { 1, 2, 1, 3 }, coded_bytes[] = { 3, 3, 4, 5 };
    unsigned int format, bytes, bits;
    uint64_t v = 0;

    if (in->at == in->end) {
        return false;
    }
    h->kind = *in->at & 3;
    format = *in->at >> 2 & 3;
    bytes = h->kind >= KIND_CODED ? coded_bytes[format] : plain_bytes[format];
    if (bytes > packed_left(in)) {
        return false;
    }
    for (unsigned int i = 0; i < bytes; i++) {
        v |= (uint64_t)*in->at++ << (i * 8);
    }
    if (h->kind < KIND_CODED) {
        h->size = (size_t)(v >> (bytes == 1 ? 3 : 4));
        return h->size <= ZSTD_BLOCK_MAX;
    }
    bits = (bytes * 8 - 4) / 2;
    h->four = format != 0;
    h->size = (size_t)(v >> 4) & ((1U << bits) - 1);
    h->coded_size = (size_t)(v >> (4 + bits)) & ((1U << bits) - 1);
    return h->size <= ZSTD_BLOCK_MAX && h->coded_size <= packed_left(in);
}

const char *zstd_literals(struct packed *in, const uint8_t **at, size_t *size, bool *known)
{
    struct header h = { 0 };
    struct packed part;

    if (!read_header(in, &h)) {
        return "its literals have no header";
    }
    *at = buffer;
    *size = h.size;
    if (h.kind < KIND_CODED) {
        size_t bytes = h.kind == KIND_RAW ? h.size : 1;

        if (bytes > packed_left(in)) {
            return WRONG_CUT;
        }
        if (h.kind == KIND_RAW) {
            *at = in->at;
        } else {
            memset(buffer, *in->at, h.size);
        }
        in->at += bytes;
        return NULL;
    }
    part = (struct packed){ in->at, in->at + h.coded_size };
    in->at += h.coded_size;
    if (h.kind == KIND_CODED) {
        *known = read_codes(&part);
    }
    if (!*known) {
        return WRONG_CODES;
    }
    if (h.four ? !decode_four(buffer, h.size, &part)
               : !decode(buffer, h.size, part.at, packed_left(&part))) {
        return WRONG_LITERALS;
    }
    return NULL;
}
