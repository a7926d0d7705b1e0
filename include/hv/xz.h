/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unpacking .xz streams, as Linux kernels are packed: one or more blocks of LZMA2, with the x86
 * branch filter before it or not, checked by CRC32 or not at all. Start-up only. Nothing in the
 * stream is trusted.
 */
#ifndef HV_XZ_H
#define HV_XZ_H

#include <hv/compiler.h>

#define XZ_MAGIC_SIZE 6

/* Does the data begin as an .xz stream does? */
bool xz_is(const void *data, size_t size);

/*
 * Unpacks the stream at the start of src to exactly dst_size bytes. NULL, or one line that says
 * what is wrong with it, some of dst having been written. tick is called now and then, for work
 * that must not wait.
 */
const char *xz_unpack(const void *src, size_t src_size, void *dst, size_t dst_size,
                      void (*tick)(void)) __must_check;

#endif
