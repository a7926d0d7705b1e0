/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a 64-bit PV kernel: ELF header, loadable segments, and the notes of name "Xen", wherever
 * they are: in PT_NOTE segments or, without those, in SHT_NOTE sections. ELF-64 specification 1.5;
 * note numbers: public/elfnote.h.
 *
 * Every offset and length is checked against the image before use, without wrap (I2). Pure: no
 * allocation, no locks, no output. Called by the dom0 builder; tested on the host with broken
 * images.
 */
#include <hv/lib.h>
#include <public/elfnote.h>
#include <public/features.h>

#include "elf.h"

struct elf64_ehdr {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf64_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
struct elf64_shdr {
    uint32_t name, type;
    uint64_t flags, addr, offset, size;
    uint32_t link, info;
    uint64_t addralign, entsize;
};
struct elf_note {
    uint32_t namesz, descsz, type;
};
_Static_assert(sizeof(struct elf64_ehdr) == 64, "ELF-64 header");
_Static_assert(sizeof(struct elf64_phdr) == 56, "ELF-64 program header");
_Static_assert(sizeof(struct elf64_shdr) == 64, "ELF-64 section header");

#define ET_EXEC   2
#define ET_DYN    3
#define EM_X86_64 62
#define PT_LOAD   1
#define PT_NOTE   4
#define SHT_NOTE  7

static bool within(const struct elf_kernel *k, uint64_t offset, uint64_t len)
{
    return offset <= k->size && len <= k->size - offset;
}

static uint64_t align4(uint64_t n)
{
    return (n + 3) & ~3UL;
}

static bool note_number(const uint8_t *desc, uint32_t len, uint64_t *val)
{
    if (len == 8) {
        memcpy(val, desc, 8);
        return true;
    }
    if (len == 4) {
        uint32_t v;

        memcpy(&v, desc, 4);
        *val = v;
        return true;
    }
    return false;
}

static void note_text(const uint8_t *desc, uint32_t len, char *to, size_t size)
{
    size_t n = len < size - 1 ? len : size - 1;

    memcpy(to, desc, n);
    to[n] = '\0';
}

static const struct {
    const char *name;
    unsigned int bit;
} feature_names[] = {
    { "writable_page_tables", XENFEAT_writable_page_tables },
    { "writable_descriptor_tables", XENFEAT_writable_descriptor_tables },
    { "auto_translated_physmap", XENFEAT_auto_translated_physmap },
    { "supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel },
    { "pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb },
    { "dom0", XENFEAT_dom0 },
};

/* "name|!name": supported, required. Unknown names matter only when they are required. */
static const char *note_features(struct elf_kernel *k, const uint8_t *desc, uint32_t len)
{
    uint32_t at = 0;

    while (at < len && desc[at]) {
        bool required = desc[at] == '!';
        uint32_t start = at + required, end = start;
        unsigned int i;

        while (end < len && desc[end] && desc[end] != '|') {
            end++;
        }
        for (i = 0; i < ARRAY_SIZE(feature_names); i++) {
            const char *name = feature_names[i].name;

            if (strlen(name) == end - start && !memcmp(name, desc + start, end - start)) {
                k->features_supported |= 1U << feature_names[i].bit;
                k->features_required |= (uint32_t)required << feature_names[i].bit;
                break;
            }
        }
        if (i == ARRAY_SIZE(feature_names) && required) {
            return "its FEATURES note requires a feature that does not exist";
        }
        at = end < len && desc[end] == '|' ? end + 1 : end;
    }
    return NULL;
}

static const char *take_number(const uint8_t *desc, uint32_t len, uint64_t *to, const char *wrong)
{
    return note_number(desc, len, to) ? NULL : wrong;
}

static const char *take_note(struct elf_kernel *k, uint32_t type, const uint8_t *desc, uint32_t len)
{
    const char *wrong = NULL;
    uint64_t val = 0;

    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        return take_number(desc, len, &k->virt_entry, "its ENTRY note is not a number");
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        return take_number(desc, len, &k->hypercall_page,
                           "its HYPERCALL_PAGE note is not a number");
    case XEN_ELFNOTE_VIRT_BASE:
        return take_number(desc, len, &k->virt_base, "its VIRT_BASE note is not a number");
    case XEN_ELFNOTE_PADDR_OFFSET:
        return take_number(desc, len, &k->paddr_offset, "its PADDR_OFFSET note is not a number");
    case XEN_ELFNOTE_INIT_P2M:
        return take_number(desc, len, &k->init_p2m, "its INIT_P2M note is not a number");
    case XEN_ELFNOTE_MOD_START_PFN:
        wrong = take_number(desc, len, &val, "its MOD_START_PFN note is not a number");
        k->mod_start_pfn = val != 0;
        return wrong;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        wrong = take_number(desc, len, &val, "its SUPPORTED_FEATURES note is not a number");
        k->features_supported |= (uint32_t)val;
        k->says_supported = true;
        return wrong;
    case XEN_ELFNOTE_FEATURES:
        return note_features(k, desc, len);
    case XEN_ELFNOTE_XEN_VERSION:
        if (len < 7 || memcmp(desc, "xen-3.0", 7)) {
            return "its XEN_VERSION note is not \"xen-3.0\"";
        }
        return NULL;
    case XEN_ELFNOTE_GUEST_OS:
        note_text(desc, len, k->guest_os, sizeof(k->guest_os));
        return NULL;
    case XEN_ELFNOTE_GUEST_VERSION:
        note_text(desc, len, k->guest_version, sizeof(k->guest_version));
        return NULL;
    case XEN_ELFNOTE_LOADER:
        note_text(desc, len, k->loader, sizeof(k->loader));
        return NULL;
    default:
        return NULL; /* what it says about 32-bit kernels, suspend and the like changes nothing here
                      */
    }
}

/* A run of notes; the last may lack its padding. */
static const char *take_notes(struct elf_kernel *k, uint64_t offset, uint64_t len, bool *found)
{
    if (!within(k, offset, len)) {
        return "its notes lie outside of the image";
    }
    while (len >= sizeof(struct elf_note)) {
        struct elf_note note;
        const uint8_t *name = k->image + offset + sizeof(note);
        const char *wrong;
        uint64_t desc_at, all;

        memcpy(&note, k->image + offset, sizeof(note));
        desc_at = sizeof(note) + align4(note.namesz);
        if (desc_at + note.descsz > len) {
            return "a note is longer than its segment";
        }
        if (note.namesz == 4 && !memcmp(name, "Xen", 4)) {
            *found = true;
            wrong = take_note(k, note.type, k->image + offset + desc_at, note.descsz);
            if (wrong) {
                return wrong;
            }
        }
        all = desc_at + align4(note.descsz);
        if (all > len) {
            all = len;
        }
        offset += all;
        len -= all;
    }
    return NULL;
}

static const char *take_segment(struct elf_kernel *k, const struct elf64_phdr *ph)
{
    struct elf_segment *s;

    if (!ph->memsz) {
        return NULL;
    }
    if (k->nr_segments == ELF_MAX_SEGMENTS) {
        return "it has too many loadable segments";
    }
    if (!within(k, ph->offset, ph->filesz)) {
        return "a segment lies outside of the image";
    }
    if (ph->filesz > ph->memsz || ph->paddr + ph->memsz < ph->paddr) {
        return "a segment's sizes contradict each other";
    }
    s = &k->segments[k->nr_segments++];
    *s = (struct elf_segment){ ph->offset, ph->filesz, ph->memsz, ph->paddr };
    if (s->paddr < k->p_start) {
        k->p_start = s->paddr;
    }
    if (s->paddr + s->memsz > k->p_end) {
        k->p_end = s->paddr + s->memsz;
    }
    return NULL;
}

static const char *take_program_headers(struct elf_kernel *k, const struct elf64_ehdr *eh,
                                        bool *notes)
{
    if (eh->phentsize != sizeof(struct elf64_phdr) ||
        !within(k, eh->phoff, (uint64_t)eh->phnum * sizeof(struct elf64_phdr))) {
        return "its program headers lie outside of the image";
    }
    for (unsigned int i = 0; i < eh->phnum; i++) {
        struct elf64_phdr ph;
        const char *wrong = NULL;

        memcpy(&ph, k->image + eh->phoff + i * sizeof(ph), sizeof(ph));
        if (ph.type == PT_LOAD) {
            wrong = take_segment(k, &ph);
        } else if (ph.type == PT_NOTE) {
            wrong = take_notes(k, ph.offset, ph.filesz, notes);
        }
        if (wrong) {
            return wrong;
        }
    }
    return k->nr_segments ? NULL : "it has nothing to load";
}

static const char *take_note_sections(struct elf_kernel *k, const struct elf64_ehdr *eh,
                                      bool *notes)
{
    if (!eh->shnum) {
        return NULL;
    }
    if (eh->shentsize != sizeof(struct elf64_shdr) ||
        !within(k, eh->shoff, (uint64_t)eh->shnum * sizeof(struct elf64_shdr))) {
        return "its section headers lie outside of the image";
    }
    for (unsigned int i = 0; i < eh->shnum; i++) {
        struct elf64_shdr sh;
        const char *wrong = NULL;

        memcpy(&sh, k->image + eh->shoff + i * sizeof(sh), sizeof(sh));
        if (sh.type == SHT_NOTE) {
            wrong = take_notes(k, sh.offset, sh.size, notes);
        }
        if (wrong) {
            return wrong;
        }
    }
    return NULL;
}

/* Addresses follow from the notes; no sum may wrap. */
static const char *place(struct elf_kernel *k, const struct elf64_ehdr *eh)
{
    uint64_t offset;

    if (k->virt_base == ELF_NOT_GIVEN) {
        k->virt_base = 0;
    }
    if (k->paddr_offset == ELF_NOT_GIVEN) {
        k->paddr_offset = 0;
    }
    offset = k->virt_base - k->paddr_offset;
    k->virt_start = k->p_start + offset;
    k->virt_end = k->p_end + offset;
    if (k->virt_entry == ELF_NOT_GIVEN) {
        k->virt_entry = eh->entry;
    }
    if (k->virt_base & 0xfff) {
        return "its VIRT_BASE is not on a page boundary";
    }
    if (k->virt_end < k->virt_start || k->virt_start < k->virt_base) {
        return "its segments are not above VIRT_BASE";
    }
    if (k->virt_entry < k->virt_start || k->virt_entry >= k->virt_end) {
        return "its entry is outside of its segments";
    }
    if (k->hypercall_page != ELF_NOT_GIVEN &&
        ((k->hypercall_page & 0xfff) || k->hypercall_page < k->virt_start ||
         k->virt_end - k->hypercall_page < 4096)) {
        return "its HYPERCALL_PAGE is outside of its segments";
    }
    if (k->init_p2m != ELF_NOT_GIVEN && (k->init_p2m & 0x1fffff)) {
        return "its INIT_P2M is not on a 2 MiB boundary";
    }
    return NULL;
}

const char *elf_parse(const void *image, uint64_t size, struct elf_kernel *k)
{
    struct elf64_ehdr eh;
    bool notes = false;
    const char *wrong;

    *k = (struct elf_kernel){ .image = image,
                              .size = size,
                              .p_start = ~0UL,
                              .virt_base = ELF_NOT_GIVEN,
                              .paddr_offset = ELF_NOT_GIVEN,
                              .virt_entry = ELF_NOT_GIVEN,
                              .hypercall_page = ELF_NOT_GIVEN,
                              .init_p2m = ELF_NOT_GIVEN };
    if (size >= 2 && k->image[0] == 0x1f && k->image[1] == 0x8b) {
        return "it is compressed with gzip, which is not supported: unpack it";
    }
    if (size < sizeof(eh) || memcmp(image, "\177ELF", 4)) {
        return "it is not an ELF file";
    }
    memcpy(&eh, image, sizeof(eh));
    if (eh.ident[4] != 2 || eh.ident[5] != 1 || eh.machine != EM_X86_64) {
        return "it is not for x86-64 (32-bit PV kernels are not supported)";
    }
    if (eh.type != ET_EXEC && eh.type != ET_DYN) {
        return "it is not an executable";
    }
    wrong = take_program_headers(k, &eh, &notes);
    if (!wrong && !notes) {
        wrong = take_note_sections(k, &eh, &notes);
    }
    if (!wrong && !notes) {
        wrong = "it has no Xen notes: no PV kernel";
    }
    return wrong ? wrong : place(k, &eh);
}
