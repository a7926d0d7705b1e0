/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text on a linear frame buffer, drawn pixel by pixel: 15 to 32 bits a pixel, colours anywhere in
 * it. The text is kept as characters; after each write the cells are drawn that show another one,
 * so that the frame buffer, which is slow to read, never is. Characters are enlarged where the
 * screen has many pixels.
 *
 * Invariant: nothing outside pitch * height bytes is written, whatever the boot loader said
 * (lfb-check.c) and whoever prints at the same time in an emergency. The state is guarded
 * by the console's output lock.
 */
#include <hv/lib.h>
#include <asm/firmware.h>
#include <gen/font.h>

#include "screen.h"

#define MAX_COLUMNS 256
#define MAX_ROWS    128
/* A screen of more pixels has larger characters. */
#define COMMON_WIDTH  1280
#define COMMON_HEIGHT 720

#define LIGHT_GREY 0xaaU /* of 255 */

static struct {
    volatile uint8_t *memory;
    unsigned int pitch, bytes; /* of a line, of a pixel */
    unsigned int columns, rows, scale;
    uint32_t foreground;
    unsigned int column; /* of the bottom line, where the next character goes */
} lfb;

static char text[MAX_ROWS][MAX_COLUMNS], shown[MAX_ROWS][MAX_COLUMNS];

/* The grey of a colour that has so many bits. */
static uint32_t __init channel_value(unsigned int pos, unsigned int size)
{
    uint32_t v = size > 8 ? LIGHT_GREY << (size - 8) : LIGHT_GREY >> (8 - size);

    return v << pos;
}

static void put_pixel(volatile uint8_t *at, uint32_t value)
{
    switch (lfb.bytes) {
    case 2:
        *(volatile uint16_t *)at = (uint16_t)value;
        break;
    case 3:
        at[0] = (uint8_t)value;
        at[1] = (uint8_t)(value >> 8);
        at[2] = (uint8_t)(value >> 16);
        break;
    default:
        *(volatile uint32_t *)at = value;
        break;
    }
}

static const uint8_t *glyph_of(char c)
{
    unsigned int n = (uint8_t)c - FONT_FIRST;

    return font_glyphs[n < FONT_GLYPHS ? n : FONT_GLYPHS - 1];
}

/* One line of pixels of a glyph. */
static void draw_line(volatile uint8_t *at, uint8_t bits)
{
    for (unsigned int x = 0; x < FONT_WIDTH * lfb.scale; x++) {
        put_pixel(at, bits & (0x80U >> x / lfb.scale) ? lfb.foreground : 0);
        at += lfb.bytes;
    }
}

static void draw_cell(unsigned int row, unsigned int column)
{
    const uint8_t *glyph = glyph_of(text[row][column]);
    size_t top = (size_t)row * FONT_HEIGHT * lfb.scale;
    volatile uint8_t *at = lfb.memory + top * lfb.pitch +
                           (size_t)column * FONT_WIDTH * lfb.scale * lfb.bytes;

    for (unsigned int y = 0; y < FONT_HEIGHT * lfb.scale; y++, at += lfb.pitch) {
        draw_line(at, glyph[y / lfb.scale]);
    }
    shown[row][column] = text[row][column];
}

static void draw_changes(void)
{
    for (unsigned int row = 0; row < lfb.rows; row++) {
        if (!memcmp(text[row], shown[row], lfb.columns)) {
            continue;
        }
        for (unsigned int column = 0; column < lfb.columns; column++) {
            if (text[row][column] != shown[row][column]) {
                draw_cell(row, column);
            }
        }
    }
}

static bool scroll(void)
{
    if (!screen_may_scroll(lfb.rows)) {
        return false;
    }
    memmove(text[0], text[1], sizeof(text[0]) * (lfb.rows - 1));
    memset(text[lfb.rows - 1], ' ', sizeof(text[0]));
    return true;
}

void lfb_write(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned int column = lfb.column;

        if ((s[i] == '\n' || column >= lfb.columns) && !scroll()) {
            break;
        }
        if (s[i] == '\n' || s[i] == '\r') {
            lfb.column = 0;
            continue;
        }
        column = column < lfb.columns ? column : 0;
        text[lfb.rows - 1][column] = s[i] == '\t' ? ' ' : s[i];
        lfb.column = column + 1;
    }
    draw_changes();
}

void __init lfb_start(const struct boot_framebuffer *fb, void *memory)
{
    lfb.memory = memory;
    lfb.pitch = fb->pitch;
    lfb.bytes = LFB_PIXEL_BYTES(fb->bpp);
    lfb.scale = max(min(fb->width / COMMON_WIDTH, fb->height / COMMON_HEIGHT), 1U);
    lfb.columns = min(fb->width / (FONT_WIDTH * lfb.scale), (uint32_t)MAX_COLUMNS);
    lfb.rows = min(fb->height / (FONT_HEIGHT * lfb.scale), (uint32_t)MAX_ROWS);
    lfb.column = 0;
    lfb.foreground = channel_value(fb->red_pos, fb->red_size) |
                     channel_value(fb->green_pos, fb->green_size) |
                     channel_value(fb->blue_pos, fb->blue_size);
    for (unsigned int y = 0; y < fb->height; y++) {
        volatile uint8_t *at = lfb.memory + (size_t)y * lfb.pitch;

        for (unsigned int x = 0; x < fb->width; x++, at += lfb.bytes) {
            put_pixel(at, 0);
        }
    }
    memset(text, ' ', sizeof(text));
    memset(shown, ' ', sizeof(shown));
}
