/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/* Linux's packed kernel image. */
#ifndef PV_DOM0_BZIMAGE_H
#define PV_DOM0_BZIMAGE_H

#include <hv/unpack.h>

/* The packed part of a bzImage. */
struct bzimage {
    const uint8_t *payload;
    size_t size;
    size_t unpacked;               /* size of what it unpacks to */
    const struct packing *packing; /* NULL: it is not packed */
};

/* Is it a bzImage, or packed without being in one? */
bool bzimage_is(const void *image, size_t size);

/* Finds the payload. NULL, or one line that says what is wrong with the image. */
const char *bzimage_parse(const void *image, size_t size, struct bzimage *bz) __must_check;

/* Unpacks it to bz->unpacked bytes at dst; as unpack_fn. */
const char *bzimage_unpack(const struct bzimage *bz, void *dst, void (*tick)(void)) __must_check;

#endif
