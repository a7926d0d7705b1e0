/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VGA text screen, when the firmware left one: a window of characters at 0xb8000, written at
 * the bottom line and scrolled. In a graphics mode, or without a VGA, there is none.
 *
 * Its state is guarded by the console's output lock.
 */
#include <hv/lib.h>
#include <hv/mm.h>
#include <asm/io.h>

#include "screen.h"

/* IBM VGA technical reference: index and data ports of the graphics and the CRT controllers. */
#define VGA_GC_INDEX   0x3ce
#define VGA_GC_DATA    0x3cf
#define VGA_CRTC_INDEX 0x3d4
#define VGA_CRTC_DATA  0x3d5
#define VGA_MISC_READ  0x3cc

#define GC_MISC            6
#define GC_MISC_GRAPHICS   0x01
#define GC_MISC_MAP        0x0c
#define GC_MISC_MAP_COLOUR 0x0c /* 32 KiB at 0xb8000 */
#define MISC_COLOUR        0x01

#define CRTC_COLUMNS_END  0x01
#define CRTC_OVERFLOW     0x07
#define CRTC_MAX_SCAN     0x09
#define CRTC_CURSOR_START 0x0a
#define CRTC_START_HIGH   0x0c
#define CRTC_START_LOW    0x0d
#define CRTC_CURSOR_HIGH  0x0e
#define CRTC_CURSOR_LOW   0x0f
#define CRTC_ROWS_END     0x12

#define CURSOR_OFF  0x20
#define MAX_SCAN    0x1f
#define TEXT_MEMORY 0xb8000
#define TEXT_SIZE   0x8000
#define LIGHT_GREY  0x0700

static volatile uint16_t *screen;
static unsigned int columns, rows, font_height, column;

static uint8_t __init crtc_read(uint8_t reg)
{
    outb(reg, VGA_CRTC_INDEX);
    return inb(VGA_CRTC_DATA);
}

static void __init crtc_write(uint8_t reg, uint8_t v)
{
    outb(reg, VGA_CRTC_INDEX);
    outb(v, VGA_CRTC_DATA);
}

static bool __init in_text_mode(void)
{
    uint8_t misc = inb(VGA_MISC_READ), gc;

    outb(GC_MISC, VGA_GC_INDEX);
    gc = inb(VGA_GC_DATA);
    return misc != 0xff && (misc & MISC_COLOUR) && !(gc & GC_MISC_GRAPHICS) &&
           (gc & GC_MISC_MAP) == GC_MISC_MAP_COLOUR;
}

static bool __init read_geometry(void)
{
    unsigned int overflow = crtc_read(CRTC_OVERFLOW);
    unsigned int lines = (crtc_read(CRTC_ROWS_END) | (overflow & 0x02) << 7 |
                          (overflow & 0x40) << 3) +
                         1;

    columns = crtc_read(CRTC_COLUMNS_END) + 1u;
    font_height = (crtc_read(CRTC_MAX_SCAN) & MAX_SCAN) + 1u;
    rows = lines / font_height;
    return columns >= 40 && columns <= 160 && rows >= 10 && columns * rows * 2 <= TEXT_SIZE;
}

static bool scroll(void)
{
    if (!screen_may_scroll(rows)) {
        return false;
    }
    for (unsigned int i = 0; i < columns * (rows - 1); i++) {
        screen[i] = screen[i + columns];
    }
    for (unsigned int i = columns * (rows - 1); i < columns * rows; i++) {
        screen[i] = LIGHT_GREY | ' ';
    }
    return true;
}

void vga_write(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned int at = column;

        if ((s[i] == '\n' || at >= columns) && !scroll()) {
            break;
        }
        if (s[i] == '\n' || s[i] == '\r') {
            column = 0;
            continue;
        }
        at = at < columns ? at : 0;
        screen[columns * (rows - 1) + at] = LIGHT_GREY | (uint8_t)s[i];
        column = at + 1;
    }
}

static unsigned int __init crtc_read_pair(uint8_t high, uint8_t low)
{
    return (unsigned int)crtc_read(high) << 8 | crtc_read(low);
}

bool __init vga_find(struct screen_text *mode)
{
    unsigned int cursor;

    if (!in_text_mode() || !read_geometry()) {
        return false;
    }
    cursor = crtc_read_pair(CRTC_CURSOR_HIGH, CRTC_CURSOR_LOW) -
             crtc_read_pair(CRTC_START_HIGH, CRTC_START_LOW);
    cursor = cursor < columns * rows ? cursor : 0;
    *mode = (struct screen_text){ columns, rows, font_height, cursor % columns, cursor / columns };
    return true;
}

void __init vga_start(void)
{
    screen = maddr_to_virt(_maddr(TEXT_MEMORY));
    crtc_write(CRTC_START_HIGH, 0);
    crtc_write(CRTC_START_LOW, 0);
    crtc_write(CRTC_CURSOR_START, CURSOR_OFF);
    for (unsigned int i = 0; i < columns * rows; i++) {
        screen[i] = LIGHT_GREY | ' ';
    }
}
