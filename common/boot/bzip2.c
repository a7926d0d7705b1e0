/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * bzip2: blocks of up to 900 kB, each run-length coded, sorted by Burrows and Wheeler's transform,
 * moved to front and coded by up to six Huffman tables that change every 50 symbols; undone here in
 * the opposite order. Each block and the whole have a CRC.
 *
 * Input that is cut short reads as zeroes; each loop is bounded by the block's size or a constant.
 * Start-up, one CPU; no locks. The file's objects are start-up's as a whole.
 */
#include <hv/unpack.h>
#include <hv/vzalloc.h>

#include "stream.h"

#define BLOCK_UNIT    100000U
#define BLOCK_MAGIC   0x314159265359UL
#define END_MAGIC     0x177245385090UL
#define NR_TABLES     6U
#define NR_SYMBOLS    258U
#define NR_SELECTORS  18002U
#define CODE_BITS_MAX 20U
#define GROUP         50U
#define RUN_A         0U
#define RUN_B         1U
#define POLYNOMIAL    0x04c11db7U

#define WRONG_CODES "its codes are wrong"

struct huffman {
    uint32_t limit[CODE_BITS_MAX + 2]; /* first value of 20 bits that is no code so short */
    uint16_t first[CODE_BITS_MAX + 1]; /* symbol[] of the first code of a length, less its value */
    uint16_t symbol[NR_SYMBOLS];
    uint8_t shortest;
};

/* The highest bit of a byte comes first. */
struct bits {
    struct packed in;
    uint64_t hold;
    unsigned int nr;
    bool missing;
};

static struct huffman tables[NR_TABLES];
static uint8_t selectors[NR_SELECTORS];
static uint32_t crc_table[256];

static void crc_make(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i << 24;

        for (unsigned int bit = 0; bit < 8; bit++) {
            c = c << 1 ^ (c >> 31 ? POLYNOMIAL : 0);
        }
        crc_table[i] = c;
    }
}

static uint32_t crc_of(const uint8_t *p, const uint8_t *end)
{
    uint32_t c = ~0U;

    while (p < end) {
        c = c << 8 ^ crc_table[c >> 24 ^ *p++];
    }
    return ~c;
}

/* At least n bits, n at most 32. */
static always_inline void need(struct bits *b, unsigned int n)
{
    while (unlikely(b->nr < n)) {
        b->hold <<= 8;
        if (likely(b->in.at < b->in.end)) {
            b->hold |= *b->in.at++;
        } else {
            b->missing = true;
        }
        b->nr += 8;
    }
}

static always_inline uint32_t take(struct bits *b, unsigned int n)
{
    need(b, n);
    b->nr -= n;
    return (uint32_t)(b->hold >> b->nr) & (uint32_t)((1UL << n) - 1);
}

static bool huffman_make(struct huffman *h, const uint8_t *lengths, unsigned int nr)
{
    uint32_t code = 0;
    unsigned int n = 0;

    h->shortest = 0;
    for (unsigned int len = 1; len <= CODE_BITS_MAX; len++) {
        h->first[len] = (uint16_t)(n - (code >> (CODE_BITS_MAX - len)));
        for (unsigned int i = 0; i < nr; i++) {
            if (lengths[i] == len) {
                h->symbol[n++] = (uint16_t)i;
                code += 1U << (CODE_BITS_MAX - len);
            }
        }
        if (code > 1U << CODE_BITS_MAX) {
            return false;
        }
        h->limit[len] = code;
        if (code && !h->shortest) {
            h->shortest = (uint8_t)len;
        }
    }
    return true;
}

/* NR_SYMBOLS: there is no such code. */
static always_inline uint32_t symbol(struct bits *b, const struct huffman *h)
{
    uint32_t next;

    need(b, CODE_BITS_MAX);
    next = (uint32_t)(b->hold >> (b->nr - CODE_BITS_MAX)) & ((1U << CODE_BITS_MAX) - 1);
    for (unsigned int len = h->shortest; len <= CODE_BITS_MAX; len++) {
        if (next < h->limit[len]) {
            b->nr -= len;
            return h->symbol[(uint16_t)(h->first[len] + (next >> (CODE_BITS_MAX - len)))];
        }
    }
    return NR_SYMBOLS;
}

static uint8_t move_to_front(uint8_t *row, unsigned int at)
{
    uint8_t v = row[at];

    memmove(row + 1, row, at);
    row[0] = v;
    return v;
}

/* Which bytes there are; their number. */
static unsigned int read_alphabet(struct bits *b, uint8_t *bytes)
{
    uint32_t rows = take(b, 16);
    unsigned int nr = 0;

    for (unsigned int i = 0; i < 16; i++) {
        uint32_t row = rows >> (15 - i) & 1 ? take(b, 16) : 0;

        for (unsigned int j = 0; j < 16; j++) {
            if (row >> (15 - j) & 1) {
                bytes[nr++] = (uint8_t)(i * 16 + j);
            }
        }
    }
    return nr;
}

/* Which table each group of symbols has. False: it has one that is none. */
static bool read_selectors(struct bits *b, unsigned int nr_tables, unsigned int nr)
{
    uint8_t order[NR_TABLES] = { 0, 1, 2, 3, 4, 5 };

    for (unsigned int i = 0; i < nr; i++) {
        unsigned int at = 0;
        uint8_t table;

        while (take(b, 1)) {
            if (++at == nr_tables) {
                return false;
            }
        }
        table = move_to_front(order, at);
        if (i < NR_SELECTORS) { /* what some packers write behind them is never used */
            selectors[i] = table;
        }
    }
    return true;
}

static bool read_table(struct bits *b, struct huffman *h, unsigned int nr_symbols)
{
    uint8_t lengths[NR_SYMBOLS];
    uint32_t len = take(b, 5);

    for (unsigned int i = 0; i < nr_symbols; i++) {
        for (;;) {
            if (len < 1 || len > CODE_BITS_MAX) {
                return false;
            }
            if (!take(b, 1)) {
                break;
            }
            len = take(b, 1) ? len - 1 : len + 1;
            if (b->missing) {
                return false;
            }
        }
        lengths[i] = (uint8_t)len;
    }
    return huffman_make(h, lengths, nr_symbols);
}

/* The block's symbols as bytes into sorted[]; *nr of them. */
static const char *read_symbols(struct bits *b, uint8_t *row, unsigned int nr_used,
                                unsigned int nr_selectors, uint32_t *sorted, uint32_t max,
                                uint32_t *nr)
{
    uint32_t run = 0, weight = 1, n = 0;

    for (unsigned int group = 0; group < min(nr_selectors, NR_SELECTORS); group++) {
        const struct huffman *h = &tables[selectors[group]];

        for (unsigned int i = 0; i < GROUP; i++) {
            uint32_t s = symbol(b, h);

            if (s <= RUN_B) {
                if (weight > max) {
                    return WRONG_CODES;
                }
                run += weight << s;
                weight <<= 1;
                continue;
            }
            if (run > max - n) {
                return WRONG_CODES;
            }
            for (; run; run--) {
                sorted[n++] = row[0];
            }
            weight = 1;
            if (s == nr_used + 1) {
                *nr = n;
                return b->missing ? WRONG_CUT : NULL;
            }
            if (s > nr_used || n == max) {
                return b->missing ? WRONG_CUT : WRONG_CODES;
            }
            sorted[n++] = move_to_front(row, s - 1);
        }
    }
    return b->missing ? WRONG_CUT : WRONG_CODES;
}

/* Into the upper 24 bits of each row: which row's last byte comes next. */
static void link_rows(uint32_t *sorted, uint32_t nr)
{
    uint32_t next[256] = { 0 }, sum = 0;

    for (uint32_t i = 0; i < nr; i++) {
        next[sorted[i]]++;
    }
    for (unsigned int i = 0; i < 256; i++) {
        uint32_t count = next[i];

        next[i] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < nr; i++) {
        sorted[next[sorted[i] & 0xff]++] |= i << 8;
    }
}

/* Out of the rows, and out of runs: four bytes that are the same, and how many more there are. */
static const char *put_block(const uint32_t *sorted, uint32_t nr, uint32_t first,
                             struct unpacked *out)
{
    uint32_t row = sorted[first] >> 8, same = 0, last = 256;

    for (uint32_t i = 0; i < nr; i++) {
        uint32_t e = sorted[row], byte = e & 0xff, times = 1;

        row = e >> 8;
        if (same == 4) {
            times = byte;
            byte = last;
            same = 0;
            last = 256;
        } else {
            same = byte == last ? same + 1 : 1;
            last = byte;
        }
        if (times > unpacked_room(out)) {
            return WRONG_MORE;
        }
        while (times--) {
            *out->at++ = (uint8_t)byte;
        }
    }
    return NULL;
}

static const char *block(struct bits *b, struct unpacked *out, uint32_t *sorted, uint32_t max,
                         uint32_t *sum)
{
    uint32_t crc = take(b, 32), first, nr = 0;
    unsigned int nr_used, nr_tables, nr_selectors;
    uint8_t row[256], *start = out->at;
    const char *wrong;

    if (take(b, 1)) {
        return "it is of a kind that bzip2 gave up long ago";
    }
    first = take(b, 24);
    nr_used = read_alphabet(b, row);
    nr_tables = take(b, 3);
    nr_selectors = take(b, 15);
    if (b->missing) {
        return WRONG_CUT;
    }
    if (!nr_used || nr_tables < 2 || nr_tables > NR_TABLES || !nr_selectors ||
        !read_selectors(b, nr_tables, nr_selectors)) {
        return WRONG_CODES;
    }
    for (unsigned int i = 0; i < nr_tables; i++) {
        if (!read_table(b, &tables[i], nr_used + 2)) {
            return b->missing ? WRONG_CUT : WRONG_CODES;
        }
    }
    wrong = read_symbols(b, row, nr_used, nr_selectors, sorted, max, &nr);
    if (wrong) {
        return wrong;
    }
    if (first >= nr) {
        return "a block of it begins nowhere";
    }
    link_rows(sorted, nr);
    wrong = put_block(sorted, nr, first, out);
    if (wrong) {
        return wrong;
    }
    *sum = (*sum << 1 | *sum >> 31) ^ crc;
    return crc_of(start, out->at) == crc ? NULL : WRONG_CHECKSUM;
}

static const char *stream(struct bits *b, struct unpacked *out, uint32_t *sorted, uint32_t max,
                          void (*tick)(void))
{
    uint32_t sum = 0;

    for (;;) {
        uint64_t magic = (uint64_t)take(b, 24) << 24;
        const char *wrong;

        magic |= take(b, 24);
        if (magic == END_MAGIC) {
            uint32_t said = take(b, 32);

            return b->missing ? WRONG_CUT : said == sum ? NULL : WRONG_CHECKSUM;
        }
        if (magic != BLOCK_MAGIC) {
            return b->missing ? WRONG_CUT : "it has a block of an unknown kind";
        }
        wrong = block(b, out, sorted, max, &sum);
        if (wrong) {
            return wrong;
        }
        tick();
    }
}

const char *bzip2_unpack(const void *src, size_t src_size, void *dst, size_t dst_size,
                         void (*tick)(void))
{
    struct bits b = { .in = { src, (const uint8_t *)src + src_size } };
    struct unpacked out = { dst, dst, (uint8_t *)dst + dst_size, dst };
    const char *wrong;
    uint32_t *sorted, max;

    if (src_size < 4) {
        return WRONG_CUT;
    }
    if (b.in.at[3] < '1' || b.in.at[3] > '9') {
        return "it has blocks of an unknown size";
    }
    max = (uint32_t)(b.in.at[3] - '0') * BLOCK_UNIT;
    b.in.at += 4;
    sorted = vzalloc(max * sizeof(*sorted));
    if (!sorted) {
        return "there is no memory to unpack it";
    }
    crc_make();
    wrong = stream(&b, &out, sorted, max, tick);
    vfree(sorted);
    b.in.at -= b.nr / 8;
    return wrong ? wrong : unpacked_room(&out) ? WRONG_LESS : packed_ended(&b.in);
}
