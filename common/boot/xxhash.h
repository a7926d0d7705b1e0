/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/* XXH32 and XXH64, seed 0: the checksums of LZ4 frames and of Zstandard frames. */
#ifndef BOOT_XXHASH_H
#define BOOT_XXHASH_H

#include <hv/compiler.h>

uint32_t xxh32(const void *data, size_t size);
uint64_t xxh64(const void *data, size_t size);

#endif
