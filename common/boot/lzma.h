/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/* What the files of the decoders of .xz and .lzma share. */
#ifndef BOOT_LZMA_H
#define BOOT_LZMA_H

#include "stream.h"

/* LZMA2 chunks up to their end mark. NULL, or what is wrong. Uses the one decoder. */
const char *lzma2_unpack(struct packed *in, struct unpacked *out, void (*tick)(void));

/* Undoes the x86 branch filter over a whole block that started at position 0. */
void bcj_x86_undo(uint8_t *data, size_t size);

/* The state of one LZMA decoder, and its steps. lzma.c */
struct lzma;
struct lzma *lzma_the_decoder(void);
/* New properties, lc + 9 * (lp + 5 * pb); false when there are none such. */
bool lzma_set_properties(struct lzma *s, uint8_t properties);
void lzma_reset(struct lzma *s);
/* How its bytes end: just so, in a mark, or either way. */
enum lzma_ending { LZMA_EXACT, LZMA_MARKED, LZMA_MAY_BE_MARKED };
/*
 * One chunk: unpacks to out->end from the bytes of in, all of which it must use. tick: NULL, or
 * what to call now and then.
 */
const char *lzma_run(struct lzma *s, struct packed *in, struct unpacked *out,
                     enum lzma_ending ending, void (*tick)(void));

#endif
