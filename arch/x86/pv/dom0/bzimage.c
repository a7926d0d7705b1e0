/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux's packed kernel image: a real-mode part whose header says where the payload is (Linux's
 * x86 boot protocol 2.08 and later, fields setup_sects, payload_offset, payload_length), and the
 * payload, an ELF file as it is or packed; a packed one is followed by its size in 4 bytes.
 *
 * Every offset is checked against the image (I2). No allocation, no output. Start-up.
 */
#include <hv/lib.h>
#include <hv/xz.h>

#include "bzimage.h"

#define SECTOR 512

#define SETUP_SECTS    0x1f1
#define HEADER_MAGIC   0x202
#define VERSION        0x206
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define HEADER_END     0x250

#define VERSION_PAYLOAD  0x208 /* the first that names its payload */
#define SETUP_SECTS_OLD  4
#define UNPACKED_MAX     (1UL << 30)
#define PAYLOAD_SIZE_MIN 16

static const struct {
    uint8_t magic[4];
    uint8_t len;
    const char *refusal;
} others[] = {
    { { 0x1f, 0x8b }, 2, "its kernel is packed with gzip, which is not supported: only xz is" },
    { { 'B', 'Z', 'h' }, 3, "its kernel is packed with bzip2, which is not supported: only xz is" },
    { { 0x5d, 0, 0 }, 3, "its kernel is packed with lzma, which is not supported: only xz is" },
    { { 0x89, 'L', 'Z', 'O' },
      4,
      "its kernel is packed with lzo, which is not supported: only xz is" },
    { { 0x02, 0x21, 0x4c, 0x18 },
      4,
      "its kernel is packed with lz4, which is not supported: only xz is" },
    { { 0x28, 0xb5, 0x2f, 0xfd },
      4,
      "its kernel is packed with zstd, which is not supported: only xz is" },
};

static uint32_t field32(const uint8_t *image, size_t at)
{
    uint32_t v;

    memcpy(&v, image + at, sizeof(v));
    return v;
}

static bool is_elf(const struct bzimage *bz)
{
    return !memcmp(bz->payload, "\177ELF", 4);
}

bool bzimage_is(const void *image, size_t size)
{
    return size >= HEADER_END && !memcmp((const char *)image + HEADER_MAGIC, "HdrS", 4);
}

const char *bzimage_parse(const void *image, size_t size, struct bzimage *bz)
{
    const uint8_t *p = image;
    unsigned int sectors = p[SETUP_SECTS] ? p[SETUP_SECTS] : SETUP_SECTS_OLD;
    size_t kernel = (sectors + 1UL) * SECTOR, offset, length;

    if ((p[VERSION] | p[VERSION + 1] << 8) < VERSION_PAYLOAD) {
        return "it is a bzImage older than boot protocol 2.08";
    }
    offset = field32(p, PAYLOAD_OFFSET);
    length = field32(p, PAYLOAD_LENGTH);
    if (kernel > size || offset > size - kernel || length > size - kernel - offset ||
        length < PAYLOAD_SIZE_MIN) {
        return "it is a bzImage whose payload lies outside of it";
    }
    bz->payload = p + kernel + offset;
    bz->size = length;
    if (is_elf(bz)) {
        bz->unpacked = length;
        return NULL;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
        if (!memcmp(bz->payload, others[i].magic, others[i].len)) {
            return others[i].refusal;
        }
    }
    bz->size -= sizeof(uint32_t);
    if (!xz_is(bz->payload, bz->size)) {
        return "it is a bzImage whose payload is of an unknown kind";
    }
    bz->unpacked = field32(bz->payload, bz->size);
    return bz->unpacked <= UNPACKED_MAX ? NULL : "its kernel says that it unpacks to over 1 GiB";
}

const char *bzimage_unpack(const struct bzimage *bz, void *dst, void (*tick)(void))
{
    if (is_elf(bz)) {
        memcpy(dst, bz->payload, bz->unpacked);
        return NULL;
    }
    return xz_unpack(bz->payload, bz->size, dst, bz->unpacked, tick);
}
