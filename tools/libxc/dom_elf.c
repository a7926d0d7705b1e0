/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What a PV kernel's ELF image says: segments and Xen notes.
 *
 * Invariant: every offset and size of the image is checked against the image before it is used,
 * so a broken or hostile file is refused with a reason, and nothing outside of it is read.
 */
#include <elf.h>
#include <public/elfnote.h>
#include <public/features.h>

#include "dom.h"

#define NOTE_ALIGN(x) (((x) + 3UL) & ~3UL)

static int refuse(const char **why, const char *reason)
{
    *why = reason;
    return -ENOEXEC;
}

static bool inside(size_t size, uint64_t offset, uint64_t len)
{
    return offset <= size && len <= size - offset;
}

static Elf64_Phdr program_header(const struct xc_kernel *k, unsigned int i)
{
    Elf64_Ehdr ehdr;
    Elf64_Phdr phdr;

    memcpy(&ehdr, k->image, sizeof(ehdr));
    memcpy(&phdr, k->image + ehdr.e_phoff + (size_t)i * sizeof(phdr), sizeof(phdr));
    return phdr;
}

static unsigned int program_headers(const struct xc_kernel *k)
{
    Elf64_Ehdr ehdr;

    memcpy(&ehdr, k->image, sizeof(ehdr));
    return ehdr.e_phnum;
}

static int check_header(const struct xc_kernel *k, const char **why)
{
    Elf64_Ehdr ehdr;

    if (k->size < sizeof(ehdr)) {
        return refuse(why, "too short for an ELF header");
    }
    memcpy(&ehdr, k->image, sizeof(ehdr));
    if (memcmp(ehdr.e_ident, ELFMAG, SELFMAG)) {
        return refuse(why, "not an ELF image");
    }
    if (ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_machine != EM_X86_64) {
        return refuse(why, "not a 64-bit x86 image");
    }
    if (ehdr.e_phentsize != sizeof(Elf64_Phdr) || !ehdr.e_phnum ||
        !inside(k->size, ehdr.e_phoff, (uint64_t)ehdr.e_phnum * sizeof(Elf64_Phdr))) {
        return refuse(why, "program headers are not inside the image");
    }
    return 0;
}

static uint64_t note_number(const uint8_t *desc, uint32_t len)
{
    uint64_t value = 0;

    memcpy(&value, desc, len < sizeof(value) ? len : sizeof(value));
    return value;
}

/* A textual feature list: names between '|', those with a '!' are required. */
static uint64_t required_features(const char *text, size_t len)
{
    static const struct {
        const char *name;
        unsigned int bit;
    } known[] = {
        { "writable_page_tables", XENFEAT_writable_page_tables },
        { "writable_descriptor_tables", XENFEAT_writable_descriptor_tables },
        { "auto_translated_physmap", XENFEAT_auto_translated_physmap },
        { "supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel },
    };
    uint64_t bits = 0;

    for (size_t at = 0; at < len; at++) {
        for (size_t i = 0; text[at] == '!' && i < sizeof(known) / sizeof(known[0]); i++) {
            size_t name = strlen(known[i].name);

            if (len - at > name && !memcmp(text + at + 1, known[i].name, name)) {
                bits |= 1ULL << known[i].bit;
            }
        }
    }
    return bits;
}

static void take_note(struct xc_kernel *k, uint32_t type, const uint8_t *desc, uint32_t len)
{
    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        k->entry = note_number(desc, len);
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        k->virt_base = note_number(desc, len);
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        k->paddr_offset = note_number(desc, len);
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        k->hypercall_page = note_number(desc, len);
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        k->mod_start_pfn = note_number(desc, len) != 0;
        break;
    case XEN_ELFNOTE_FEATURES:
        k->required_features |= required_features((const char *)desc, len);
        break;
    default:
        break;
    }
}

/* The notes of one segment; answers how many were Xen's. */
static unsigned int read_notes(struct xc_kernel *k, const Elf64_Phdr *phdr)
{
    const uint8_t *at = k->image + phdr->p_offset;
    uint64_t left = phdr->p_filesz;
    unsigned int found = 0;
    Elf64_Nhdr note;

    while (left >= sizeof(note)) {
        uint64_t size;

        memcpy(&note, at, sizeof(note));
        size = sizeof(note) + NOTE_ALIGN((uint64_t)note.n_namesz) +
               NOTE_ALIGN((uint64_t)note.n_descsz);
        if (size > left) {
            break;
        }
        if (note.n_namesz == 4 && !memcmp(at + sizeof(note), "Xen", 4)) {
            take_note(k, note.n_type, at + sizeof(note) + 4, note.n_descsz);
            found++;
        }
        at += size;
        left -= size;
    }
    return found;
}

static int find_notes(struct xc_kernel *k, const char **why)
{
    unsigned int found = 0;

    for (unsigned int i = 0; i < program_headers(k); i++) {
        Elf64_Phdr phdr = program_header(k, i);

        if (phdr.p_type != PT_NOTE) {
            continue;
        }
        if (!inside(k->size, phdr.p_offset, phdr.p_filesz)) {
            return refuse(why, "a note segment is not inside the image");
        }
        found += read_notes(k, &phdr);
    }
    return found ? 0 : refuse(why, "no Xen notes");
}

static int find_extent(struct xc_kernel *k, const char **why)
{
    unsigned long first = ~0UL, last = 0;

    for (unsigned int i = 0; i < program_headers(k); i++) {
        Elf64_Phdr phdr = program_header(k, i);
        unsigned long paddr = phdr.p_paddr - k->paddr_offset;

        if (phdr.p_type != PT_LOAD || !phdr.p_memsz) {
            continue;
        }
        if (!inside(k->size, phdr.p_offset, phdr.p_filesz) || phdr.p_filesz > phdr.p_memsz) {
            return refuse(why, "a segment is not inside the image");
        }
        if (paddr + phdr.p_memsz < paddr || paddr + phdr.p_memsz > 1UL << 40) {
            return refuse(why, "a segment's address is out of range");
        }
        first = paddr < first ? paddr : first;
        last = paddr + phdr.p_memsz > last ? paddr + phdr.p_memsz : last;
    }
    if (first >= last) {
        return refuse(why, "nothing to load");
    }
    k->start = k->virt_base + first;
    k->end = k->virt_base + last;
    if (k->end < k->start || k->start < k->virt_base) {
        return refuse(why, "the image wraps around the address space");
    }
    if (k->entry < k->start || k->entry >= k->end) {
        return refuse(why, "the entry point is not inside the image");
    }
    if (k->hypercall_page != XC_NO_ADDRESS &&
        (k->hypercall_page < k->start || k->hypercall_page >= k->end ||
         k->hypercall_page % XC_PAGE_SIZE)) {
        return refuse(why, "the hypercall page is not a page of the image");
    }
    return 0;
}

int xc_kernel_parse(struct xc_kernel *k, const void *image, size_t size, const char **why)
{
    const uint64_t supported = 1ULL << XENFEAT_writable_page_tables |
                               1ULL << XENFEAT_writable_descriptor_tables |
                               1ULL << XENFEAT_pae_pgdir_above_4gb;
    Elf64_Ehdr ehdr;
    int rc;

    *k = (struct xc_kernel){ .image = image, .size = size, .hypercall_page = XC_NO_ADDRESS };
    rc = check_header(k, why);
    if (rc) {
        return rc;
    }
    memcpy(&ehdr, image, sizeof(ehdr));
    k->entry = ehdr.e_entry;
    rc = find_notes(k, why);
    if (rc) {
        return rc;
    }
    if (k->required_features & ~supported) {
        return refuse(why, "it requires a feature that PV domains do not have");
    }
    return find_extent(k, why);
}

int xc_kernel_segments(const struct xc_kernel *k, xc_segment_fn *fn, void *arg)
{
    for (unsigned int i = 0; i < program_headers(k); i++) {
        Elf64_Phdr phdr = program_header(k, i);
        int rc;

        if (phdr.p_type != PT_LOAD || !phdr.p_memsz) {
            continue;
        }
        rc = fn(arg, phdr.p_paddr - k->paddr_offset, k->image + phdr.p_offset, phdr.p_filesz,
                phdr.p_memsz);
        if (rc) {
            return rc;
        }
    }
    return 0;
}
