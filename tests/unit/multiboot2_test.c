/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/boot/multiboot2.c and memmap.c: boot information as GRUB makes it, and broken ones. */
#include <stdlib.h>
#include <hv/errno.h>
#include <hv/lib.h>

#include "../../arch/x86/include/asm/firmware.h"
#include "../../arch/x86/include/asm/memmap.h"
#include "../../arch/x86/include/asm/multiboot2.h"

/* Information under construction, in a block of exactly its size when it is parsed. */
static uint8_t raw[65536];
static size_t used;

static struct boot_info info;
static struct memory_map map;
static struct boot_firmware firmware;

static void begin(void)
{
    used = sizeof(struct mb2_info);
    memset(raw, 0, sizeof(raw));
    memset(&info, 0, sizeof(info));
    memset(&map, 0, sizeof(map));
    memset(&firmware, 0, sizeof(firmware));
    fake_console_clear();
}

/* A tag of len bytes after its head; stated is what its size says instead, 0 for the truth. */
static void *tag(uint32_t type, const void *body, size_t len, uint32_t stated)
{
    struct mb2_tag *t = (struct mb2_tag *)(raw + used);

    t->type = type;
    t->size = stated ? stated : (uint32_t)(sizeof(*t) + len);
    if (body) {
        memcpy(t + 1, body, len);
    }
    used += ROUNDUP(sizeof(*t) + len, 8UL);
    return t;
}

/* The block is as long as it says, so that the sanitizer sees a read past it. */
static int parse(void)
{
    uint8_t *block;
    int rc;

    tag(MB2_TAG_END, NULL, 0, 0);
    ((struct mb2_info *)raw)->total_size = (uint32_t)used;
    block = malloc(used);
    assert_non_null(block);
    memcpy(block, raw, used);
    rc = mb2_parse(block, &info, &map, &firmware);
    free(block);
    return rc;
}

struct mmap_body {
    uint32_t entry_size, version;
    struct mb2_mmap_entry e[3];
};

static struct mmap_body good_map(void)
{
    return (struct mmap_body){ .entry_size = sizeof(struct mb2_mmap_entry),
                               .e = { { 0x100000, 0x7f00000, MEMMAP_RAM, 0 },
                                      { 0, 0x9f000, MEMMAP_RAM, 0 },
                                      { 0x9f000, 0x61000, MEMMAP_RESERVED, 0 } } };
}

static void add_map(void)
{
    struct mmap_body m = good_map();

    tag(MB2_TAG_MMAP, &m, sizeof(m), 0);
}

static void good_information(void **state)
{
    struct {
        uint32_t start, end;
        char cmdline[16];
    } module = { 0x300000, 0x345678, "dom0 console=x" };
    char rsdp[36] = "RSD PTR ";

    begin();
    tag(MB2_TAG_CMDLINE, "com1=115200", 12, 0);
    tag(MB2_TAG_LOADER, "GRUB", 5, 0);
    add_map();
    tag(MB2_TAG_MODULE, &module, sizeof(module), 0);
    tag(MB2_TAG_ACPI_OLD, rsdp, 20, 0);
    tag(MB2_TAG_ACPI_NEW, rsdp, 36, 0);
    assert_int_equal(parse(), 0);
    assert_string_equal(info.cmdline, "com1=115200");
    assert_string_equal(info.loader, "GRUB");
    assert_int_equal(info.nr_modules, 1);
    assert_int_equal(maddr_x(info.modules[0].start), 0x300000);
    assert_int_equal(info.modules[0].size, 0x45678);
    assert_string_equal(info.modules[0].cmdline, "dom0 console=x");
    assert_int_equal(firmware.rsdp_len, 36);
    assert_false(firmware.efi);

    assert_int_equal(map.nr, 3);
    assert_int_equal(map.e[0].addr, 0);
    assert_int_equal(map.e[1].type, MEMMAP_RESERVED);
    assert_int_equal(map.e[2].addr, 0x100000);
    assert_int_equal(maddr_x(memmap_ram_end(&map)), 0x8000000);
    assert_string_equal(fake_console(), "");
}

static void no_map_is_refused(void **state)
{
    begin();
    tag(MB2_TAG_CMDLINE, "", 1, 0);
    assert_int_equal(parse(), -EINVAL);
}

static void string_without_end(void **state)
{
    begin();
    add_map();
    tag(MB2_TAG_CMDLINE, "abcdefgh", 8, 0); /* no terminating zero within the tag */
    assert_int_equal(parse(), 0);
    assert_string_equal(info.cmdline, "abcdefgh");
}

static void tag_sizes_that_lie(void **state)
{
    static const uint32_t sizes[] = { 1, 7, 0x10000, 0xfffffff8, 0xffffffff };

    for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
        begin();
        add_map();
        tag(MB2_TAG_LOADER, "x", 2, sizes[i]);
        tag(MB2_TAG_CMDLINE, "not reached", 12, 0);
        assert_int_equal(parse(), 0);
        assert_string_equal(info.cmdline, "");
        assert_non_null(strstr(fake_console(), "malformed"));
    }
}

static void bodies_that_are_too_short(void **state)
{
    uint32_t backwards[2] = { 0x2000, 0x1000 };

    begin();
    add_map();
    tag(MB2_TAG_MODULE, backwards, sizeof(backwards), 0);
    tag(MB2_TAG_MODULE, NULL, 4, 0);
    tag(MB2_TAG_FRAMEBUFFER, NULL, 8, 0);
    tag(MB2_TAG_EFI64, NULL, 4, 0);
    tag(MB2_TAG_ACPI_NEW, NULL, 20, 0);
    tag(MB2_TAG_EFI_MMAP, NULL, 4, 0);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.nr_modules, 0);
    assert_false(firmware.has_framebuffer);
    assert_int_equal(firmware.rsdp_len, 0);
    assert_true(firmware.efi);
    assert_int_equal(maddr_x(firmware.efi_systab), 0);
}

/* Each length of the tag: whole, it is taken; cut, it is named. */
static void frame_buffers(void **state)
{
    struct mb2_framebuffer f = { .addr = 0x10fd000000,
                                 .pitch = 4096,
                                 .width = 1024,
                                 .height = 768,
                                 .bpp = 32,
                                 .red_pos = 16,
                                 .red_size = 8,
                                 .green_pos = 8,
                                 .green_size = 8,
                                 .blue_size = 8 };
    const size_t head = sizeof(f.tag), plain = offsetof(struct mb2_framebuffer, red_pos),
                 whole = offsetof(struct mb2_framebuffer, blue_size) + 1;

    for (uint8_t type = 0; type < 4; type++) {
        for (size_t size = head; size <= whole; size++) {
            bool good = size >= (type == BOOT_FRAMEBUFFER_RGB ? whole : plain);

            begin();
            add_map();
            f.type = type;
            tag(MB2_TAG_FRAMEBUFFER, (const char *)&f + head, size - head, 0);
            assert_int_equal(parse(), 0);
            assert_int_equal(firmware.has_framebuffer, good);
            assert_int_equal(!strstr(fake_console(), "frame buffer's description is malformed"),
                             good);
            if (good) {
                assert_true(maddr_x(firmware.framebuffer.addr) == f.addr);
                assert_int_equal(firmware.framebuffer.pitch, 4096);
                assert_int_equal(firmware.framebuffer.red_pos, type == 1 ? 16 : 0);
                assert_int_equal(firmware.framebuffer.blue_size, type == 1 ? 8 : 0);
            }
        }
    }
}

static void vesa_modes(void **state)
{
    struct mb2_vbe v = { .mode = 0x118 };

    v.control_info[0x0a] = 0x01;
    v.control_info[0x13] = 0x01;
    v.mode_info[0] = 0x9b;
    begin();
    add_map();
    tag(MB2_TAG_VBE, &v.mode, sizeof(v) - sizeof(v.tag), 0);
    assert_int_equal(parse(), 0);
    assert_int_equal(firmware.vbe_capabilities, 1);
    assert_int_equal(firmware.vbe_memory, 0x100);
    assert_int_equal(firmware.vbe_attributes, 0x9b);

    begin();
    add_map();
    tag(MB2_TAG_VBE, &v.mode, sizeof(v) - sizeof(v.tag) - 1, 0);
    assert_int_equal(parse(), 0);
    assert_int_equal(firmware.vbe_attributes, 0);
}

static void places_for_devices(void **state)
{
    static const struct {
        uint64_t start, end;
        bool good;
    } places[] = {
        { 0xfd000000, 0xfe000000, true },  { 0x8000000, 0x9000000, true },
        { 0xe0000000, 0xe1000000, true },  { 0x7fffff0, 0x8000010, false },
        { 0x100000, 0x200000, false },     { 0xc0000ff0, 0xc0001010, false },
        { 0xc0001ff8, 0xd0000000, false }, { 0xb0000000, 0xf0000000, false },
        { 0xc0002000, 0xd0000000, true },
    };

    memset(&map, 0, sizeof(map));
    memmap_add(&map, 0x100000, 0x7f00000, MEMMAP_RAM);
    memmap_add(&map, 0xc0000000, 0x1000, MEMMAP_ACPI);
    memmap_add(&map, 0xc0001000, 0x1000, MEMMAP_NVS);
    memmap_add(&map, 0xe0000000, 0x1000000, MEMMAP_RESERVED);
    for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
        assert_int_equal(memmap_only_devices(&map, _maddr(places[i].start), _maddr(places[i].end)),
                         places[i].good);
    }
}

static void entry_size_of_zero(void **state)
{
    struct mmap_body m = good_map();

    begin();
    m.entry_size = 0;
    tag(MB2_TAG_MMAP, &m, sizeof(m), 0);
    assert_int_equal(parse(), -EINVAL);
    assert_non_null(strstr(fake_console(), "memory map is malformed"));
}

static void too_many_modules(void **state)
{
    uint32_t module[3] = { 0x1000, 0x2000, 0 };

    begin();
    add_map();
    for (int i = 0; i < MAX_BOOT_MODULES + 3; i++) {
        tag(MB2_TAG_MODULE, module, 9, 0);
    }
    assert_int_equal(parse(), 0);
    assert_int_equal(info.nr_modules, MAX_BOOT_MODULES);
}

static void efi_map_without_another(void **state)
{
    struct {
        uint32_t size, version;
        struct {
            uint32_t type, pad;
            uint64_t phys, virt, pages, attributes;
        } d[3];
    } m = { 40,
            1,
            { { 7, 0, 0x100000, 0, 0x100, 8 },
              { 5, 0, 0x200000, 0, 1, 8 },
              { 7, 0, 0x300000, 0, ~0UL, 8 } } };

    begin();
    tag(MB2_TAG_EFI_MMAP, &m, sizeof(m), 0);
    assert_int_equal(parse(), 0);
    assert_int_equal(map.nr, 2);
    assert_int_equal(memmap_type(&map, _maddr(0x1fffff)), MEMMAP_RAM);
    assert_int_equal(memmap_type(&map, _maddr(0x200000)), MEMMAP_RESERVED);
    assert_int_equal(memmap_type(&map, _maddr(0x300000)), 0);
}

/* Any order, any overlap: sorted, disjoint, merged, and the stricter type wins at every address. */
static void overlaps(void **state)
{
    unsigned int seed = 12345;

    for (unsigned int round = 0; round < 300; round++) {
        uint8_t model[64] = { 0 };

        memset(&map, 0, sizeof(map));
        for (unsigned int n = 0; n < 12; n++) {
            unsigned int start, len, type;

            seed = seed * 1103515245 + 12345;
            start = (seed >> 16) % 64;
            len = (seed >> 8) % (65 - start);
            type = 1 + (seed >> 24) % 5;
            memmap_add(&map, start * 0x1000UL, len * 0x1000UL, type);
            for (unsigned int i = start; i < start + len; i++) {
                model[i] = max((uint8_t)type, model[i]);
            }
        }
        for (unsigned int i = 0; i < 64; i++) {
            assert_int_equal(memmap_type(&map, _maddr(i * 0x1000UL)), model[i]);
        }
        for (unsigned int i = 0; i + 1 < map.nr; i++) {
            uint64_t end = map.e[i].addr + map.e[i].size;

            assert_true(end <= map.e[i + 1].addr);
            assert_false(end == map.e[i + 1].addr && map.e[i].type == map.e[i + 1].type);
        }
    }
}

static void wraps(void **state)
{
    memset(&map, 0, sizeof(map));
    memmap_add(&map, ~0UL - 0xfff, 0x2000, MEMMAP_RAM);
    memmap_add(&map, 0x1000, 0, MEMMAP_RAM);
    assert_int_equal(map.nr, 0);
}

static uint64_t ram_bytes(void)
{
    uint64_t sum = 0;

    for (unsigned int i = 0; i < map.nr; i++) {
        sum += map.e[i].type == MEMMAP_RAM ? map.e[i].size : 0;
    }
    return sum;
}

#define MIB (1UL << 20)

/* A full map loses its smallest RAM, wherever it lies and whenever it was added (I31). */
static void full_map_keeps_what_is_large(void **state)
{
    const uint64_t large = 1UL << 38;

    for (unsigned int last_first = 0; last_first < 2; last_first++) {
        memset(&map, 0, sizeof(map));
        if (last_first) {
            memmap_add(&map, large, large, MEMMAP_RAM);
        }
        /* 1 page, 2 pages, 3 pages, ...: more than fit. */
        for (uint64_t i = 1; i <= MEMMAP_MAX + 100; i++) {
            memmap_add(&map, i * 32 * MIB, i * 0x1000, MEMMAP_RAM);
        }
        if (!last_first) {
            memmap_add(&map, large, large, MEMMAP_RAM);
        }
        assert_true(map.nr <= MEMMAP_MAX);
        assert_int_equal(memmap_type(&map, _maddr(large)), MEMMAP_RAM);
        assert_int_equal(memmap_type(&map, _maddr(2 * large - 1)), MEMMAP_RAM);
        for (uint64_t i = 102; i <= MEMMAP_MAX + 100; i++) {
            assert_int_equal(memmap_type(&map, _maddr(i * 32 * MIB)), MEMMAP_RAM);
        }
        assert_int_equal(memmap_type(&map, _maddr(32 * MIB)), 0);
    }
}

/* What is not RAM never becomes RAM for want of room, and takes no RAM with it. */
static void full_map_of_what_is_no_ram(void **state)
{
    const uint64_t base = 1UL << 32;

    memset(&map, 0, sizeof(map));
    memmap_add(&map, 0, base, MEMMAP_RAM);
    for (uint64_t i = 0; i < 2UL * MEMMAP_MAX; i++) {
        memmap_add(&map, base + i * 8 * MIB, MIB, (uint32_t)(MEMMAP_RESERVED + i % 3));
    }
    memmap_add(&map, base * 64, base, MEMMAP_RAM);
    assert_int_equal(ram_bytes(), 2 * base);
    for (uint64_t i = 0; i < 2UL * MEMMAP_MAX; i++) {
        uint32_t type = memmap_type(&map, _maddr(base + i * 8 * MIB));

        assert_true(type >= MEMMAP_RESERVED + i % 3);
    }
    /* A hole a page wide in each 4 MiB of RAM: as many as the map has room for, then coarser. */
    memset(&map, 0, sizeof(map));
    memmap_add(&map, 0, 16384 * MIB, MEMMAP_RAM);
    for (uint64_t i = 0; i < 2UL * MEMMAP_MAX; i++) {
        memmap_add(&map, i * 4 * MIB, 0x1000, MEMMAP_RESERVED);
        assert_int_not_equal(memmap_type(&map, _maddr(i * 4 * MIB)), MEMMAP_RAM);
    }
    for (uint64_t i = 0; i < 2UL * MEMMAP_MAX; i++) {
        assert_int_not_equal(memmap_type(&map, _maddr(i * 4 * MIB)), MEMMAP_RAM);
    }
    assert_true(ram_bytes() > 8192 * MIB);
}

/* Any order, any types, far more than fit: nothing that is not RAM is called so, and it ends. */
static void full_map_of_noise(void **state)
{
    enum { PIECES = 8192 };
    static uint8_t model[PIECES];
    unsigned int seed = 1;

    memset(&map, 0, sizeof(map));
    for (unsigned int n = 0; n < 20000; n++) {
        unsigned int start, len, type;

        seed = seed * 1103515245 + 12345;
        start = (seed >> 8) % (PIECES - 16);
        seed = seed * 1103515245 + 12345;
        len = 1 + (seed >> 8) % (n % 97 ? 2 : 16);
        type = (seed >> 20) % 3 ? MEMMAP_RAM : MEMMAP_RESERVED + (seed >> 22) % 4;
        if (n % 5) {
            start &= ~1U; /* many holes stay */
            len = 1;
        }
        memmap_add(&map, start * 0x10000UL, len * 0x10000UL, type);
        for (unsigned int i = start; i < start + len; i++) {
            model[i] = max((uint8_t)type, model[i]);
        }
    }
    assert_true(map.nr <= MEMMAP_MAX);
    for (unsigned int i = 0; i < PIECES; i++) {
        if (memmap_type(&map, _maddr(i * 0x10000UL)) == MEMMAP_RAM) {
            assert_int_equal(model[i], MEMMAP_RAM);
        }
    }
}

/* What the direct map does not reach is no RAM to anybody. */
static void memory_out_of_reach(void **state)
{
    memset(&map, 0, sizeof(map));
    memmap_add(&map, 0, 64 * MIB, MEMMAP_RAM);
    memmap_add(&map, 96 * MIB, 64 * MIB, MEMMAP_RAM);
    memmap_add(&map, 256 * MIB, 64 * MIB, MEMMAP_RAM);
    memmap_limit(&map, _maddr(128 * MIB));
    assert_int_equal(maddr_x(memmap_ram_end(&map)), 128 * MIB);
    assert_int_equal(ram_bytes(), 96 * MIB);
    assert_int_equal(memmap_type(&map, _maddr(128 * MIB)), MEMMAP_UNUSABLE);
    assert_int_equal(memmap_type(&map, _maddr(319 * MIB)), MEMMAP_UNUSABLE);
    assert_int_equal(memmap_type(&map, _maddr(200 * MIB)), 0);
}

static uint64_t freed[16][2];
static unsigned int nr_freed;

static void note_free(maddr_t start, maddr_t end)
{
    freed[nr_freed][0] = maddr_x(start);
    freed[nr_freed++][1] = maddr_x(end);
}

/* One test for all of it, since reservations are for good. */
static void reservations(void **state)
{
    memset(&map, 0, sizeof(map));
    memmap_add(&map, 0, 0x9fc00, MEMMAP_RAM);
    memmap_add(&map, 0x100000, 0x100800, MEMMAP_RAM);
    memmap_reserve(_maddr(0), _maddr(0x1000));
    memmap_reserve(_maddr(0x120000), _maddr(0x120001));
    memmap_reserve(_maddr(0x110000), _maddr(0x118000));
    assert_int_equal(maddr_x(memmap_take_below(&map, 0x1000, _maddr(0x100000))), 0x9e000);
    assert_int_equal(maddr_x(memmap_take_below(&map, 0x1000, _maddr(0x100000))), 0x9d000);
    /* Whole, below the page that is taken first; below 1 MiB there is nothing that large. */
    assert_int_equal(maddr_x(memmap_take_below(&map, 0x50001, _maddr(0x200000))), 0x1af000);
    assert_int_equal(maddr_x(memmap_take_below(&map, 0x100001, _maddr(0x200000))), 0);
    assert_true(memmap_all_ram(&map, _maddr(0x100000), _maddr(0x200800)));
    assert_false(memmap_all_ram(&map, _maddr(0x100000), _maddr(0x200801)));
    assert_false(memmap_all_ram(&map, _maddr(0x9f000), _maddr(0xa0000)));
    memmap_for_each_free(&map, note_free);
    assert_int_equal(nr_freed, 4);
    assert_int_equal(freed[0][0], 0x1000);
    assert_int_equal(freed[0][1], 0x9d000);
    assert_int_equal(freed[1][0], 0x100000);
    assert_int_equal(freed[1][1], 0x110000);
    assert_int_equal(freed[2][0], 0x118000);
    assert_int_equal(freed[2][1], 0x120000);
    assert_int_equal(freed[3][0], 0x121000);
    assert_int_equal(freed[3][1], 0x1af000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_information),
        cmocka_unit_test(no_map_is_refused),
        cmocka_unit_test(string_without_end),
        cmocka_unit_test(tag_sizes_that_lie),
        cmocka_unit_test(bodies_that_are_too_short),
        cmocka_unit_test(frame_buffers),
        cmocka_unit_test(vesa_modes),
        cmocka_unit_test(places_for_devices),
        cmocka_unit_test(entry_size_of_zero),
        cmocka_unit_test(too_many_modules),
        cmocka_unit_test(efi_map_without_another),
        cmocka_unit_test(overlaps),
        cmocka_unit_test(wraps),
        cmocka_unit_test(full_map_keeps_what_is_large),
        cmocka_unit_test(full_map_of_what_is_no_ram),
        cmocka_unit_test(full_map_of_noise),
        cmocka_unit_test(memory_out_of_reach),
        cmocka_unit_test(reservations),
    };

    return cmocka_run_group_tests_name("multiboot2", tests, NULL, NULL);
}
