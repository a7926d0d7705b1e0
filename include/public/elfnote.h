/* SPDX-License-Identifier: MIT */
/*
 * ELF notes of name "Xen" by which a kernel tells its builder how it wants to be started. Numeric
 * notes are 4 or 8 bytes, textual ones end with a NUL.
 */
#ifndef __XEN_PUBLIC_ELFNOTE_H__
#define __XEN_PUBLIC_ELFNOTE_H__

#define XEN_ELFNOTE_INFO               0
#define XEN_ELFNOTE_ENTRY              1  /* virtual address */
#define XEN_ELFNOTE_HYPERCALL_PAGE     2  /* virtual address, the builder fills the page */
#define XEN_ELFNOTE_VIRT_BASE          3  /* virtual address of pseudo-physical address 0 */
#define XEN_ELFNOTE_PADDR_OFFSET       4  /* what the program headers' p_paddr is off by */
#define XEN_ELFNOTE_XEN_VERSION        5  /* text */
#define XEN_ELFNOTE_GUEST_OS           6  /* text */
#define XEN_ELFNOTE_GUEST_VERSION      7  /* text */
#define XEN_ELFNOTE_LOADER             8  /* text, "generic" */
#define XEN_ELFNOTE_PAE_MODE           9  /* text */
#define XEN_ELFNOTE_FEATURES           10 /* text: names between '|', '!' before required ones */
#define XEN_ELFNOTE_BSD_SYMTAB         11 /* text, "yes": load symbols, too */
#define XEN_ELFNOTE_HV_START_LOW       12 /* lowest address the hypervisor may use */
#define XEN_ELFNOTE_L1_MFN_VALID       13 /* pairs of mask and value */
#define XEN_ELFNOTE_SUSPEND_CANCEL     14
#define XEN_ELFNOTE_INIT_P2M           15 /* virtual address at which to put the p2m table */
#define XEN_ELFNOTE_MOD_START_PFN      16 /* non-zero: the initrd may be outside of the mapping */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17 /* bits of features.h */
#define XEN_ELFNOTE_PHYS32_ENTRY       18 /* physical address, the PVH entry */
#define XEN_ELFNOTE_MAX                XEN_ELFNOTE_PHYS32_ENTRY

/* Notes of a crash image. */
#define XEN_ELFNOTE_CRASH_INFO 0x1000001
#define XEN_ELFNOTE_CRASH_REGS 0x1000002

/* Notes of a dumped domain. */
#define XEN_ELFNOTE_DUMPCORE_NONE           0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER         0x2000001
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION    0x2000002
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION 0x2000003

#endif /* __XEN_PUBLIC_ELFNOTE_H__ */
