/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VGA text screen, when the firmware left one: a window of characters at 0xb8000, written at
 * the bottom line and scrolled. In a graphics mode, or without a VGA, there is no such console.
 * When the hardware domain starts, the screen is its own, unless vga=keep.
 *
 * Its state is guarded by the console's output lock.
 */
#include <hv/console.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <hv/serial.h>
#include <asm/io.h>

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
#define CRTC_ROWS_END     0x12

#define CURSOR_OFF  0x20
#define MAX_SCAN    0x1f
#define TEXT_MEMORY 0xb8000
#define TEXT_SIZE   0x8000
#define LIGHT_GREY  0x0700

static volatile uint16_t *screen;
static unsigned int columns, rows, column;
static bool keep;

/* vga=[mode][,keep]: the mode stays as the firmware set it. */
static int __init parse_vga(const char *s, bool *stays)
{
    const char *comma = strchr(s, ',');
    const char *last = comma ? comma + 1 : s;

    if (!strcmp(last, "keep")) {
        *stays = true;
        return 0;
    }
    return comma ? -EINVAL : 0;
}
custom_param("vga", parse_vga, keep);

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
    rows = lines / ((crtc_read(CRTC_MAX_SCAN) & MAX_SCAN) + 1u);
    return columns >= 40 && columns <= 160 && rows >= 10 && columns * rows * 2 <= TEXT_SIZE;
}

static void scroll(void)
{
    for (unsigned int i = 0; i < columns * (rows - 1); i++) {
        screen[i] = screen[i + columns];
    }
    for (unsigned int i = columns * (rows - 1); i < columns * rows; i++) {
        screen[i] = LIGHT_GREY | ' ';
    }
    column = 0;
}

static void vga_write(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n') {
            scroll();
            continue;
        }
        if (s[i] == '\r') {
            column = 0;
            continue;
        }
        if (column == columns) {
            scroll();
        }
        screen[columns * (rows - 1) + column++] = LIGHT_GREY | (uint8_t)s[i];
    }
}

static bool vga_handover(void)
{
    return keep;
}

static struct console_dev vga = { .name = "vga", .write = vga_write, .handover = vga_handover };

void __init vga_early_init(void)
{
    if (!console_wants("vga") || !in_text_mode() || !read_geometry()) {
        return;
    }
    screen = maddr_to_virt(_maddr(TEXT_MEMORY));
    crtc_write(CRTC_START_HIGH, 0);
    crtc_write(CRTC_START_LOW, 0);
    crtc_write(CRTC_CURSOR_START, CURSOR_OFF);
    for (unsigned int i = 0; i < columns * rows; i++) {
        screen[i] = LIGHT_GREY | ' ';
    }
    console_register(&vga);
}
