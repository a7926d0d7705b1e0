/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * Unpacking what Linux kernels are packed with. Start-up only. Nothing in the data is trusted: each
 * decoder reads no byte outside of src, writes none outside of dst, and ends.
 */
#ifndef HV_UNPACK_H
#define HV_UNPACK_H

#include <hv/compiler.h>

/*
 * Unpacks the stream at the start of src to exactly dst_size bytes. NULL, or one line that says
 * what is wrong with it, some of dst having been written. tick is called now and then, for work
 * that must not wait.
 */
typedef const char *unpack_fn(const void *src, size_t src_size, void *dst, size_t dst_size,
                              void (*tick)(void));

/* One way to pack. */
struct packing {
    const char *name;
    unpack_fn *unpack;
    uint8_t magic_size;
    uint8_t magic[9];
    bool sized; /* its last four bytes are the size; of others it is behind them */
};

/* The one whose magic number the data has; NULL: none. */
const struct packing *packing_of(const void *data, size_t size);

unpack_fn bzip2_unpack, gzip_unpack, lz4_unpack, lz4_legacy_unpack, lzma_unpack, lzo_unpack;
unpack_fn xz_unpack, zstd_unpack;

#endif
