/* SPDX-License-Identifier: GPL-2.0-only */
/* The Multiboot2 Specification 2.0: header (3.1) and boot information (3.6), numbers and layouts.
 */
#ifndef ASM_MULTIBOOT2_H
#define ASM_MULTIBOOT2_H

#define MB2_HEADER_MAGIC 0xe85250d6
#define MB2_ARCH_I386    0
#define MB2_BOOT_MAGIC   0x36d76289

#define MB2_HEADER_END          0
#define MB2_HEADER_INFO         1
#define MB2_HEADER_CONSOLE      4
#define MB2_HEADER_FRAMEBUFFER  5
#define MB2_HEADER_MODULE_ALIGN 6
#define MB2_HEADER_RELOCATABLE  10
#define MB2_HEADER_REQUIRED     0
#define MB2_HEADER_OPTIONAL     1
#define MB2_LOAD_LOW            1
#define MB2_CONSOLE_TEXT        2 /* EGA's text mode will do */
#define MB2_NO_PREFERENCE       0

#define MB2_TAG_END         0
#define MB2_TAG_CMDLINE     1
#define MB2_TAG_LOADER      2
#define MB2_TAG_MODULE      3
#define MB2_TAG_MMAP        6
#define MB2_TAG_VBE         7
#define MB2_TAG_FRAMEBUFFER 8
#define MB2_TAG_EFI32       11
#define MB2_TAG_EFI64       12
#define MB2_TAG_ACPI_OLD    14
#define MB2_TAG_ACPI_NEW    15
#define MB2_TAG_EFI_MMAP    17
#define MB2_TAG_EFI_BS      18
#define MB2_TAG_LOAD_BASE   21

#ifndef __ASSEMBLER__
#include <stdint.h>

struct mb2_info {
    uint32_t total_size;
    uint32_t reserved;
};

struct mb2_tag {
    uint32_t type;
    uint32_t size;
};

struct mb2_module {
    struct mb2_tag tag;
    uint32_t start;
    uint32_t end;
    char cmdline[];
};

struct mb2_mmap {
    struct mb2_tag tag;
    uint32_t entry_size;
    uint32_t entry_version;
};

struct mb2_mmap_entry {
    uint64_t addr;
    uint64_t len;
    uint32_t type;
    uint32_t reserved;
};

struct mb2_framebuffer {
    struct mb2_tag tag;
    uint64_t addr;
    uint32_t pitch;
    uint32_t width;
    uint32_t height;
    uint8_t bpp;
    uint8_t type;
    uint16_t reserved;
    uint8_t red_pos, red_size, green_pos, green_size, blue_pos, blue_size; /* type 1 */
};

/* Controller and mode are as VBE 3.0 (4.3, 4.4) returns them. */
struct mb2_vbe {
    struct mb2_tag tag;
    uint16_t mode;
    uint16_t interface_seg;
    uint16_t interface_off;
    uint16_t interface_len;
    uint8_t control_info[512];
    uint8_t mode_info[256];
};
#define VBE_CONTROL_CAPABILITIES 0x0a
#define VBE_CONTROL_MEMORY       0x12
#define VBE_MODE_ATTRIBUTES      0x00

struct mb2_efi_mmap {
    struct mb2_tag tag;
    uint32_t desc_size;
    uint32_t desc_version;
};

struct mb2_pointer {
    struct mb2_tag tag;
    uint64_t pointer;
};

_Static_assert(sizeof(struct mb2_mmap_entry) == 24, "Multiboot2 3.6.8");
_Static_assert(sizeof(struct mb2_vbe) == 784, "Multiboot2 3.6.11");
_Static_assert(__builtin_offsetof(struct mb2_framebuffer, red_pos) == 32, "Multiboot2 3.6.12");
#endif

#endif
