/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that depend on the CPU: the image has the form without the feature, padded, and
 * start-up writes the other over it where the feature is there. Replacements are
 * position-independent.
 */
#ifndef ASM_ALTERNATIVE_H
#define ASM_ALTERNATIVE_H

#include <asm/cpufeature.h>

#ifdef __ASSEMBLY__
/* `insn` (at most 3 bytes) when the CPU has the feature, a 3-byte no-op when not. */
/* clang-format off */
.macro ALT_OPTIONAL insn, feature
771: .byte 0x0f, 0x1f, 0x00
    .pushsection .altinstr_replacement, "a"
773: \insn
774:
    .popsection
    .pushsection .altinstructions, "a"
    .balign 8
    .quad 771b, 773b
    .long \feature, 3
    .long 774b - 773b, 0
    .popsection
.endm
/* clang-format on */
#else
#include <hv/compiler.h>

#define ALT_STR_(x) #x
#define ALT_STR(x)  ALT_STR_(x)

#define ALT_OPTIONAL(insn, feature)                                                                \
    "771: .byte 0x0f, 0x1f, 0x00\n"                                                                \
    ".pushsection .altinstr_replacement, \"a\"\n"                                                  \
    "773: " insn "\n"                                                                              \
    "774:\n"                                                                                       \
    ".popsection\n"                                                                                \
    ".pushsection .altinstructions, \"a\"\n"                                                       \
    ".balign 8\n"                                                                                  \
    ".quad 771b, 773b\n"                                                                           \
    ".long " ALT_STR(feature) ", 3\n"                                                              \
                              ".long 774b - 773b, 0\n"                                             \
                              ".popsection\n"

/* First CPU, before others run and before the image's aliases are sealed. */
void alternatives_apply(void) __init;
#endif

#endif
