/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/* Ways to pack a kernel, told apart by their first bytes. Start-up; no state. */
#include <hv/lib.h>
#include <hv/unpack.h>

static const struct packing packings[] = {
    { "zstd", zstd_unpack, 4, { 0x28, 0xb5, 0x2f, 0xfd }, false },
    { "xz", xz_unpack, 6, { 0xfd, '7', 'z', 'X', 'Z', 0 }, false },
    { "gzip", gzip_unpack, 2, { 0x1f, 0x8b }, true },
    { "lz4", lz4_legacy_unpack, 4, { 0x02, 0x21, 0x4c, 0x18 }, false },
    { "lz4 frame", lz4_unpack, 4, { 0x04, 0x22, 0x4d, 0x18 }, false },
    { "bzip2", bzip2_unpack, 3, { 'B', 'Z', 'h' }, false },
    { "lzma", lzma_unpack, 3, { 0x5d, 0, 0 }, false },
    { "lzo", lzo_unpack, 9, { 0x89, 'L', 'Z', 'O', 0, 0x0d, 0x0a, 0x1a, 0x0a }, false },
};

const struct packing *packing_of(const void *data, size_t size)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(packings); i++) {
        if (size >= packings[i].magic_size &&
            !memcmp(data, packings[i].magic, packings[i].magic_size)) {
            return &packings[i];
        }
    }
    return NULL;
}
