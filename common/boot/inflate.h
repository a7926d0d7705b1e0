/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/* What is packed with Deflate. */
#ifndef BOOT_INFLATE_H
#define BOOT_INFLATE_H

#include "stream.h"

/* Blocks up to the one that says that it is the last. NULL, or what is wrong. */
const char *inflate(struct packed *in, struct unpacked *out, void (*tick)(void));

#endif
