/* SPDX-License-Identifier: GPL-2.0-only */
/* A PV kernel image: the parts to load, and what its Xen notes ask for. */
#ifndef PV_DOM0_ELF_H
#define PV_DOM0_ELF_H

#include <hv/compiler.h>

#define ELF_MAX_SEGMENTS 16
#define ELF_NOT_GIVEN    (~0UL)

struct elf_segment {
    uint64_t offset, filesz; /* within the image, checked */
    uint64_t memsz;          /* at least filesz */
    uint64_t paddr;
};

struct elf_kernel {
    const uint8_t *image;
    uint64_t size;
    unsigned int nr_segments;
    struct elf_segment segments[ELF_MAX_SEGMENTS];
    uint64_t p_start, p_end; /* hull of the segments */

    /* From the notes, or their defaults. */
    uint64_t virt_base;    /* where pseudo-physical address 0 is mapped */
    uint64_t paddr_offset; /* what paddr is off by */
    uint64_t virt_start, virt_end, virt_entry;
    uint64_t hypercall_page; /* ELF_NOT_GIVEN: none */
    uint64_t init_p2m;       /* ELF_NOT_GIVEN: the p2m is in the initial mapping */
    bool mod_start_pfn;
    uint32_t features_supported, features_required; /* bits of XENFEAT_* */
    bool says_supported;                            /* there is a SUPPORTED_FEATURES note */
    char guest_os[16], guest_version[16], loader[16];
};

/*
 * Takes an image apart; nothing in it is trusted. NULL, or one line that says what is wrong with
 * it. The kernel refers to the image's memory.
 */
const char *elf_parse(const void *image, uint64_t size, struct elf_kernel *k) __must_check;

#endif
