/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start with a HYPERCALL_PAGE note: the loader has the hypervisor fill the transfer page. The usual form.
 */
#include "start.inc.S"

        .section .note.Xen, "a", @note
        NOTE_NUMBER XEN_ELFNOTE_HYPERCALL_PAGE, hypercall_page
        /* supervisor_mode_kernel and the like are not needed; dom0 (bit 11) is supported. */
        NOTE_NUMBER XEN_ELFNOTE_SUPPORTED_FEATURES, 0x801

        .section .text.hypercall, "ax", @progbits
        .balign 4096
        .globl  hypercall_page
hypercall_page:
        .skip   4096, 0xcc

        .text
        .globl  hypercall_init
hypercall_init:
        ret
