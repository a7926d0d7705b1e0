/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the boot loader's multiboot2 information.
 *
 * Invariant: the information is bounded by its total size and each tag by its own; nothing outside
 * is read, strings are copied out (cut when they do not fit, and said so). Runs once, before the
 * heap; also on the host in unit tests.
 */
#include <hv/lib.h>
#include <asm/firmware.h>
#include <asm/memmap.h>
#include <asm/multiboot2.h>

#define STRINGS_SIZE 8192

/* Command lines and the loader's name: the hypervisor's own is shown to domains for ever. */
static __ro_after_init char strings[STRINGS_SIZE];
static __initdata size_t strings_used;
static __ro_after_init char empty[1];

/* Copies a string of at most max bytes, which need not be terminated. */
static __init char *keep_string(const char *s, size_t max, const char *what)
{
    size_t len = strnlen(s, max), room = STRINGS_SIZE - strings_used;
    char *copy = strings + strings_used;

    if (room <= 1) {
        printk(XENLOG_ERR "multiboot2: no room for the %s\n", what);
        return empty;
    }
    if (len >= room) {
        printk(XENLOG_ERR "multiboot2: the %s is too long and is cut\n", what);
        len = room - 1;
    }
    memcpy(copy, s, len);
    copy[len] = '\0';
    strings_used += len + 1;
    return copy;
}

static __init void parse_module(const struct mb2_module *m, struct boot_info *bi)
{
    struct boot_module *module = &bi->modules[bi->nr_modules];

    if (m->tag.size < sizeof(*m) || m->end < m->start) {
        printk(XENLOG_ERR "multiboot2: module %u is malformed, ignored\n", bi->nr_modules);
        return;
    }
    if (bi->nr_modules == MAX_BOOT_MODULES) {
        printk(XENLOG_ERR "multiboot2: only the first %u modules are used\n", MAX_BOOT_MODULES);
        return;
    }
    module->start = _maddr(m->start);
    module->size = m->end - m->start;
    module->cmdline = keep_string(m->cmdline, m->tag.size - sizeof(*m), "module's command line");
    bi->nr_modules++;
}

static __init void parse_mmap(const struct mb2_mmap *m, struct memory_map *map)
{
    const char *at = (const char *)(m + 1), *end = (const char *)m + m->tag.size;

    if (m->tag.size < sizeof(*m) || m->entry_size < sizeof(struct mb2_mmap_entry)) {
        printk(XENLOG_ERR "multiboot2: the memory map is malformed, ignored\n");
        return;
    }
    for (; (size_t)(end - at) >= m->entry_size; at += m->entry_size) {
        struct mb2_mmap_entry e;

        memcpy(&e, at, sizeof(e));
        memmap_add(map, e.addr, e.len, e.type);
    }
}

/* UEFI 2.9, 7.2.3: EFI_MEMORY_DESCRIPTOR. */
struct efi_mem_desc {
    uint32_t type;
    uint32_t pad;
    uint64_t phys;
    uint64_t virt;
    uint64_t pages;
    uint64_t attributes;
};
#define EFI_MEMORY_WB 0x8

static __init uint32_t efi_to_memmap(const struct efi_mem_desc *d)
{
    switch (d->type) {
    case 1: /* loader code and data, boot services code and data, conventional */
    case 2:
    case 3:
    case 4:
    case 7:
        return d->attributes & EFI_MEMORY_WB ? MEMMAP_RAM : MEMMAP_RESERVED;
    case 8:
        return MEMMAP_UNUSABLE;
    case 9:
        return MEMMAP_ACPI;
    case 10:
        return MEMMAP_NVS;
    default:
        return MEMMAP_RESERVED;
    }
}

static __init void parse_efi_mmap(const struct mb2_efi_mmap *m, struct memory_map *map)
{
    const char *at = (const char *)(m + 1), *end = (const char *)m + m->tag.size;

    if (m->tag.size < sizeof(*m) || m->desc_size < sizeof(struct efi_mem_desc)) {
        printk(XENLOG_ERR "multiboot2: the EFI memory map is malformed, ignored\n");
        return;
    }
    for (; (size_t)(end - at) >= m->desc_size; at += m->desc_size) {
        struct efi_mem_desc d;

        memcpy(&d, at, sizeof(d));
        if (d.pages >> 52) {
            continue;
        }
        memmap_add(map, d.phys, d.pages << PAGE_SHIFT, efi_to_memmap(&d));
    }
}

static __init void parse_framebuffer(const struct mb2_framebuffer *f, struct boot_firmware *fw)
{
    bool rgb = f->tag.size >= offsetof(struct mb2_framebuffer, red_pos) &&
               f->type == BOOT_FRAMEBUFFER_RGB;

    if (f->tag.size < (rgb ? offsetof(struct mb2_framebuffer, blue_size) + 1
                           : offsetof(struct mb2_framebuffer, red_pos))) {
        printk(XENLOG_ERR "multiboot2: the frame buffer's description is malformed, ignored\n");
        return;
    }
    fw->framebuffer = (struct boot_framebuffer){
        .addr = _maddr(f->addr),
        .pitch = f->pitch,
        .width = f->width,
        .height = f->height,
        .bpp = f->bpp,
        .type = f->type,
    };
    fw->has_framebuffer = true;
    if (rgb) {
        fw->framebuffer.red_pos = f->red_pos;
        fw->framebuffer.red_size = f->red_size;
        fw->framebuffer.green_pos = f->green_pos;
        fw->framebuffer.green_size = f->green_size;
        fw->framebuffer.blue_pos = f->blue_pos;
        fw->framebuffer.blue_size = f->blue_size;
    }
}

static __init void parse_vbe(const struct mb2_vbe *v, struct boot_firmware *fw)
{
    if (v->tag.size >= sizeof(*v)) {
        memcpy(&fw->vbe_capabilities, v->control_info + VBE_CONTROL_CAPABILITIES,
               sizeof(fw->vbe_capabilities));
        memcpy(&fw->vbe_memory, v->control_info + VBE_CONTROL_MEMORY, sizeof(fw->vbe_memory));
        memcpy(&fw->vbe_attributes, v->mode_info + VBE_MODE_ATTRIBUTES, sizeof(fw->vbe_attributes));
    }
}

/* The new RSDP (36 bytes) is preferred to the old one (20). */
static __init void parse_rsdp(const struct mb2_tag *tag, struct boot_firmware *fw)
{
    size_t len = tag->size - sizeof(*tag);
    size_t want = tag->type == MB2_TAG_ACPI_NEW ? 36 : 20;

    if (len >= want && fw->rsdp_len < want) {
        memcpy(fw->rsdp, tag + 1, want);
        fw->rsdp_len = want;
    }
}

/* A tag's part in everything but the memory map. */
static __init void parse_tag(const struct mb2_tag *tag, struct boot_info *bi,
                             struct boot_firmware *fw)
{
    size_t len = tag->size - sizeof(*tag);

    switch (tag->type) {
    case MB2_TAG_CMDLINE:
        bi->cmdline = keep_string((const char *)(tag + 1), len, "command line");
        break;
    case MB2_TAG_LOADER:
        bi->loader = keep_string((const char *)(tag + 1), len, "loader's name");
        break;
    case MB2_TAG_MODULE:
        parse_module((const struct mb2_module *)tag, bi);
        break;
    case MB2_TAG_FRAMEBUFFER:
        parse_framebuffer((const struct mb2_framebuffer *)tag, fw);
        break;
    case MB2_TAG_VBE:
        parse_vbe((const struct mb2_vbe *)tag, fw);
        break;
    case MB2_TAG_EFI32:
    case MB2_TAG_EFI64:
        fw->efi = true;
        if (tag->type == MB2_TAG_EFI64 && len >= sizeof(uint64_t)) {
            fw->efi_systab = _maddr(((const struct mb2_pointer *)tag)->pointer);
        }
        break;
    case MB2_TAG_ACPI_OLD:
    case MB2_TAG_ACPI_NEW:
        parse_rsdp(tag, fw);
        break;
    default:
        break;
    }
}

/* The tag after `tag` (NULL: the first), or NULL at the end or when it does not fit. */
static __init const struct mb2_tag *next_tag(const struct mb2_info *info, const struct mb2_tag *tag)
{
    size_t at = tag ? (size_t)((const char *)tag - (const char *)info) + ROUNDUP(tag->size, 8U)
                    : sizeof(*info);
    const struct mb2_tag *next = (const void *)((const char *)info + at);

    if (at + sizeof(*next) > info->total_size || next->type == MB2_TAG_END) {
        return NULL;
    }
    if (next->size < sizeof(*next) || next->size > info->total_size - at) {
        printk(XENLOG_ERR "multiboot2: tag %u is malformed, the rest is ignored\n", next->type);
        return NULL;
    }
    return next;
}

static __init const struct mb2_tag *find_tag(const struct mb2_info *info, uint32_t type)
{
    const struct mb2_tag *tag = next_tag(info, NULL);

    while (tag && tag->type != type) {
        tag = next_tag(info, tag);
    }
    return tag;
}

int __init mb2_parse(const void *raw, struct boot_info *bi, struct memory_map *map,
                     struct boot_firmware *fw)
{
    const struct mb2_info *info = raw;
    const struct mb2_tag *mmap, *tag = NULL;

    bi->cmdline = empty;
    bi->loader = empty;
    while ((tag = next_tag(info, tag))) {
        parse_tag(tag, bi, fw);
    }
    /* The loader's own translation of the EFI map is as good; only without it is the EFI map read.
     */
    if ((mmap = find_tag(info, MB2_TAG_MMAP))) {
        parse_mmap((const struct mb2_mmap *)mmap, map);
    }
    if (!map->nr && (mmap = find_tag(info, MB2_TAG_EFI_MMAP))) {
        parse_efi_mmap((const struct mb2_efi_mmap *)mmap, map);
    }
    return map->nr ? 0 : -EINVAL;
}
