/* SPDX-License-Identifier: GPL-2.0-only */
/* Segment registers and their bases; loads of a guest's selectors survive any value. */
#ifndef ASM_SEGMENT_H
#define ASM_SEGMENT_H

#include <hv/compiler.h>
#include <asm/extable.h>
#include <asm/msr.h>

#define READ_SEG(seg)                                                                              \
    ({                                                                                             \
        uint16_t sel_;                                                                             \
        __asm__ volatile("mov %%" #seg ", %0" : "=r"(sel_));                                       \
        sel_;                                                                                      \
    })

/* Loads sel; when the descriptor refuses, the null selector. 0, or 1 when it was refused. */
#define LOAD_SEG(seg, sel)                                                                         \
    ({                                                                                             \
        unsigned int bad_ = 0;                                                                     \
        __asm__ volatile("1: mov %k1, %%" #seg "\n"                                                \
                         "2:\n"                                                                    \
                         ".pushsection .text.fixup, \"ax\"\n"                                      \
                         "3: xor %k0, %k0\n"                                                       \
                         "mov %k0, %%" #seg "\n"                                                   \
                         "mov $1, %k0\n"                                                           \
                         "jmp 2b\n"                                                                \
                         ".popsection\n" EX_TABLE("1b", "3b")                                      \
                         : "+r"(bad_)                                                              \
                         : "r"((uint32_t)(sel)));                                                  \
        bad_;                                                                                      \
    })

#define MSR_KERNEL_GS_BASE MSR_SHADOW_GS_BASE

#endif
