/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific registers of PV guests: a short list of what may be read, a shorter one of what
 * may be written. Everything else is #GP, so that a guest can probe. Current vCPU; no locks.
 */
#include <hv/mm.h>
#include <asm/cpufeature.h>
#include <asm/hypercall-page.h>
#include <asm/msr.h>
#include <asm/page-type.h>
#include <asm/processor.h>
#include <asm/state.h>
#include "emul.h"

#define MSR_HYPERCALL_PAGE 0x40000000
#define MSR_PLATFORM_ID    0x17

static bool is_canonical(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/*
 * A register that guests do not have. A domain that was made so finds those of the machine without
 * a value, and its writes to them go nowhere; others get #GP.
 */
static enum emul_result unknown_msr(const struct vcpu *v, uint32_t msr, uint64_t *val)
{
    uint64_t ignored;

    if (!v->domain->arch.msr_relaxed || rdmsr_safe(msr, &ignored)) {
        return EMUL_REFUSED;
    }
    *val = 0;
    return EMUL_DONE;
}

enum emul_result pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    switch (msr) {
    case MSR_FS_BASE:
        *val = rdmsr(MSR_FS_BASE);
        return EMUL_DONE;
    case MSR_GS_BASE:
        *val = current_gs_base(v, true);
        return EMUL_DONE;
    case MSR_SHADOW_GS_BASE:
        *val = current_gs_base(v, false);
        return EMUL_DONE;
    case MSR_EFER:
        *val = rdmsr(MSR_EFER) & ~(uint64_t)EFER_SVME;
        return EMUL_DONE;
    case MSR_PAT:
        *val = HOST_PAT;
        return EMUL_DONE;
    case MSR_TSC_AUX:
        *val = v->arch.pv.tsc_aux;
        return EMUL_DONE;
    case MSR_APIC_BASE:
    case MSR_MISC_ENABLE:
        if (!is_hardware_domain(v->domain) || rdmsr_safe(msr, val)) {
            return EMUL_REFUSED;
        }
        return EMUL_DONE;
    case MSR_BIOS_SIGN_ID:
        return rdmsr_safe(msr, val) ? EMUL_REFUSED : EMUL_DONE;
    case MSR_PLATFORM_ID:
    case MSR_MCG_CAP:
    case MSR_MCG_STATUS:
        *val = 0;
        return EMUL_DONE;
    default:
        return unknown_msr(v, msr, val);
    }
}

/* The page that the guest names by its frame becomes its hypercall page. */
static enum emul_result place_hypercall_page(struct vcpu *v, uint64_t val)
{
    struct page_info *pg = page_get_writable(maddr_to_mfn(_maddr(val & PAGE_MASK)), v->domain);

    if ((val & ~PAGE_MASK) || !pg) {
        if (pg) {
            page_put_writable(pg);
        }
        return EMUL_REFUSED;
    }
    hypercall_page_fill(page_to_virt(pg));
    page_put_writable(pg);
    return EMUL_DONE;
}

enum emul_result pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    switch (msr) {
    case MSR_FS_BASE:
        if (!is_canonical(val)) {
            return EMUL_REFUSED;
        }
        wrmsr(MSR_FS_BASE, val);
        return EMUL_DONE;
    case MSR_GS_BASE:
    case MSR_SHADOW_GS_BASE:
        if (!is_canonical(val)) {
            return EMUL_REFUSED;
        }
        set_current_gs_base(v, msr == MSR_GS_BASE, val);
        return EMUL_DONE;
    case MSR_TSC_AUX:
        if (!cpu_has(X86_FEATURE_RDTSCP) || val >> 32) {
            return EMUL_REFUSED;
        }
        v->arch.pv.tsc_aux = (uint32_t)val;
        wrmsr(MSR_TSC_AUX, val);
        return EMUL_DONE;
    case MSR_EFER:
        return val == (rdmsr(MSR_EFER) & ~(uint64_t)EFER_SVME) ? EMUL_DONE : EMUL_REFUSED;
    case MSR_PAT:
        return val == HOST_PAT ? EMUL_DONE : EMUL_REFUSED;
    case MSR_BIOS_SIGN_ID:
        return EMUL_DONE;
    case MSR_HYPERCALL_PAGE:
        return place_hypercall_page(v, val);
    default:
        return unknown_msr(v, msr, &val);
    }
}
