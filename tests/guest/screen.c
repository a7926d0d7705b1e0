/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What dom0 is told of the screen: a dom0_vga_console_info in start_info's page. It is printed,
 * too, for whoever compares two hypervisors in a mode of their choice.
 */
#include "test.h"

#define SUITE "screen"

/* NULL: dom0 is told of none. */
static const struct dom0_vga_console_info *told(void)
{
    const struct start_info *si = guest_start_info;

    return si->console.dom0.info_size ? (const void *)((const char *)si + si->console.dom0.info_off)
                                      : NULL;
}

TEST(place)
{
    const struct start_info *si = guest_start_info;

    if (!told()) {
        SKIP("no screen");
    }
    EXPECT_EQ(si->console.dom0.info_size, sizeof(struct dom0_vga_console_info));
    EXPECT(si->console.dom0.info_off >= sizeof(*si));
    EXPECT(si->console.dom0.info_off + si->console.dom0.info_size <= 4096);
}

TEST(text)
{
    const struct dom0_vga_console_info *vga = told();

    if (!vga || vga->video_type != XEN_VGATYPE_TEXT_MODE_3) {
        SKIP("not in text mode");
    }
    printf("SCREEN text %u %u %u cursor %u %u\n", vga->u.text_mode_3.columns,
           vga->u.text_mode_3.rows, vga->u.text_mode_3.font_height, vga->u.text_mode_3.cursor_x,
           vga->u.text_mode_3.cursor_y);
    EXPECT_EQ(vga->u.text_mode_3.columns, 80);
    EXPECT_EQ(vga->u.text_mode_3.rows, 25);
    EXPECT_EQ(vga->u.text_mode_3.font_height, 16);
    EXPECT(vga->u.text_mode_3.cursor_x < 80);
    EXPECT(vga->u.text_mode_3.cursor_y < 25);
}

TEST(pixels)
{
    const struct dom0_vga_console_info *vga = told();

    if (!vga || vga->video_type == XEN_VGATYPE_TEXT_MODE_3) {
        SKIP("not in a graphics mode");
    }
    printf("SCREEN type %#x %ux%u, %u bytes, %u bits, at %#x:%08x, size %#x\n", vga->video_type,
           vga->u.vesa_lfb.width, vga->u.vesa_lfb.height, vga->u.vesa_lfb.bytes_per_line,
           vga->u.vesa_lfb.bits_per_pixel, vga->u.vesa_lfb.ext_lfb_base, vga->u.vesa_lfb.lfb_base,
           vga->u.vesa_lfb.lfb_size);
    printf("SCREEN colours %u/%u %u/%u %u/%u %u/%u, capabilities %#x, attributes %#x\n",
           vga->u.vesa_lfb.red_pos, vga->u.vesa_lfb.red_size, vga->u.vesa_lfb.green_pos,
           vga->u.vesa_lfb.green_size, vga->u.vesa_lfb.blue_pos, vga->u.vesa_lfb.blue_size,
           vga->u.vesa_lfb.rsvd_pos, vga->u.vesa_lfb.rsvd_size, vga->u.vesa_lfb.gbl_caps,
           vga->u.vesa_lfb.mode_attrs);
    EXPECT(vga->video_type == XEN_VGATYPE_VESA_LFB || vga->video_type == XEN_VGATYPE_EFI_LFB);
    EXPECT(vga->u.vesa_lfb.bytes_per_line * 8 >=
           vga->u.vesa_lfb.width * vga->u.vesa_lfb.bits_per_pixel);
    EXPECT(((uint64_t)vga->u.vesa_lfb.lfb_size << 16) >=
           (uint64_t)vga->u.vesa_lfb.bytes_per_line * vga->u.vesa_lfb.height);
    EXPECT(vga->u.vesa_lfb.lfb_base || vga->u.vesa_lfb.ext_lfb_base);
}
