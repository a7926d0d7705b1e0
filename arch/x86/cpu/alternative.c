/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Applies the alternatives once, through the direct map's writable alias of the code: the mapping
 * that code runs from is never writable.
 */
#include <hv/lib.h>
#include <asm/alternative.h>
#include <asm/boot.h>
#include <hv/mm.h>

struct alternative {
    uint8_t *insn;
    const uint8_t *replacement;
    uint32_t feature, len, replacement_len, unused;
};
extern const struct alternative __alt_start[], __alt_end[];

#define NOP 0x90

void __init alternatives_apply(void)
{
    for (const struct alternative *a = __alt_start; a < __alt_end; a++) {
        uint8_t *alias = maddr_to_virt(image_to_maddr(a->insn));

        if (!cpu_has(a->feature)) {
            continue;
        }
        BUG_ON(a->replacement_len > a->len);
        memcpy(alias, a->replacement, a->replacement_len);
        memset(alias + a->replacement_len, NOP, a->len - a->replacement_len);
    }
    /* The CPU may have prefetched the old bytes: CPUID serialises. */
    __asm__ volatile("cpuid" : : "a"(0), "c"(0) : "ebx", "edx", "memory");
}
