/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen as a console: which kind it is, what vga= says of it, and what dom0 is told. The mode
 * is the boot loader's; nothing here changes it. A frame buffer is drawn on when the boot loader
 * tells of one that can be; otherwise, on a machine with a BIOS, VGA's text mode is used when it is
 * on. When the hardware domain starts, the screen is its own, unless vga=keep.
 */
#include <hv/console.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/screen.h>
#include <asm/boot.h>
#include <asm/memmap.h>
#include <asm/screen-map.h>
#include <public/xen.h>

#include "screen.h"

enum screen_kind {
    SCREEN_NONE,
    SCREEN_TEXT,
    SCREEN_PIXELS,
};

/* Of dom0_vga_console_info: the unit of lfb_size; and, as Linux calls it (VIDEO_CAPABILITY_...),
 * that ext_lfb_base counts, which for UEFI's screens 4.17 always says. */
#define LFB_SIZE_UNIT         (64U << 10)
#define CAPABILITY_64BIT_BASE 2U

/* IO-APICs, HPET and local APICs of a PC. */
#define APIC_SPACE     0xfec00000UL
#define APIC_SPACE_END 0xff000000UL

/* A mode that vga= asks for. */
struct screen_wish {
    bool keep;
    enum {
        WISH_ANY, /* "current" too */
        WISH_ASK,
        WISH_TEXT,
        WISH_PIXELS,
        WISH_NUMBER,
    } kind;
    uint16_t width, height, depth; /* text: columns and rows */
};

static struct screen_wish wish;
static enum screen_kind kind __initdata;
static struct screen_text text_mode __initdata;

/* One number of "80x25", and what follows it but for the last. */
static int __init parse_side(const char **s, char next, uint16_t *side)
{
    uint64_t n;
    int rc = parse_number(*s, s, 10, UINT16_MAX, &n);

    if (rc || !n || **s != next) {
        return -EINVAL;
    }
    *s += next ? 1 : 0;
    *side = (uint16_t)n;
    return 0;
}

static int __init parse_mode(const char *s, struct screen_wish *to)
{
    uint64_t number;
    int rc = 0;

    if (!strcmp(s, "current")) {
        to->kind = WISH_ANY;
    } else if (!strcmp(s, "ask")) {
        to->kind = WISH_ASK;
    } else if (!strncmp(s, "text-", 5)) {
        to->kind = WISH_TEXT;
        s += 5;
        rc = parse_side(&s, 'x', &to->width);
        rc = rc ? rc : parse_side(&s, '\0', &to->height);
    } else if (!strncmp(s, "gfx-", 4)) {
        to->kind = WISH_PIXELS;
        s += 4;
        rc = parse_side(&s, 'x', &to->width);
        rc = rc ? rc : parse_side(&s, 'x', &to->height);
        rc = rc ? rc : parse_side(&s, '\0', &to->depth);
    } else if (!strncmp(s, "mode-", 5)) {
        to->kind = WISH_NUMBER;
        s += 5;
        rc = parse_number(s, &s, 16, UINT16_MAX, &number);
        rc = rc ? rc : *s ? -EINVAL : 0;
    } else {
        rc = -EINVAL;
    }
    return rc;
}

/* vga=MODE[,keep], or keep alone. */
static int __init parse_vga(const char *s, struct screen_wish *to)
{
    char mode[32];
    const char *comma = strchr(s, ',');
    size_t len = comma ? (size_t)(comma - s) : strlen(s);

    *to = (struct screen_wish){ .keep = !strcmp(comma ? comma + 1 : s, "keep") };
    if (len >= sizeof(mode) || (comma && !to->keep)) {
        return -EINVAL;
    }
    memcpy(mode, s, len);
    mode[len] = '\0';
    return !comma && to->keep ? 0 : parse_mode(mode, to);
}
custom_param("vga", parse_vga, wish);

/* Why the boot loader's frame buffer cannot be where it is said to be, or NULL. */
static const char *__init check_place(const struct boot_framebuffer *fb)
{
    const char *wrong = lfb_check_geometry(fb);
    maddr_t end = _maddr(maddr_x(fb->addr) + lfb_size(fb));

    if (wrong) {
        return wrong;
    }
    if (!memmap_only_devices(&memory_map, fb->addr, end)) {
        return "it lies in memory";
    }
    if (maddr_x(fb->addr) < APIC_SPACE_END && maddr_x(end) > APIC_SPACE) {
        return "it lies where the APICs are";
    }
    return NULL;
}

static bool __init find_pixels(void)
{
    struct boot_framebuffer *fb = &boot_firmware.framebuffer;
    const char *wrong;

    if (!boot_firmware.has_framebuffer || fb->type == BOOT_FRAMEBUFFER_TEXT) {
        return false;
    }
    wrong = check_place(fb);
    if (wrong) {
        printk(XENLOG_WARNING "Screen: a frame buffer of %ux%u, %u bits a pixel, %u bytes a line "
                              "at %#lx is of no use: %s\n",
               fb->width, fb->height, fb->bpp, fb->pitch, maddr_x(fb->addr), wrong);
    }
    return !wrong;
}

static bool __init wish_is_granted(void)
{
    const struct boot_framebuffer *fb = &boot_firmware.framebuffer;

    switch (wish.kind) {
    case WISH_ANY:
        return true;
    case WISH_TEXT:
        return kind == SCREEN_TEXT && text_mode.columns == wish.width &&
               text_mode.rows == wish.height;
    case WISH_PIXELS:
        return kind == SCREEN_PIXELS && fb->width == wish.width && fb->height == wish.height &&
               fb->bpp == wish.depth;
    default:
        return false;
    }
}

static bool screen_stays(void)
{
    return wish.keep;
}

static bool full;

bool screen_may_scroll(unsigned int rows)
{
    static unsigned int lines;

    full = console_in_emergency() && lines++ >= rows;
    return !full;
}

static void write_text(const char *s, size_t n)
{
    if (!full) {
        vga_write(s, n);
    }
}

static void write_pixels(const char *s, size_t n)
{
    if (!full) {
        lfb_write(s, n);
    }
}

static struct console_dev text_dev = {
    .name = "vga",
    .write = write_text,
    .screen = true,
    .handover = screen_stays,
};
static struct console_dev pixel_dev = {
    .name = "vga",
    .write = write_pixels,
    .screen = true,
    .handover = screen_stays,
};

static void __init start_pixels(void)
{
    const struct boot_framebuffer *fb = &boot_firmware.framebuffer;
    const char *wrong = LFB_BUILT ? lfb_check_pixels(fb) : "this image is built without CONFIG_LFB";
    void *memory = wrong ? NULL : screen_map(fb->addr, lfb_size(fb));

    if (!memory) {
        printk(XENLOG_WARNING "Screen: nothing can be drawn on it: %s\n",
               wrong ? wrong : "it is out of reach");
        return;
    }
    lfb_start(fb, memory);
    console_register(&pixel_dev);
}

void __init screen_early_init(void)
{
    const struct boot_framebuffer *fb = &boot_firmware.framebuffer;

    if (find_pixels()) {
        kind = SCREEN_PIXELS;
        printk(XENLOG_INFO "Screen: %ux%u, %u bits a pixel, at %#lx\n", fb->width, fb->height,
               fb->bpp, maddr_x(fb->addr));
    } else if (!boot_firmware.efi && vga_find(&text_mode)) {
        kind = SCREEN_TEXT;
        printk(XENLOG_INFO "Screen: text, %ux%u\n", text_mode.columns, text_mode.rows);
    } else {
        printk(XENLOG_INFO "Screen: none\n");
    }
    if (!wish_is_granted()) {
        printk(XENLOG_WARNING "vga=: the boot loader sets the screen's mode (GRUB: gfxpayload=), "
                              "which stays as it is\n");
    }
    if (kind == SCREEN_NONE || !console_wants("vga")) {
        return;
    }
    if (kind == SCREEN_PIXELS) {
        start_pixels();
    } else {
        vga_start();
        text_mode.cursor_x = 0;
        text_mode.cursor_y = text_mode.rows - 1;
        console_register(&text_dev);
    }
}

static bool __init describe_pixels(struct dom0_vga_console_info *info)
{
    const struct boot_framebuffer *fb = &boot_firmware.framebuffer;
    struct lfb_field unused = lfb_unused_bits(fb);

    if (fb->pitch > UINT16_MAX) {
        printk(XENLOG_WARNING "Screen: too wide for dom0 to be told of it\n");
        return false;
    }
    info->video_type = boot_firmware.efi ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
    info->u.vesa_lfb.width = (uint16_t)fb->width;
    info->u.vesa_lfb.height = (uint16_t)fb->height;
    info->u.vesa_lfb.bytes_per_line = (uint16_t)fb->pitch;
    info->u.vesa_lfb.bits_per_pixel = fb->bpp;
    info->u.vesa_lfb.lfb_base = (uint32_t)maddr_x(fb->addr);
    info->u.vesa_lfb.ext_lfb_base = (uint32_t)(maddr_x(fb->addr) >> 32);
    info->u.vesa_lfb.lfb_size = max((uint32_t)DIV_ROUND_UP(lfb_size(fb), LFB_SIZE_UNIT),
                                    (uint32_t)boot_firmware.vbe_memory);
    info->u.vesa_lfb.red_pos = fb->red_pos;
    info->u.vesa_lfb.red_size = fb->red_size;
    info->u.vesa_lfb.green_pos = fb->green_pos;
    info->u.vesa_lfb.green_size = fb->green_size;
    info->u.vesa_lfb.blue_pos = fb->blue_pos;
    info->u.vesa_lfb.blue_size = fb->blue_size;
    info->u.vesa_lfb.rsvd_pos = unused.pos;
    info->u.vesa_lfb.rsvd_size = unused.size;
    info->u.vesa_lfb.gbl_caps = boot_firmware.efi ? CAPABILITY_64BIT_BASE
                                                  : boot_firmware.vbe_capabilities;
    info->u.vesa_lfb.mode_attrs = boot_firmware.vbe_attributes;
    return true;
}

bool __init screen_describe(struct dom0_vga_console_info *info)
{
    switch (kind) {
    case SCREEN_PIXELS:
        return describe_pixels(info);
    case SCREEN_TEXT:
        info->video_type = XEN_VGATYPE_TEXT_MODE_3;
        info->u.text_mode_3.font_height = (uint16_t)text_mode.font_height;
        info->u.text_mode_3.cursor_x = (uint16_t)text_mode.cursor_x;
        info->u.text_mode_3.cursor_y = (uint16_t)text_mode.cursor_y;
        info->u.text_mode_3.rows = (uint16_t)text_mode.rows;
        info->u.text_mode_3.columns = (uint16_t)text_mode.columns;
        return true;
    default:
        return false;
    }
}
