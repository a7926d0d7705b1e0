/* SPDX-License-Identifier: GPL-2.0-only */
/* drivers/char/lfb.c: text drawn into frame buffers of all shapes, read back by the font. */
#include <stdlib.h>
#include <hv/lib.h>
#include <gen/font.h>

#include "../../arch/x86/include/asm/firmware.h"
#include "../../drivers/char/screen.h"

#define UNTOUCHED 0x5a

static struct boot_framebuffer fb;
static uint8_t *memory; /* exactly what the frame buffer says it has */
static unsigned int bytes, scale;

static unsigned int scrolls_left;

bool screen_may_scroll(unsigned int rows)
{
    return scrolls_left && scrolls_left--;
}

static struct boot_framebuffer rgb(uint32_t width, uint32_t height, uint8_t bpp)
{
    struct boot_framebuffer f = { .addr = _maddr(0xfd000000),
                                  .pitch = width * ((bpp + 7U) / 8),
                                  .width = width,
                                  .height = height,
                                  .bpp = bpp,
                                  .type = BOOT_FRAMEBUFFER_RGB };

    if (bpp > 16) {
        f.red_pos = 16;
        f.green_pos = 8;
        f.red_size = f.green_size = f.blue_size = 8;
    } else {
        f.red_pos = bpp - 5;
        f.green_pos = 5;
        f.red_size = f.blue_size = 5;
        f.green_size = bpp - 10;
    }
    return f;
}

static void start(struct boot_framebuffer f, unsigned int enlarged)
{
    fb = f;
    bytes = (fb.bpp + 7U) / 8;
    scale = enlarged;
    assert_null(lfb_check_geometry(&fb));
    assert_null(lfb_check_pixels(&fb));
    free(memory);
    memory = malloc(lfb_size(&fb));
    assert_non_null(memory);
    memset(memory, UNTOUCHED, lfb_size(&fb));
    lfb_start(&fb, memory);
    scrolls_left = ~0U;
}

static void print(const char *s)
{
    lfb_write(s, strlen(s));
}

static uint32_t pixel(unsigned int x, unsigned int y)
{
    uint32_t v = 0;

    memcpy(&v, memory + (size_t)y * fb.pitch + (size_t)x * bytes, bytes);
    return v;
}

static uint32_t grey_part(unsigned int pos, unsigned int size)
{
    return (size > 8 ? 0xaaU << (size - 8) : 0xaaU >> (8 - size)) << pos;
}

/* The character whose glyph a cell shows; 0: none. */
static char cell(unsigned int row, unsigned int column)
{
    uint32_t on = grey_part(fb.red_pos, fb.red_size) | grey_part(fb.green_pos, fb.green_size) |
                  grey_part(fb.blue_pos, fb.blue_size);

    for (unsigned int n = 0; n < FONT_GLYPHS; n++) {
        bool same = true;

        for (unsigned int y = 0; same && y < FONT_HEIGHT * scale; y++) {
            for (unsigned int x = 0; same && x < FONT_WIDTH * scale; x++) {
                bool set = font_glyphs[n][y / scale] & (0x80 >> x / scale);

                same = pixel(column * FONT_WIDTH * scale + x, row * FONT_HEIGHT * scale + y) ==
                       (set ? on : 0);
            }
        }
        if (same) {
            return (char)(FONT_FIRST + n);
        }
    }
    return 0;
}

static void expect(unsigned int row, const char *s)
{
    for (unsigned int i = 0; s[i]; i++) {
        if (cell(row, i) != s[i]) {
            fail_msg("%ux%u of %u bits: row %u column %u shows %d, not '%c'", fb.width, fb.height,
                     fb.bpp, row, i, cell(row, i), s[i]);
        }
    }
}

static void glyphs_differ(void **state)
{
    for (unsigned int a = 0; a < FONT_GLYPHS; a++) {
        for (unsigned int b = 0; b < a; b++) {
            assert_memory_not_equal(font_glyphs[a], font_glyphs[b], FONT_HEIGHT);
        }
    }
}

/* Bytes of a line beyond its pixels are nobody's. */
static void each_format(void **state)
{
    static const struct {
        uint8_t bpp, red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
    } formats[] = {
        { 32, 16, 8, 8, 8, 0, 8 },     { 32, 0, 8, 8, 8, 16, 8 },   { 32, 24, 8, 16, 8, 8, 8 },
        { 24, 16, 8, 8, 8, 0, 8 },     { 24, 0, 8, 8, 8, 16, 8 },   { 16, 11, 5, 5, 6, 0, 5 },
        { 16, 0, 5, 5, 6, 11, 5 },     { 15, 10, 5, 5, 5, 0, 5 },   { 16, 8, 4, 4, 4, 0, 4 },
        { 30, 20, 10, 10, 10, 0, 10 }, { 32, 20, 12, 8, 12, 0, 8 }, { 16, 15, 1, 14, 1, 0, 14 },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++) {
        struct boot_framebuffer f = rgb(323, 101, formats[i].bpp);

        f.red_pos = formats[i].red_pos;
        f.red_size = formats[i].red_size;
        f.green_pos = formats[i].green_pos;
        f.green_size = formats[i].green_size;
        f.blue_pos = formats[i].blue_pos;
        f.blue_size = formats[i].blue_size;
        f.pitch += 12;
        start(f, 1);
        print("Corbel: one\n~two {3}\nthree");
        expect(3, "Corbel: one  ");
        expect(4, "~two {3}     ");
        expect(5, "three        ");
        expect(0, "             ");
        for (unsigned int y = 0; y < fb.height; y++) {
            const uint8_t *line = memory + (size_t)y * fb.pitch;

            assert_int_equal(pixel(fb.width - 1, y), 0);
            for (unsigned int x = fb.width * bytes; x < fb.pitch; x++) {
                assert_int_equal(line[x], UNTOUCHED);
            }
        }
    }
}

static void lines_wrap_and_scroll(void **state)
{
    char line[32];

    start(rgb(80, 64, 32), 1); /* 10 columns, 4 rows */
    for (unsigned int i = 0; i < 500; i++) {
        snprintf(line, sizeof(line), "%03u\n", i);
        print(line);
    }
    expect(0, "497       ");
    expect(2, "499       ");
    expect(3, "          ");
    print("0123456789abcdefghij");
    expect(2, "0123456789");
    expect(3, "abcdefghij");
    print("k\rl\tm");
    expect(2, "abcdefghij");
    expect(3, "l m       ");
    print("\n\x01\xff");
    expect(3, "\x7f\x7f ");
}

/* What would need a new line when there is to be none is left out, and nothing after it. */
static void a_screen_that_may_not_scroll(void **state)
{
    start(rgb(80, 48, 32), 1);
    print("before\n");
    scrolls_left = 2;
    print("reason\nmore\nlast\nlost");
    expect(0, "reason    ");
    expect(1, "more      ");
    expect(2, "last      ");
    start(rgb(80, 48, 32), 1);
    scrolls_left = 1;
    print("0123456789ABCDEFGHIJlost");
    expect(1, "0123456789");
    expect(2, "ABCDEFGHIJ");
}

/* A cell that shows the right character already is left alone; what is there is not asked for. */
static void only_changes_are_drawn(void **state)
{
    start(rgb(80, 32, 32), 1);
    print("abc\nabd");
    memset(memory, UNTOUCHED, lfb_size(&fb));
    print("\n");
    assert_int_equal(pixel(0, 0), UNTOUCHED * 0x01010101U);
    assert_int_equal(cell(0, 2), 'd');
    assert_int_equal(cell(1, 0), ' ');
    assert_int_equal(pixel(9 * FONT_WIDTH, FONT_HEIGHT), UNTOUCHED * 0x01010101U);
}

static void many_pixels_make_large_characters(void **state)
{
    start(rgb(3840, 2160, 32), 3);
    print("Large");
    expect(44, "Large ");
    start(rgb(2560, 1440, 16), 2);
    print("Large");
    expect(44, "Large ");
    /* More characters than there is room to remember. */
    start(rgb(8000, 3000, 16), 4);
    print("Large");
    expect(45, "Large ");
    start(rgb(4000, 40, 16), 1);
    for (unsigned int i = 0; i < 300; i++) {
        print("x");
    }
    expect(0, "xxxx");
    start(rgb(40, 4000, 16), 1);
    print("abcdefg");
    expect(126, "abcde");
    expect(127, "fg");
}

static void bad_geometry(void **state)
{
    struct boot_framebuffer good = rgb(1024, 768, 32), f;

    assert_null(lfb_check_geometry(&good));
#define REFUSED(member, value)                                                                     \
    do {                                                                                           \
        f = good;                                                                                  \
        f.member = (value);                                                                        \
        assert_non_null(lfb_check_geometry(&f));                                                   \
    } while (0)
    REFUSED(width, 0);
    REFUSED(width, 7);
    REFUSED(width, 0xffffffff);
    REFUSED(width, 1025);
    REFUSED(height, 0);
    REFUSED(height, 15);
    REFUSED(height, 0x80000000);
    REFUSED(pitch, 0);
    REFUSED(pitch, 4095);
    REFUSED(bpp, 0);
    REFUSED(bpp, 33);
    REFUSED(bpp, 255);
    REFUSED(addr, _maddr(0));
    REFUSED(addr, _maddr(0xa0000));
    REFUSED(addr, _maddr(0xfd000001));
    REFUSED(addr, _maddr(~0UL - 0x1003));
    /* Products that 32 bits do not hold. */
    f = good;
    f.width = 0x8000;
    f.pitch = 0x20000000;
    assert_null(lfb_check_geometry(&f));
    assert_true(lfb_size(&f) == 768UL * 0x20000000);
}

static void bad_pixels(void **state)
{
    struct boot_framebuffer good = rgb(1024, 768, 32), f;

    assert_null(lfb_check_pixels(&good));
#undef REFUSED
#define REFUSED(member, value)                                                                     \
    do {                                                                                           \
        f = good;                                                                                  \
        f.member = (value);                                                                        \
        assert_non_null(lfb_check_pixels(&f));                                                     \
    } while (0)
    REFUSED(type, BOOT_FRAMEBUFFER_PALETTE);
    REFUSED(type, BOOT_FRAMEBUFFER_TEXT);
    REFUSED(type, 3);
    REFUSED(bpp, 8);
    REFUSED(bpp, 14);
    REFUSED(pitch, 4097);
    REFUSED(red_size, 0);
    REFUSED(red_size, 9 + 8);
    REFUSED(red_pos, 255);
    REFUSED(green_size, 9);
    REFUSED(blue_pos, 8);
    REFUSED(blue_size, 255);
    /* 20 bits a pixel take 3 bytes, for which these lines are too short. */
    f = rgb(1024, 768, 24);
    f.bpp = 20;
    f.red_size = 4;
    f.pitch = 2560;
    assert_null(lfb_check_geometry(&f));
    assert_non_null(lfb_check_pixels(&f));
}

static void unused_bits(void **state)
{
    static const struct {
        uint8_t bpp, red_pos, red_size, pos, size;
    } formats[] = {
        { 32, 16, 8, 24, 8 }, { 32, 24, 8, 16, 8 },  { 24, 16, 8, 0, 0 }, { 16, 10, 6, 0, 0 },
        { 15, 10, 5, 15, 1 }, { 32, 16, 4, 20, 12 }, { 32, 20, 4, 0, 0 },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++) {
        struct boot_framebuffer f = rgb(64, 64, formats[i].bpp);
        struct lfb_field unused;

        f.red_pos = formats[i].red_pos;
        f.red_size = formats[i].red_size;
        unused = lfb_unused_bits(&f);
        assert_int_equal(unused.pos, formats[i].pos);
        assert_int_equal(unused.size, formats[i].size);
    }
}

/* Whatever passes both checks is drawn on within its bounds: the sanitizer watches. */
static void noise_does_no_harm(void **state)
{
    static const uint8_t depths[] = { 15, 16, 24, 30, 32, 8, 20 };
    unsigned int drawn = 0;

    srand(7);
    for (unsigned int round = 0; round < 20000; round++) {
        struct boot_framebuffer f = rgb((uint32_t)rand() % 400, (uint32_t)rand() % 300,
                                        depths[rand() % ARRAY_SIZE(depths)]);

        f.pitch += (uint32_t)(rand() % 9) - 4;
        if (rand() % 4 == 0) {
            ((uint8_t *)&f.bpp)[rand() % 8] ^= (uint8_t)(1U << rand() % 8);
        }
        if (lfb_check_geometry(&f) || lfb_check_pixels(&f) || drawn > 400) {
            continue;
        }
        start(f, 1);
        print("noise\nof a screen\n");
        for (unsigned int i = 0; i < 60; i++) {
            print("................");
        }
        drawn++;
    }
    assert_true(drawn > 300);
}

static int teardown(void **state)
{
    free(memory);
    memory = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(glyphs_differ),
        cmocka_unit_test(each_format),
        cmocka_unit_test(lines_wrap_and_scroll),
        cmocka_unit_test(a_screen_that_may_not_scroll),
        cmocka_unit_test(only_changes_are_drawn),
        cmocka_unit_test(many_pixels_make_large_characters),
        cmocka_unit_test(bad_geometry),
        cmocka_unit_test(bad_pixels),
        cmocka_unit_test(unused_bits),
        cmocka_unit_test(noise_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
