/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory by the word, inline for the shortest hypercalls. The rules are those of
 * guest-copy.c: an address of the hypervisor's is refused, and clamped under speculation; a fault
 * is -EFAULT.
 */
#ifndef ARCH_X86_MM_GUEST_WORD_H
#define ARCH_X86_MM_GUEST_WORD_H

#include <hv/compiler.h>
#include <hv/errno.h>
#include <asm/extable.h>
#include <asm/layout.h>
#include <asm/smap.h>

static always_inline bool guest_va_ok(unsigned long va)
{
    return likely(va - HYPERVISOR_START >= HYPERVISOR_END - HYPERVISOR_START);
}

/* va, or all ones (which faults) where speculation has gone past a check that will fail. */
static always_inline unsigned long guest_va_clamp(unsigned long va)
{
    unsigned long mask;

    __asm__("cmp %2, %1; sbb %0, %0"
            : "=r"(mask)
            : "r"(va - HYPERVISOR_START), "r"(HYPERVISOR_END - HYPERVISOR_START)
            : "cc");
    return va | mask;
}

/* 16 bytes at va. 0 or -EFAULT. */
static always_inline int guest_read_pair(void *to, unsigned long va)
{
    uint64_t *words = to;
    uint64_t a = 0, b = 0;
    int rc = 0;

    if (unlikely(!guest_va_ok(va))) {
        return -EFAULT;
    }
    va = guest_va_clamp(va);
    stac();
    __asm__ volatile("1: mov (%[va]), %[a]\n"
                     "2: mov 8(%[va]), %[b]\n"
                     "   jmp 4f\n"
                     "3: mov %[fault], %[rc]\n"
                     "4:\n" EX_TABLE("1b", "3b") EX_TABLE("2b", "3b")
                     : [a] "+r"(a), [b] "+r"(b), [rc] "+r"(rc)
                     : [va] "r"(va), [fault] "i"(-EFAULT)
                     : "memory");
    clac();
    words[0] = a;
    words[1] = b;
    return rc;
}

#endif
