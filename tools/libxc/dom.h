/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The PV builder's parts: what an ELF image wants (dom_elf.c), where everything goes
 * (dom_layout.c), and carrying it out (dom_build.c). The first two are arithmetic on the
 * builder's own memory.
 */
#ifndef XC_DOM_H
#define XC_DOM_H

#include "private.h"

/* A kernel as its ELF header and notes describe it. */
struct xc_kernel {
    const uint8_t *image;
    size_t size;
    unsigned long virt_base, entry, paddr_offset;
    unsigned long hypercall_page; /* ~0: none */
    unsigned long start, end;     /* virtual, of all segments */
    bool mod_start_pfn;           /* the initrd may be given by frame number */
    uint64_t required_features;   /* XENFEAT bits that it cannot do without */
};

/* Where a PV domain's first pages are, by pfn; each part follows the one before. */
struct xc_layout {
    unsigned long nr_pages;
    unsigned long initrd_pfn, initrd_pages;
    unsigned long p2m_pfn, p2m_pages;
    unsigned long start_info_pfn, store_pfn, console_pfn;
    unsigned long pt_pfn, pt_pages; /* level 4, level 3, level 2s, level 1s */
    unsigned long pt_level[4];      /* how many tables of level 1 to 4, from index 0 */
    unsigned long stack_pfn;
    unsigned long mapped_pages; /* from pfn 0, mapped at virt_base */
};

#define XC_NO_ADDRESS (~0UL)

/*
 * A packed image: 0 with *unpacked, which the caller frees, or a negative error with *why. NULL
 * when it is not packed.
 */
int xc_kernel_unpack(const void *image, size_t size, void **unpacked, size_t *unpacked_size,
                     const char **why) XC_HIDDEN;

/* 0, or -ENOEXEC with *why. Reads nothing outside of the image. */
int xc_kernel_parse(struct xc_kernel *k, const void *image, size_t size,
                    const char **why) XC_HIDDEN;

/* Calls fn for each loadable segment: pseudo-physical address, bytes, file size, memory size. */
typedef int xc_segment_fn(void *arg, unsigned long paddr, const uint8_t *bytes, size_t filesz,
                          size_t memsz);
int xc_kernel_segments(const struct xc_kernel *k, xc_segment_fn *fn, void *arg) XC_HIDDEN;

/* 0, or -ENOMEM when the domain has too few pages. */
int xc_layout_make(struct xc_layout *l, const struct xc_kernel *k, size_t initrd_size,
                   unsigned long nr_pages) XC_HIDDEN;

/* The entries of one page table of the layout; p2m gives each pfn's frame. */
void xc_layout_table(const struct xc_layout *l, unsigned long virt_base, unsigned long index,
                     const xen_pfn_t *p2m, uint64_t entries[512]) XC_HIDDEN;

#endif
