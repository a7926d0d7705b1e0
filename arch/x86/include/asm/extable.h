/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of the hypervisor that may fault on a guest's account, and where to go on then. Each
 * entry is two 32-bit distances from the entry itself.
 */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#ifdef __ASSEMBLY__
#define EX_TABLE(insn, fixup)                                                                      \
    .pushsection.ex_table, "a";                                                                    \
    .balign 4;                                                                                     \
    .long(insn) -.;                                                                                \
    .long(fixup) -.;                                                                               \
    .popsection
#else
#include <hv/compiler.h>

/* For inline assembly: EX_TABLE("1b", "2f"). */
#define EX_TABLE(insn, fixup)                                                                      \
    ".pushsection .ex_table, \"a\"\n"                                                              \
    ".balign 4\n"                                                                                  \
    ".long (" insn ") - .\n"                                                                       \
    ".long (" fixup ") - .\n"                                                                      \
    ".popsection\n"

struct extable_entry {
    int32_t insn, fixup;
};

/* Sorts the table; before the first use. */
void extable_init(void) __init;
/* Where to go on when the instruction at rip faulted; 0: nowhere. */
unsigned long extable_search(unsigned long rip);
#endif

#endif
