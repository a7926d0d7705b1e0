/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op's look at the memory type range registers (SDM vol. 3, 12.11), which firmware has set
 * up and nobody changes: the hypervisor keeps the PAT of the ABI and maps with it.
 */
#include <gen/platform_op-dispatch.h>
#include <hv/frame.h>
#include <hv/lib.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>

#define MSR_MTRR_CAP     0xfeU
#define MSR_MTRR_BASE(n) (0x200U + 2 * (n))
#define MSR_MTRR_MASK(n) (0x201U + 2 * (n))
#define MTRR_CAP_COUNT   0xffU
#define MTRR_TYPE        0xffU
#define MTRR_VALID       (1U << 11)

int platform_op_read_memtype(struct xen_platform_op *op)
{
    struct xenpf_read_memtype *m = &op->u.read_memtype;
    uint64_t cap, base, mask;

    if (!cpu_has(X86_FEATURE_MTRR) || rdmsr_safe(MSR_MTRR_CAP, &cap) ||
        m->reg >= (cap & MTRR_CAP_COUNT)) {
        return -EINVAL;
    }
    m->mfn = 0;
    m->nr_mfns = 0;
    m->type = 0;
    if (rdmsr_safe(MSR_MTRR_BASE(m->reg), &base) || rdmsr_safe(MSR_MTRR_MASK(m->reg), &mask)) {
        return -EINVAL;
    }
    if (mask & MTRR_VALID) {
        m->mfn = base >> PAGE_SHIFT;
        m->type = base & MTRR_TYPE;
        /* The mask's lowest bit is the size. */
        mask >>= PAGE_SHIFT;
        m->nr_mfns = mask & -mask;
    }
    return 0;
}
