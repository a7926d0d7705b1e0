/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two kinds of screen, for screen.c: VGA's text mode (vga.c), and a frame buffer of pixels
 * (lfb.c; lfb-check.c is asked before). What is written is guarded by the console's output lock.
 */
#ifndef DRIVERS_CHAR_SCREEN_H
#define DRIVERS_CHAR_SCREEN_H

#include <hv/compiler.h>
#include <hv/init.h>

/*
 * May a screen of so many lines move them up by one? In an emergency not for ever: the line that
 * says why stays, at the top in the end, and what comes after a screenful is not shown.
 */
bool screen_may_scroll(unsigned int rows);

struct screen_text {
    unsigned int columns, rows, font_height;
    unsigned int cursor_x, cursor_y; /* as the boot loader left it */
};

/* Is the machine in a text mode, and which? */
bool vga_find(struct screen_text *mode) __init;
/* Clears the screen that was found; from now on the bottom line is written. */
void vga_start(void) __init;
void vga_write(const char *s, size_t n);

struct boot_framebuffer;
#define LFB_PIXEL_BYTES(bpp) (((bpp) + 7U) / 8U)
/* Bytes that the frame buffer takes. */
uint64_t lfb_size(const struct boot_framebuffer *fb) __init;
/* Why its geometry cannot be right, or NULL. */
const char *lfb_check_geometry(const struct boot_framebuffer *fb) __init;
/* The bits of its pixels that have no colour, when they are one field; else none. */
struct lfb_field {
    uint8_t pos, size;
};
struct lfb_field lfb_unused_bits(const struct boot_framebuffer *fb) __init;
/* Why its pixels cannot be drawn, or NULL. */
const char *lfb_check_pixels(const struct boot_framebuffer *fb) __init;
#ifdef CONFIG_LFB
#define LFB_BUILT true
/* Clears a frame buffer of which both checks are content, mapped at memory. */
void lfb_start(const struct boot_framebuffer *fb, void *memory) __init;
void lfb_write(const char *s, size_t n);
#else
#define LFB_BUILT false
static inline void lfb_start(const struct boot_framebuffer *fb, void *memory)
{
}
static inline void lfb_write(const char *s, size_t n)
{
}
#endif

#endif
