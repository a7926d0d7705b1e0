/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * The LZMA decoder: a range coder over adaptive bit probabilities, whose symbols are literal bytes
 * and matches of what was unpacked before (LZMA specification, 7-zip SDK; .xz format 1.1, 5.3.1).
 *
 * Input is never read past its end: a chunk that is too short reads zeroes and is found out by the
 * count. A match reaches no further back than the dictionary, and is cut at the chunk's end, where
 * it is an error. Start-up, one CPU; no locks. The file's objects are start-up's as a whole.
 */
#include <hv/lib.h>

#include "lzma.h"

typedef uint16_t prob_t;

#define PROB_BITS 11
#define PROB_HALF (1U << (PROB_BITS - 1))
#define RATE      5 /* how fast probabilities follow what is seen */
#define RANGE_MIN (1U << 24)

#define STEP (1UL << 20) /* bytes between two looks at what is pending */

#define NR_STATES      12 /* what the last symbols were */
#define STATES_LITERAL 7  /* states below: the last one was a literal */
#define POS_STATES     16
#define LC_LP_MAX      4 /* as LZMA2 restricts them */

#define MATCH_MIN     2
#define LEN_LOW_BITS  3
#define LEN_HIGH_BITS 8

#define LEN_STATES     4 /* lengths that the distance's first bits depend on */
#define SLOT_BITS      6
#define SLOT_MODEL_MIN 4  /* slots from here have further bits */
#define SLOT_MODEL_MAX 14 /* slots from here have direct bits and aligned ones */
#define ALIGN_BITS     4
#define NR_SPECIAL     (1 << (SLOT_MODEL_MAX / 2))

struct length_coder {
    prob_t choice, choice2;
    prob_t low[POS_STATES][1 << LEN_LOW_BITS], mid[POS_STATES][1 << LEN_LOW_BITS];
    prob_t high[1 << LEN_HIGH_BITS];
};

/* Everything that adapts; reset to one half as an array. */
struct models {
    prob_t is_match[NR_STATES][POS_STATES], is_rep[NR_STATES], is_rep0[NR_STATES];
    prob_t is_rep1[NR_STATES], is_rep2[NR_STATES], is_rep0_long[NR_STATES][POS_STATES];
    prob_t slot[LEN_STATES][1 << SLOT_BITS], special[NR_SPECIAL], align[1 << ALIGN_BITS];
    struct length_coder match_len, rep_len;
    prob_t literal[1 << LC_LP_MAX][0x300];
};

struct lzma {
    uint32_t lc, lp_mask, pb_mask;
    uint32_t state, rep[4];
    struct models m;
};

/* Of one chunk. A local of lzma_chunk(), into which all that uses it is inlined: in registers. */
struct range_coder {
    uint32_t range, code;
    struct packed in;
    size_t missing; /* bytes that were wanted past the input's end */
};

static struct lzma decoder;

struct lzma *lzma_the_decoder(void)
{
    return &decoder;
}

bool lzma_set_properties(struct lzma *s, uint8_t properties)
{
    uint32_t lc = properties % 9, lp = properties / 9 % 5, pb = properties / 45;

    if (pb > 4 || lc + lp > LC_LP_MAX) {
        return false;
    }
    s->lc = lc;
    s->lp_mask = (1U << lp) - 1;
    s->pb_mask = (1U << pb) - 1;
    return true;
}

void lzma_reset(struct lzma *s)
{
    prob_t *p = (prob_t *)&s->m;

    for (size_t i = 0; i < sizeof(s->m) / sizeof(*p); i++) {
        p[i] = PROB_HALF;
    }
    s->state = 0;
    memset(s->rep, 0, sizeof(s->rep));
}

static always_inline uint32_t next_byte(struct range_coder *r)
{
    if (likely(r->in.at < r->in.end)) {
        return *r->in.at++;
    }
    r->missing++;
    return 0;
}

static always_inline void normalize(struct range_coder *r)
{
    if (unlikely(r->range < RANGE_MIN)) {
        r->range <<= 8;
        r->code = r->code << 8 | next_byte(r);
    }
}

static always_inline uint32_t bit(struct range_coder *r, prob_t *p)
{
    uint32_t bound;

    normalize(r);
    bound = (r->range >> PROB_BITS) * *p;
    if (r->code < bound) {
        r->range = bound;
        *p = (prob_t)(*p + (((1U << PROB_BITS) - *p) >> RATE));
        return 0;
    }
    r->range -= bound;
    r->code -= bound;
    *p = (prob_t)(*p - (*p >> RATE));
    return 1;
}

/* A number of so many bits, the highest first, each with a probability of those before it. */
static always_inline uint32_t tree(struct range_coder *r, prob_t *probs, unsigned int bits)
{
    uint32_t sym = 1;

    for (unsigned int i = 0; i < bits; i++) {
        sym = sym << 1 | bit(r, &probs[sym]);
    }
    return sym - (1U << bits);
}

/* The same, the lowest bit first. */
static always_inline uint32_t tree_reverse(struct range_coder *r, prob_t *probs, unsigned int bits)
{
    uint32_t sym = 1, value = 0;

    for (unsigned int i = 0; i < bits; i++) {
        uint32_t b = bit(r, &probs[sym]);

        sym = sym << 1 | b;
        value |= b << i;
    }
    return value;
}

/* Bits without a model. */
static always_inline uint32_t direct(struct range_coder *r, unsigned int bits)
{
    uint32_t value = 0;

    while (bits--) {
        normalize(r);
        r->range >>= 1;
        value <<= 1;
        if (r->code >= r->range) {
            r->code -= r->range;
            value |= 1;
        }
    }
    return value;
}

static always_inline uint32_t length(struct range_coder *r, struct length_coder *l,
                                     uint32_t pos_state)
{
    if (!bit(r, &l->choice)) {
        return MATCH_MIN + tree(r, l->low[pos_state], LEN_LOW_BITS);
    }
    if (!bit(r, &l->choice2)) {
        return MATCH_MIN + 8 + tree(r, l->mid[pos_state], LEN_LOW_BITS);
    }
    return MATCH_MIN + 16 + tree(r, l->high, LEN_HIGH_BITS);
}

/* How far back, less one. */
static always_inline uint32_t distance(struct lzma *s, struct range_coder *r, uint32_t len)
{
    uint32_t slot = tree(r, s->m.slot[min_t(uint32_t, len - MATCH_MIN, LEN_STATES - 1)], SLOT_BITS);
    unsigned int bits = (slot >> 1) - 1;
    uint32_t base;

    if (slot < SLOT_MODEL_MIN) {
        return slot;
    }
    base = (2 | (slot & 1)) << bits;
    if (slot < SLOT_MODEL_MAX) {
        return base + tree_reverse(r, &s->m.special[base - slot], bits);
    }
    base += direct(r, bits - ALIGN_BITS) << ALIGN_BITS;
    return base + tree_reverse(r, s->m.align, ALIGN_BITS);
}

static always_inline void put_literal(struct lzma *s, struct range_coder *r, struct unpacked *out)
{
    uint32_t pos = (uint32_t)(out->at - out->dictionary);
    uint32_t before = out->at > out->dictionary ? out->at[-1] : 0;
    prob_t *probs = s->m.literal[((pos & s->lp_mask) << s->lc) + (before >> (8 - s->lc))];
    uint32_t sym = 1;

    if (s->state < STATES_LITERAL) {
        while (sym < 0x100) {
            sym = sym << 1 | bit(r, &probs[sym]);
        }
    } else {
        /* After a match: the byte that would have gone on with it is a good guess. */
        uint32_t guess = out->at[-1 - (ptrdiff_t)s->rep[0]], same = 0x100;

        while (sym < 0x100) {
            uint32_t g, b;

            guess <<= 1;
            g = guess & same;
            b = bit(r, &probs[same + g + sym]);
            sym = sym << 1 | b;
            same = b ? same & g : same & ~g;
        }
    }
    *out->at++ = (uint8_t)sym;
    s->state = s->state < 4 ? 0 : s->state - (s->state < 10 ? 3 : 6);
}

/* A match at one of the four last distances; its length. */
static always_inline uint32_t repeated_match(struct lzma *s, struct range_coder *r,
                                             uint32_t pos_state)
{
    bool after_literal = s->state < STATES_LITERAL;
    uint32_t rep;

    if (!bit(r, &s->m.is_rep0[s->state])) {
        if (!bit(r, &s->m.is_rep0_long[s->state][pos_state])) {
            s->state = after_literal ? 9 : 11;
            return 1;
        }
    } else {
        if (!bit(r, &s->m.is_rep1[s->state])) {
            rep = s->rep[1];
        } else {
            if (!bit(r, &s->m.is_rep2[s->state])) {
                rep = s->rep[2];
            } else {
                rep = s->rep[3];
                s->rep[3] = s->rep[2];
            }
            s->rep[2] = s->rep[1];
        }
        s->rep[1] = s->rep[0];
        s->rep[0] = rep;
    }
    s->state = after_literal ? 8 : 11;
    return length(r, &s->m.rep_len, pos_state);
}

static always_inline uint32_t new_match(struct lzma *s, struct range_coder *r, uint32_t pos_state)
{
    uint32_t len;

    s->rep[3] = s->rep[2];
    s->rep[2] = s->rep[1];
    s->rep[1] = s->rep[0];
    s->state = s->state < STATES_LITERAL ? 7 : 10;
    len = length(r, &s->m.match_len, pos_state);
    s->rep[0] = distance(s, r, len);
    return len;
}

static bool start_range(struct range_coder *r, const struct packed *in)
{
    if (in->end - in->at < 5 || *in->at != 0) {
        return false;
    }
    *r = (struct range_coder){ .range = ~0U, .in = { in->at + 5, in->end } };
    for (unsigned int i = 1; i < 5; i++) {
        r->code = r->code << 8 | in->at[i];
    }
    return true;
}

/* Symbols, as many as it takes to reach `stop` or a little more. False: a match reaches too far. */
static always_inline bool unpack(struct lzma *s, struct range_coder *r, struct unpacked *out,
                                 const uint8_t *stop)
{
    while (out->at < stop) {
        uint32_t pos_state = (uint32_t)(out->at - out->dictionary) & s->pb_mask, len;

        if (!bit(r, &s->m.is_match[s->state][pos_state])) {
            put_literal(s, r, out);
            continue;
        }
        len = bit(r, &s->m.is_rep[s->state]) ? repeated_match(s, r, pos_state)
                                             : new_match(s, r, pos_state);
        if (!put_match(out, s->rep[0], len)) {
            return false;
        }
    }
    return true;
}

static bool range_ended(struct range_coder *r)
{
    normalize(r);
    return r->in.at == r->in.end && !r->missing && !r->code;
}

/* A match at a distance that there is not. */
static bool end_marked(struct lzma *s, struct range_coder *r, const struct unpacked *out)
{
    uint32_t pos_state = (uint32_t)(out->at - out->dictionary) & s->pb_mask;

    if (!bit(r, &s->m.is_match[s->state][pos_state]) || bit(r, &s->m.is_rep[s->state])) {
        return false;
    }
    (void)new_match(s, r, pos_state);
    return s->rep[0] == ~0U;
}

const char *lzma_run(struct lzma *s, struct packed *in, struct unpacked *out,
                     enum lzma_ending ending, void (*tick)(void))
{
    struct unpacked to = *out;
    struct range_coder r;
    bool good = true;

    if (!start_range(&r, in)) {
        return "a chunk of it has no range coder's start";
    }
    while (good && to.at < to.end) {
        good = unpack(s, &r, &to, to.at + min((size_t)(to.end - to.at), STEP));
        if (tick) {
            tick();
        }
    }
    in->at = r.in.at;
    out->at = to.at;
    if (!good) {
        return r.missing ? WRONG_CUT : WRONG_MATCH;
    }
    if (ending != LZMA_MARKED && range_ended(&r)) {
        return NULL;
    }
    if (ending != LZMA_EXACT && end_marked(s, &r, &to) && range_ended(&r)) {
        return NULL;
    }
    return r.missing ? WRONG_CUT : "a chunk of it does not end where it says";
}
