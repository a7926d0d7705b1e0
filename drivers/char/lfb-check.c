/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether what a boot loader says of a frame buffer can be true, and whether text can be drawn on
 * it. Nothing it says is trusted: numbers of any size come in, and the reason for a refusal comes
 * out. Start-up.
 */
#include <hv/lib.h>
#include <asm/firmware.h>

#include "screen.h"

#define MIN_WIDTH  8 /* a character */
#define MIN_HEIGHT 16
#define MAX_PIXELS 32768 /* in a line, and lines */
#define LOW_MEMORY (1UL << 20)

uint64_t __init lfb_size(const struct boot_framebuffer *fb)
{
    return (uint64_t)fb->pitch * fb->height;
}

const char *__init lfb_check_geometry(const struct boot_framebuffer *fb)
{
    uint64_t addr = maddr_x(fb->addr), size = lfb_size(fb);

    if (fb->width < MIN_WIDTH || fb->height < MIN_HEIGHT || fb->width > MAX_PIXELS ||
        fb->height > MAX_PIXELS) {
        return "no such size";
    }
    if (!fb->bpp || fb->bpp > 32) {
        return "no such number of bits a pixel";
    }
    if (fb->pitch < ((uint64_t)fb->width * fb->bpp + 7) / 8) {
        return "its lines are shorter than their pixels";
    }
    if (addr < LOW_MEMORY || addr + size < addr || addr % sizeof(uint32_t)) {
        return "no such address";
    }
    return NULL;
}

static uint32_t __init channel_mask(unsigned int pos, unsigned int size)
{
    return (uint32_t)(((1UL << size) - 1) << pos);
}

const char *__init lfb_check_pixels(const struct boot_framebuffer *fb)
{
    const uint8_t pos[] = { fb->red_pos, fb->green_pos, fb->blue_pos };
    const uint8_t sizes[] = { fb->red_size, fb->green_size, fb->blue_size };
    uint32_t used = 0;

    if (fb->type != BOOT_FRAMEBUFFER_RGB) {
        return "it has a palette";
    }
    if (fb->bpp < 15) {
        return "too few bits a pixel";
    }
    if (fb->pitch < (uint64_t)fb->width * LFB_PIXEL_BYTES(fb->bpp) ||
        (LFB_PIXEL_BYTES(fb->bpp) != 3 && fb->pitch % LFB_PIXEL_BYTES(fb->bpp))) {
        return "its lines are no number of pixels";
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
        if (!sizes[i] || pos[i] + sizes[i] > 8 * LFB_PIXEL_BYTES(fb->bpp) ||
            (used & channel_mask(pos[i], sizes[i]))) {
            return "its colours are not in its pixels";
        }
        used |= channel_mask(pos[i], sizes[i]);
    }
    return NULL;
}

struct lfb_field __init lfb_unused_bits(const struct boot_framebuffer *fb)
{
    unsigned int bits = 8 * LFB_PIXEL_BYTES(fb->bpp), pos, size = 0;
    uint64_t unused = (1UL << bits) - 1;

    if (lfb_check_pixels(fb)) {
        return (struct lfb_field){ 0, 0 };
    }
    unused &= ~(uint64_t)(channel_mask(fb->red_pos, fb->red_size) |
                          channel_mask(fb->green_pos, fb->green_size) |
                          channel_mask(fb->blue_pos, fb->blue_size));
    for (pos = 0; pos < bits && !(unused >> pos & 1); pos++) {
    }
    while (unused >> (pos + size) & 1) {
        size++;
    }
    if (!size || unused >> (pos + size)) {
        return (struct lfb_field){ 0, 0 };
    }
    return (struct lfb_field){ (uint8_t)pos, (uint8_t)size };
}
