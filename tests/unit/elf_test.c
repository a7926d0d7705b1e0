/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/pv/dom0/elf.c: a small kernel image, the same with one thing broken each, and noise. */
#include <stdlib.h>
#include <hv/lib.h>
#include <public/elfnote.h>

#include "../../arch/x86/pv/dom0/elf.h"

/* An image: header, two program headers, notes, 16 bytes of contents. */
struct image {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
    struct {
        uint32_t type, flags;
        uint64_t offset, vaddr, paddr, filesz, memsz, align;
    } ph[2];
    struct {
        uint32_t namesz, descsz, type;
        char name[4];
        uint64_t value;
    } notes[5];
    char contents[16];
};

#define VIRT_BASE 0xffffffff80000000UL
#define PADDR     0x100000UL

static struct image good(void)
{
    struct image im = { .ident = "\177ELF\2\1\1",
                        .type = 2,
                        .machine = 62,
                        .version = 1,
                        .entry = 0x1234,
                        .phoff = offsetof(struct image, ph),
                        .ehsize = 64,
                        .phentsize = 56,
                        .phnum = 2 };

    im.ph[0].type = 1;
    im.ph[0].offset = offsetof(struct image, contents);
    im.ph[0].paddr = PADDR;
    im.ph[0].filesz = sizeof(im.contents);
    im.ph[0].memsz = 0x3000;
    im.ph[1].type = 4;
    im.ph[1].offset = offsetof(struct image, notes);
    im.ph[1].filesz = sizeof(im.notes);
    for (int i = 0; i < 5; i++) {
        im.notes[i].namesz = 4;
        im.notes[i].descsz = 8;
        memcpy(im.notes[i].name, "Xen", 4);
    }
    im.notes[0].type = XEN_ELFNOTE_VIRT_BASE;
    im.notes[0].value = VIRT_BASE;
    im.notes[1].type = XEN_ELFNOTE_ENTRY;
    im.notes[1].value = VIRT_BASE + PADDR + 8;
    im.notes[2].type = XEN_ELFNOTE_HYPERCALL_PAGE;
    im.notes[2].value = VIRT_BASE + PADDR + 0x1000;
    im.notes[3].type = XEN_ELFNOTE_PADDR_OFFSET;
    im.notes[3].value = 0;
    im.notes[4].type = XEN_ELFNOTE_SUPPORTED_FEATURES;
    im.notes[4].value = 0x800;
    return im;
}

static struct image im;
static struct elf_kernel k;

static int setup(void **state)
{
    im = good();
    return 0;
}

static const char *parse(void)
{
    return elf_parse(&im, sizeof(im), &k);
}

static void test_good(void **state)
{
    assert_null(parse());
    assert_int_equal(k.nr_segments, 1);
    assert_true(k.virt_base == VIRT_BASE && k.virt_start == VIRT_BASE + PADDR);
    assert_true(k.virt_end == VIRT_BASE + PADDR + 0x3000);
    assert_true(k.virt_entry == VIRT_BASE + PADDR + 8);
    assert_true(k.hypercall_page == VIRT_BASE + PADDR + 0x1000);
    assert_true(k.init_p2m == ELF_NOT_GIVEN);
    assert_int_equal(k.features_supported, 0x800);
}

static void test_without_hypercall_page(void **state)
{
    im.notes[2].type = XEN_ELFNOTE_MOD_START_PFN;
    assert_null(parse());
    assert_true(k.hypercall_page == ELF_NOT_GIVEN);
    assert_true(k.mod_start_pfn);
}

static void test_notes_of_others(void **state)
{
    memcpy(im.notes[2].name, "GNU", 4);
    assert_null(parse());
    assert_true(k.hypercall_page == ELF_NOT_GIVEN);
}

static void refused(const char *word)
{
    const char *wrong = parse();

    assert_non_null(wrong);
    if (!strstr(wrong, word)) {
        fail_msg("\"%s\" does not speak of \"%s\"", wrong, word);
    }
}

static void test_broken_headers(void **state)
{
    im.ident[0] = 0;
    refused("ELF");
    im = good();
    im.ident[4] = 1;
    refused("x86-64");
    im = good();
    im.machine = 3;
    refused("x86-64");
    im = good();
    im.type = 1;
    refused("executable");
    im = good();
    im.phoff = ~0UL;
    refused("program headers");
    im = good();
    im.phnum = 0xffff;
    refused("program headers");
    im = good();
    im.phentsize = 32;
    refused("program headers");
}

static void test_broken_segments(void **state)
{
    im.ph[0].offset = ~0UL - 8;
    refused("segment");
    im = good();
    im.ph[0].filesz = ~0UL;
    refused("segment");
    im = good();
    im.ph[0].filesz = 16;
    im.ph[0].memsz = 8;
    refused("sizes");
    im = good();
    im.ph[0].paddr = ~0UL - 0x100;
    refused("sizes");
    im = good();
    im.ph[0].type = 6;
    refused("load");
}

static void test_broken_notes(void **state)
{
    im.ph[1].offset = sizeof(im) - 4;
    refused("notes");
    im = good();
    im.notes[4].descsz = 0xfffffff0;
    refused("note");
    im = good();
    im.notes[0].namesz = 0xffffffff;
    refused("note");
    im = good();
    im.notes[1].descsz = 2;
    refused("ENTRY");
    im = good();
    im.ph[1].type = 6;
    refused("no Xen notes");
}

static void test_broken_addresses(void **state)
{
    im.notes[1].value = VIRT_BASE;
    refused("entry");
    im = good();
    im.notes[2].value = VIRT_BASE + PADDR + 0x2800;
    refused("HYPERCALL_PAGE");
    im = good();
    im.notes[2].value = VIRT_BASE + PADDR + 0x3000;
    refused("HYPERCALL_PAGE");
    im = good();
    im.notes[3].value = PADDR + 0x1000;
    refused("VIRT_BASE");
    im = good();
    im.notes[2].type = XEN_ELFNOTE_INIT_P2M;
    im.notes[2].value = 0x1000;
    refused("INIT_P2M");
}

static void test_features(void **state)
{
    im.notes[4].type = XEN_ELFNOTE_FEATURES;
    memcpy(&im.notes[4].value, "!nosuch", 8);
    refused("FEATURES");
    memcpy(&im.notes[4].value, "nosuch|", 8);
    assert_null(parse());
}

static void test_compressed(void **state)
{
    uint8_t gz[0x400] = { 0x1f, 0x8b };

    assert_non_null(strstr(elf_parse(gz, sizeof(gz), &k), "gzip"));
}

/* Every byte of a good image changed in turn, and every length: no read outside (ASan), no lie. */
static void test_noise(void **state)
{
    srand(1);
    for (int i = 0; i < 200000; i++) {
        size_t size = (size_t)rand() % (sizeof(im) + 1);
        uint8_t *copy;

        if (rand() % 4) {
            size = sizeof(im);
        }
        copy = malloc(size ? size : 1);
        im = good();
        memcpy(copy, &im, size);
        for (int n = rand() % 4; size && n; n--) {
            copy[(size_t)rand() % size] = (uint8_t)rand();
        }
        if (!elf_parse(copy, size, &k)) {
            for (unsigned int s = 0; s < k.nr_segments; s++) {
                assert_true(k.segments[s].offset + k.segments[s].filesz <= size);
                assert_true(k.segments[s].filesz <= k.segments[s].memsz);
            }
            assert_true(k.virt_entry >= k.virt_start && k.virt_entry < k.virt_end);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good, setup),
        cmocka_unit_test_setup(test_without_hypercall_page, setup),
        cmocka_unit_test_setup(test_notes_of_others, setup),
        cmocka_unit_test_setup(test_broken_headers, setup),
        cmocka_unit_test_setup(test_broken_segments, setup),
        cmocka_unit_test_setup(test_broken_notes, setup),
        cmocka_unit_test_setup(test_broken_addresses, setup),
        cmocka_unit_test_setup(test_features, setup),
        cmocka_unit_test_setup(test_compressed, setup),
        cmocka_unit_test_setup(test_noise, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
