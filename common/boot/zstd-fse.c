/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * Finite state entropy tables of Zstandard (RFC 8878, 4.1): read from a description or made from
 * counts. Start-up; no state, no locks.
 */
#include "zstd.h"

#define NR_SYMBOLS_MAX 64U

/* The lowest bit of a byte comes first. */
struct forward {
    const struct packed *in;
    size_t bit;
};

/* n at most 16. Bits past the end are zeroes, and counted. */
static uint32_t forward_peek(const struct forward *f, unsigned int n)
{
    uint32_t v = 0;

    for (size_t i = 0; i < 4; i++) {
        size_t byte = f->bit / 8 + i;

        if (byte < packed_left(f->in)) {
            v |= (uint32_t)f->in->at[byte] << (i * 8);
        }
    }
    return v >> f->bit % 8 & ((1U << n) - 1);
}

static unsigned int log2_of(unsigned int v)
{
    return 31U - (unsigned int)__builtin_clz(v);
}

void fse_make(struct fse *t, const int16_t *counts, unsigned int nr, unsigned int log)
{
    unsigned int size = 1U << log, high = size, at = 0, step = (size >> 1) + (size >> 3) + 3;
    uint16_t next[NR_SYMBOLS_MAX];

    t->log = log;
    for (unsigned int s = 0; s < nr; s++) {
        next[s] = (uint16_t)counts[s];
        if (counts[s] == -1) {
            t->state[--high].symbol = (uint8_t)s;
            next[s] = 1;
        }
    }
    for (unsigned int s = 0; s < nr; s++) {
        for (int i = 0; i < counts[s]; i++) {
            t->state[at].symbol = (uint8_t)s;
            do {
                at = (at + step) & (size - 1);
            } while (at >= high);
        }
    }
    for (unsigned int i = 0; i < size; i++) {
        struct fse_state *e = &t->state[i];
        unsigned int n = next[e->symbol]++, bits = log - log2_of(n);

        e->bits = (uint8_t)bits;
        e->base = (uint16_t)((n << bits) - size);
    }
}

void fse_make_single(struct fse *t, uint8_t symbol)
{
    t->log = 0;
    t->state[0] = (struct fse_state){ .symbol = symbol };
}

/* One count plus one: numbers that cannot be any more save a bit. */
static unsigned int read_count(struct forward *f, unsigned int left)
{
    unsigned int bits = log2_of(left + 1) + 1, low_mask = (1U << (bits - 1)) - 1;
    unsigned int spare = (1U << bits) - 2 - left, v = forward_peek(f, bits);

    if ((v & low_mask) < spare) {
        f->bit += bits - 1;
        return v & low_mask;
    }
    f->bit += bits;
    return v > low_mask ? v - spare : v;
}

bool fse_read(struct fse *t, struct packed *in, unsigned int max, unsigned int log_max)
{
    struct forward f = { in, 4 };
    int16_t counts[NR_SYMBOLS_MAX] = { 0 };
    unsigned int log, left, nr = 0;
    size_t bytes;

    if (in->at == in->end) {
        return false;
    }
    log = (*in->at & 15U) + 5;
    if (log > log_max) {
        return false;
    }
    for (left = 1U << log; left && nr < max;) {
        int count = (int)read_count(&f, left) - 1;
        unsigned int zeroes;

        counts[nr++] = (int16_t)count;
        left -= count < 0 ? 1U : (unsigned int)count;
        if (count) {
            continue;
        }
        do { /* how many more of none, three at a time */
            zeroes = forward_peek(&f, 2);
            f.bit += 2;
            if (zeroes > max - nr) {
                return false;
            }
            nr += zeroes;
        } while (zeroes == 3);
    }
    bytes = (f.bit + 7) / 8;
    if (left || bytes > packed_left(in)) {
        return false;
    }
    in->at += bytes;
    fse_make(t, counts, nr, log);
    return true;
}
