/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the .xz decoder share. */
#ifndef BOOT_LZMA_H
#define BOOT_LZMA_H

#include <hv/compiler.h>
#include <hv/init.h>

/* Bytes still to be read; nothing is read past end. */
struct lzma_input {
    const uint8_t *at, *end;
};

/* What is unpacked so far; it is the dictionary, too. */
struct lzma_output {
    uint8_t *start, *at, *end;
    const uint8_t *dictionary; /* matches do not reach below */
};

/* LZMA2 chunks up to their end mark. NULL, or what is wrong. Uses the one decoder. */
const char *lzma2_unpack(struct lzma_input *in, struct lzma_output *out, void (*tick)(void));

/* Undoes the x86 branch filter over a whole block that started at position 0. */
void bcj_x86_undo(uint8_t *data, size_t size);

/* The state of one LZMA decoder, and its steps. lzma.c */
struct lzma;
struct lzma *lzma_the_decoder(void);
/* New properties, lc + 9 * (lp + 5 * pb); false when there are none such. */
bool lzma_set_properties(struct lzma *s, uint8_t properties);
void lzma_reset(struct lzma *s);
/* One chunk: unpacks to out->end from the bytes of in, all of which it must use. */
const char *lzma_chunk(struct lzma *s, struct lzma_input *in, struct lzma_output *out);

#endif
