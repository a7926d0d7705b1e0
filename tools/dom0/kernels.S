/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels that this dom0 can start, as they were linked. */
        .macro KERNEL name, file
        .globl  \name, \name\()_end
        .balign 16
\name:
        .incbin "\file"
\name\()_end:
        .endm

        .section .rodata
        KERNEL  kernel_handler, DOMU_HANDLER
        KERNEL  kernel_victim, DOMU_VICTIM

        .section .note.GNU-stack, "", @progbits
