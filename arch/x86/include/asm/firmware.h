/* SPDX-License-Identifier: GPL-2.0-only */
/* What firmware and boot loader say about the machine, copied out of the boot information. */
#ifndef ASM_FIRMWARE_H
#define ASM_FIRMWARE_H

#include <hv/frame.h>
#include <hv/init.h>

/* The screen as the boot loader tells of it; of the types, RGB alone has the colours' places. */
#define BOOT_FRAMEBUFFER_PALETTE 0
#define BOOT_FRAMEBUFFER_RGB     1
#define BOOT_FRAMEBUFFER_TEXT    2
struct boot_framebuffer {
    maddr_t addr;
    uint32_t pitch, width, height;
    uint8_t bpp, type;
    uint8_t red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
};

struct boot_firmware {
    bool efi; /* started from UEFI, boot services are over */
    maddr_t efi_systab;
    unsigned int rsdp_len; /* bytes of rsdp; 0: the boot loader gave none */
    uint8_t rsdp[36];
    bool has_framebuffer;
    struct boot_framebuffer framebuffer;
    uint32_t vbe_capabilities; /* VBE 3.0: of the controller, whose memory is in units of 64 KiB, */
    uint16_t vbe_memory;
    uint16_t vbe_attributes; /* and of the mode */
};
/* Where UEFI's configuration tables say that ACPI's root pointer is; 0: nowhere. */
maddr_t efi_find_rsdp(maddr_t systab);
extern struct boot_firmware boot_firmware;

struct memory_map;

/*
 * Reads the boot information of total_size bytes at info into the three records, strings included,
 * so that its memory may be reused. Nothing in it is trusted: what does not fit is named and
 * skipped. 0, or -EINVAL when it is unusable (no memory map at all).
 */
int mb2_parse(const void *info, struct boot_info *bi, struct memory_map *map,
              struct boot_firmware *fw) __must_check;

#endif
