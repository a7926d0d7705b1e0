/* SPDX-License-Identifier: GPL-2.0-only */
/* Who made this CPU and which one it is (SDM vol. 2A, CPUID leaves 0 and 1). No state. */
#include <hv/lib.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

void cpu_vendor_id(char *id)
{
    struct cpuid_regs r = cpuid(0, 0);

    memcpy(id, &r.ebx, 4);
    memcpy(id + 4, &r.edx, 4);
    memcpy(id + 8, &r.ecx, 4);
}

/* The extended fields count with family 15, the model's with family 6 as well. */
void cpu_signature(uint32_t *family, uint32_t *model, uint32_t *stepping)
{
    uint32_t sig = cpuid(1, 0).eax;
    uint32_t base = (sig >> 8) & 0xf;

    *family = base == 15 ? base + ((sig >> 20) & 0xff) : base;
    *model = (sig >> 4) & 0xf;
    if (base == 15 || base == 6) {
        *model |= (sig >> 12) & 0xf0;
    }
    *stepping = sig & 0xf;
}
