/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/*
 * Linux's packed kernel image: a real-mode part whose header says where the payload is (Linux's
 * x86 boot protocol 2.08 and later, fields setup_sects, payload_offset, payload_length), and the
 * payload, an ELF file as it is or packed; the last four bytes of a packed one are its size. A
 * payload may also come alone.
 *
 * Every offset is checked against the image (I2). No allocation, no output. Start-up.
 */
#include <hv/lib.h>
#include <hv/unpack.h>

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

static bool has_header(const void *image, size_t size)
{
    return size >= HEADER_END && !memcmp((const char *)image + HEADER_MAGIC, "HdrS", 4);
}

bool bzimage_is(const void *image, size_t size)
{
    return has_header(image, size) || packing_of(image, size);
}

/* The part behind the real-mode code. */
static const char *find_payload(const uint8_t *p, size_t size, struct bzimage *bz)
{
    unsigned int sectors = p[SETUP_SECTS] ? p[SETUP_SECTS] : SETUP_SECTS_OLD;
    size_t kernel = (sectors + 1UL) * SECTOR, offset, length;

    if ((p[VERSION] | p[VERSION + 1] << 8) < VERSION_PAYLOAD) {
        return "it is a bzImage older than boot protocol 2.08";
    }
    offset = field32(p, PAYLOAD_OFFSET);
    length = field32(p, PAYLOAD_LENGTH);
    if (kernel > size || offset > size - kernel || length > size - kernel - offset) {
        return "it is a bzImage whose payload lies outside of it";
    }
    bz->payload = p + kernel + offset;
    bz->size = length;
    return NULL;
}

const char *bzimage_parse(const void *image, size_t size, struct bzimage *bz)
{
    const char *wrong = NULL;

    *bz = (struct bzimage){ .payload = image, .size = size };
    if (has_header(image, size)) {
        wrong = find_payload(image, size, bz);
    }
    if (wrong) {
        return wrong;
    }
    if (bz->size < PAYLOAD_SIZE_MIN) {
        return "its packed part is too short to be one";
    }
    if (is_elf(bz)) {
        bz->unpacked = bz->size;
        return NULL;
    }
    bz->packing = packing_of(bz->payload, bz->size);
    if (!bz->packing) {
        return "it is a bzImage whose payload is of an unknown kind";
    }
    bz->unpacked = field32(bz->payload, bz->size - sizeof(uint32_t));
    bz->size -= bz->packing->sized ? 0 : sizeof(uint32_t);
    return bz->unpacked <= UNPACKED_MAX ? NULL : "its kernel says that it unpacks to over 1 GiB";
}

const char *bzimage_unpack(const struct bzimage *bz, void *dst, void (*tick)(void))
{
    if (!bz->packing) {
        memcpy(dst, bz->payload, bz->unpacked);
        return NULL;
    }
    return bz->packing->unpack(bz->payload, bz->size, dst, bz->unpacked, tick);
}
