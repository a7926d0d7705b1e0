/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FPU and vector state of vCPUs: allocation, save, load, and XCR0. State moves eagerly at every
 * context switch, so no vCPU can find another's registers (lazy switching leaked them on real
 * CPUs). An area belongs to its vCPU; the current CPU's registers to the current vCPU. No locks.
 */
#include <hv/domain.h>
#include <hv/lib.h>
#include <asm/cpu-policy.h>
#include <asm/cpufeature.h>
#include <asm/xstate.h>

#define CPUID_XSTATE     0xd
#define XFEATURES_GUESTS 0x2e7UL /* FP SSE AVX, AVX-512 (three), PKRU */

uint64_t xfeature_mask __ro_after_init;
unsigned int xstate_size __ro_after_init = sizeof(struct xsave_area);
static bool has_xsaveopt __ro_after_init;
static uint32_t mxcsr_mask __ro_after_init; /* bits of MXCSR that this CPU has */

struct xfeature {
    uint32_t size, offset;
};
static struct xfeature xfeatures[64] __ro_after_init;

static inline void cpuid_count(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                     : "0"(leaf), "2"(sub));
}

static inline void xsetbv(uint64_t value)
{
    __asm__ volatile("xsetbv" : : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(0));
}

unsigned int xstate_size_for(uint64_t xcr0)
{
    unsigned int size = sizeof(struct xsave_area);

    for (unsigned int i = 2; i < 64; i++) {
        if ((xcr0 >> i) & 1) {
            size = max(size, xfeatures[i].offset + xfeatures[i].size);
        }
    }
    return size;
}

static void __init detect_features(void)
{
    uint32_t r[4];

    cpuid_count(CPUID_XSTATE, 0, r);
    xfeature_mask = (r[0] | (uint64_t)r[3] << 32) & XFEATURES_GUESTS;
    for (unsigned int i = 2; i < 64; i++) {
        if (!((xfeature_mask >> i) & 1)) {
            continue;
        }
        cpuid_count(CPUID_XSTATE, i, r);
        xfeatures[i] = (struct xfeature){ .size = r[0], .offset = r[1] };
    }
    xstate_size = xstate_size_for(xfeature_mask);
    cpuid_count(CPUID_XSTATE, 1, r);
    has_xsaveopt = r[0] & 1;
}

/* SDM vol. 1 11.6.6: the image says which bits are not reserved; 0 means the first CPUs' set. */
static void __init detect_mxcsr(void)
{
    static struct xsave_area image __initdata;

    __asm__ volatile("fxsave64 %0" : "=m"(image));
    mxcsr_mask = image.fx.mxcsr_mask ? image.fx.mxcsr_mask : MXCSR_MASK_DEFAULT;
}

void xstate_init_cpu(void)
{
    if (!mxcsr_mask) {
        detect_mxcsr();
    }
    if (!cpu_has(X86_FEATURE_XSAVE)) {
        return;
    }
    if (!xfeature_mask) {
        detect_features();
    }
    xsetbv(xfeature_mask);
}

int xstate_alloc(struct vcpu *v)
{
    v->arch.xsave = xzalloc_bytes(xstate_size, 64);
    if (!v->arch.xsave) {
        return -ENOMEM;
    }
    v->arch.xcr0 = v->arch.xcr0_accum = xfeature_mask & XSTATE_FP;
    xstate_reset(v);
    return 0;
}

void xstate_free(struct vcpu *v)
{
    xfree(v->arch.xsave);
    v->arch.xsave = NULL;
}

void xstate_reset(struct vcpu *v)
{
    memset(v->arch.xsave, 0, xstate_size);
    v->arch.xsave->fx.fcw = FCW_DEFAULT;
    v->arch.xsave->fx.mxcsr = MXCSR_DEFAULT;
    v->arch.xsave->xstate_bv = xfeature_mask & (XSTATE_FP | XSTATE_SSE);
}

/*
 * While a guest runs, XCR0 is what the guest set; what it has ever enabled is saved and loaded,
 * under an XCR0 that covers it.
 */
void xstate_save(struct vcpu *v)
{
    struct xsave_area *area = v->arch.xsave;

    if (!xfeature_mask) {
        __asm__ volatile("fxsave64 %0" : "=m"(*area));
        return;
    }
    if (v->arch.xcr0 != xfeature_mask) {
        xsetbv(xfeature_mask);
    }
    if (has_xsaveopt) {
        __asm__ volatile("xsaveopt64 %0" : "+m"(*area) : "a"(~0U), "d"(~0U) : "memory");
    } else {
        __asm__ volatile("xsave64 %0" : "+m"(*area) : "a"(~0U), "d"(~0U) : "memory");
    }
}

/*
 * AMD's CPUs restore the addresses of the last x87 instruction and of its operand only with an
 * exception that is pending; otherwise the last guest's would be left there (XSA-52). An
 * instruction of ours takes their place.
 */
static void forget_fp_pointers(const struct xsave_area *area)
{
    static const uint32_t zero;

    if (boot_cpu_is_amd() && !cpu_has(X86_FEATURE_FP_ERR_PTRS) && !(area->fx.fsw & FSW_ES)) {
        __asm__ volatile("fnclex; ffree %%st(7); fildl %0" : : "m"(zero));
    }
}

void xstate_load(const struct vcpu *v)
{
    const struct xsave_area *area = v->arch.xsave;

    forget_fp_pointers(area);
    if (!xfeature_mask) {
        __asm__ volatile("fxrstor64 %0" : : "m"(*area));
        return;
    }
    __asm__ volatile("xrstor64 %0" : : "m"(*area), "a"(~0U), "d"(~0U) : "memory");
    if (v->arch.xcr0 != xfeature_mask) {
        xsetbv(v->arch.xcr0 ? v->arch.xcr0 : XSTATE_FP);
    }
}

void xstate_set_fxsave(struct vcpu *v, const void *image)
{
    struct xsave_area *area = v->arch.xsave;

    memcpy(&area->fx, image, sizeof(area->fx));
    /* A reserved bit in MXCSR would make the load fault in the hypervisor. */
    area->fx.mxcsr &= mxcsr_mask;
    area->xstate_bv |= xfeature_mask & (XSTATE_FP | XSTATE_SSE);
}

void xstate_get_fxsave(const struct vcpu *v, void *image)
{
    memcpy(image, &v->arch.xsave->fx, sizeof(v->arch.xsave->fx));
}

int xstate_set_xcr0(struct vcpu *v, uint64_t xcr0)
{
    const uint64_t avx512 = XSTATE_AVX512;
    const uint64_t allowed = cpu_policy_xfeatures(v->domain->arch.cpu_policy);

    if (!allowed || (xcr0 & ~allowed) || !(xcr0 & XSTATE_FP)) {
        return -EINVAL;
    }
    if ((xcr0 & XSTATE_AVX) && !(xcr0 & XSTATE_SSE)) {
        return -EINVAL;
    }
    if ((xcr0 & avx512) && ((xcr0 & avx512) != avx512 || !(xcr0 & XSTATE_AVX))) {
        return -EINVAL;
    }
    v->arch.xcr0 = xcr0;
    v->arch.xcr0_accum |= xcr0;
    xsetbv(xcr0);
    return 0;
}
