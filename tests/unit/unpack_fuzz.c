/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decoders of packed kernels on bytes from libFuzzer: the first says which one and how much it
 * is to make, the rest follows its magic number. Found is what ASan and UBSan find, and what does
 * not end.
 */
#include <hv/lib.h>
#include <hv/unpack.h>

#define OUT_MAX 20000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tick(void)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        unpack_fn *unpack;
        uint8_t magic_size;
        uint8_t magic[9];
    } ways[] = {
        { zstd_unpack, 4, { 0x28, 0xb5, 0x2f, 0xfd } },
        { xz_unpack, 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
        { gzip_unpack, 3, { 0x1f, 0x8b, 8 } },
        { lz4_legacy_unpack, 4, { 0x02, 0x21, 0x4c, 0x18 } },
        { lz4_unpack, 4, { 0x04, 0x22, 0x4d, 0x18 } },
        { bzip2_unpack, 4, { 'B', 'Z', 'h', '1' } },
        { lzma_unpack, 3, { 0x5d, 0, 0 } },
        { lzo_unpack, 9, { 0x89, 'L', 'Z', 'O', 0, 0x0d, 0x0a, 0x1a, 0x0a } },
    };
    unsigned int way, made;
    uint8_t *src, *dst;

    if (size < 2) {
        return 0;
    }
    way = data[0] % ARRAY_SIZE(ways);
    made = 1 + data[0] / ARRAY_SIZE(ways) * (OUT_MAX / 32);
    data++;
    size--;
    src = malloc(size + ways[way].magic_size);
    dst = malloc(made);
    if (!src || !dst) {
        abort();
    }
    memcpy(src, ways[way].magic, ways[way].magic_size);
    memcpy(src + ways[way].magic_size, data, size);
    (void)!ways[way].unpack(src, size + ways[way].magic_size, dst, made, tick);
    free(src);
    free(dst);
    return 0;
}
