/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID as a PV guest sees it: its domain's policy, some registers that follow the vCPU, and the
 * hypervisor's own leaves at 0x40000000. And what PV policies may hold: the host's features less
 * what a guest in ring 3 cannot have or the hypervisor does not switch. No locks: a domain's policy
 * is settled before it runs.
 *
 * A PV kernel asks with the forced-emulation prefix, or is trapped where the CPU can fault on
 * CPUID; its programs see the hardware's answer elsewhere, as they do under 4.17.
 */
#include <hv/lib.h>
#include <hv/domain.h>
#include <hv/version.h>
#include <public/arch-x86/cpuid.h>
#include <public/arch-x86/xen.h>
#include <asm/cpu-policy.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/time.h>
#include <asm/xstate.h>

/* Feature bits that PV guests may have, by register. docs/compat-4.17.md lists what 4.17 has
 * beyond. */
#define PV_1_EDX            0x1fc9cbf5U
#define PV_1_ECX            0x76d83203U
#define PV_1_ECX_XSAVE      (1U << 26)
#define PV_1_ECX_OSXSAVE    (1U << 27)
#define PV_1_ECX_HYPERVISOR (1U << 31)
#define PV_7_0_EBX          0xfdaf0b29U
#define PV_7_0_ECX          0x02005f42U
#define PV_7_0_EDX          0x2000401cU
#define PV_7_1_EAX          0x00001c30U
#define PV_D_1_EAX          0x00000007U
#define PV_E1_EDX           0xea500800U
#define PV_E1_EDX_COMMON    0x0183f3ffU /* AMD repeats leaf 1's bits here */
#define PV_E1_ECX           0x042109e3U
#define PV_E8_EBX           0x00000005U

#define PV_MAX_FEATURE_LEAF  1U
#define PV_MAX_EXTENDED_LEAF 0x1cU /* after POLICY_EXTENDED */
#define PV_LINEAR_BITS       48U
#define LINEAR_BITS_SHIFT    8

#define LEAF1_APIC_ID_SHIFT 24

/* Time: never emulated; one TSC for all. Sub-leaves as arch-x86/cpuid.h has them. */
static void time_leaf(const struct domain *d, uint32_t sub, struct cpuid_leaf *out)
{
    switch (sub) {
    case 0:
        out->a = 2U | (cpu_has(X86_FEATURE_RDTSCP) ? 4U : 0);
        out->b = d->arch.tsc_mode;
        out->c = tsc_khz();
        out->d = d->arch.tsc_incarnation;
        break;
    case 2:
        out->a = tsc_khz();
        break;
    default:
        break;
    }
}

static void hypervisor_leaf(const struct domain *d, uint32_t leaf, uint32_t sub,
                            struct cpuid_leaf *out)
{
    *out = (struct cpuid_leaf){ 0, 0, 0, 0 };

    switch (leaf - 0x40000000) {
    case 0:
        out->a = 0x40000000 + XEN_CPUID_MAX_NUM_LEAVES;
        out->b = XEN_CPUID_SIGNATURE_EBX;
        out->c = XEN_CPUID_SIGNATURE_ECX;
        out->d = XEN_CPUID_SIGNATURE_EDX;
        break;
    case 1:
        out->a = abi_version;
        break;
    case 2:
        out->a = 1;          /* pages of hypercall stubs */
        out->b = 0x40000000; /* the MSR that places them */
        out->c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
        break;
    case 3:
        time_leaf(d, sub, out);
        break;
    case 5:
        out->b = cpu_paddr_bits; /* machine address width: what frame numbers may reach */
        break;
    default:
        break;
    }
}

/* Features that cannot be without another one, by that one. */
static const struct {
    unsigned int needed, word;
    uint32_t bits;
} dependents[] = {
    { FEATURE(FEATURE_1_ECX, 0), FEATURE_1_ECX, 1U << 9 },               /* SSE3: SSSE3 */
    { FEATURE(FEATURE_1_ECX, 9), FEATURE_1_ECX, 1U << 19 },              /* SSSE3: SSE4.1 */
    { FEATURE(FEATURE_1_ECX, 19), FEATURE_1_ECX, 1U << 20 },             /* SSE4.1: SSE4.2 */
    { X86_FEATURE_XSAVE, FEATURE_D1_EAX, ~0U },                          /* its other forms */
    { X86_FEATURE_XSAVE, FEATURE_1_ECX, 1U << 28 },                      /* AVX */
    { FEATURE(FEATURE_1_ECX, 28), FEATURE_1_ECX, 1U << 12 | 1U << 29 },  /* AVX: FMA, F16C */
    { FEATURE(FEATURE_1_ECX, 28), FEATURE_E1_ECX, 1U << 11 | 1U << 16 }, /* XOP, FMA4 */
    { FEATURE(FEATURE_1_ECX, 28), FEATURE_7_EBX, 1U << 5 },              /* AVX2 */
    { FEATURE(FEATURE_1_ECX, 28), FEATURE_7_ECX, 1U << 9 | 1U << 10 },   /* VAES, VPCLMULQDQ */
    { FEATURE(FEATURE_7_EBX, 5), FEATURE_7_EBX, 1U << 16 },              /* AVX2: AVX512F */
    /* AVX512F: what builds on it */
    { FEATURE(FEATURE_7_EBX, 16), FEATURE_7_EBX, 0xdc220000U },
    { FEATURE(FEATURE_7_EBX, 16), FEATURE_7_ECX, 0x00005842U },
    { FEATURE(FEATURE_7_EBX, 16), FEATURE_7_EDX, 0x0000010cU },
};

static bool policy_has(const struct cpu_policy *p, unsigned int feature)
{
    return cpu_policy_bits(p, feature / 32) >> (feature % 32) & 1;
}

/* The table is in the order of need, so that one pass is enough. */
static void drop_dependents(struct cpu_policy *p)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(dependents); i++) {
        if (!policy_has(p, dependents[i].needed)) {
            *cpu_policy_word(p, dependents[i].word) &= ~dependents[i].bits;
        }
    }
    if (!policy_has(p, FEATURE(FEATURE_7_EBX, 5))) { /* AVX2 */
        p->feature[1].a &= ~(1U << 4);               /* AVX-VNNI */
    }
    if (!policy_has(p, FEATURE(FEATURE_7_EBX, 16))) { /* AVX512F */
        p->feature[1].a &= ~(1U << 5);                /* BF16 */
    }
}

static void mask_features(struct cpu_policy *p, const struct cpu_policy *max)
{
    static const struct {
        unsigned int word;
        uint32_t bits;
    } allowed[] = {
        { FEATURE_1_EDX, PV_1_EDX },   { FEATURE_1_ECX, PV_1_ECX | PV_1_ECX_HYPERVISOR },
        { FEATURE_7_EBX, PV_7_0_EBX }, { FEATURE_7_ECX, PV_7_0_ECX },
        { FEATURE_7_EDX, PV_7_0_EDX }, { FEATURE_E1_EDX, PV_E1_EDX },
        { FEATURE_E1_ECX, PV_E1_ECX }, { FEATURE_D1_EAX, PV_D_1_EAX },
        { FEATURE_E7_EDX, 0 },         { FEATURE_E8_EBX, PV_E8_EBX },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(allowed); i++) {
        unsigned int word = allowed[i].word;

        *cpu_policy_word(p, word) &= allowed[i].bits & cpu_policy_bits(max, word);
    }
    p->feature[1] = (struct cpuid_leaf){ p->feature[1].a & PV_7_1_EAX & max->feature[1].a, 0, 0,
                                         0 };
    p->feature[2] = (struct cpuid_leaf){ 0, 0, 0, 0 };
    p->basic[1].c |= PV_1_ECX_HYPERVISOR;
    drop_dependents(p);
}

/* Leaf 0xd follows from the features. */
static void settle_xstate(struct cpu_policy *p, const struct cpu_policy *max)
{
    uint64_t states = 0;

    if (policy_has(p, X86_FEATURE_XSAVE)) {
        states = XSTATE_FP | XSTATE_SSE;
        states |= policy_has(p, FEATURE(FEATURE_1_ECX, 28)) ? XSTATE_AVX : 0;
        states |= policy_has(p, FEATURE(FEATURE_7_EBX, 16)) ? XSTATE_AVX512 : 0;
        states &= cpu_policy_xfeatures(max);
    }
    p->xstate[0] = (struct cpuid_leaf){ (uint32_t)states, 0, states ? xstate_size_for(states) : 0,
                                        (uint32_t)(states >> 32) };
    p->xstate[1] = (struct cpuid_leaf){ p->xstate[1].a, 0, 0, 0 };
    for (unsigned int i = 2; i < POLICY_XSTATE_LEAVES; i++) {
        p->xstate[i] = states >> i & 1 ? max->xstate[i] : (struct cpuid_leaf){ 0, 0, 0, 0 };
    }
}

/* Leaves that say nothing to a PV guest, or that are the machine's and not a matter of choice. */
static void settle_rest(struct cpu_policy *p, const struct cpu_policy *max)
{
    static const struct cpuid_leaf nothing;
    static const uint8_t basic[] = { 0x5, 0x6, 0x8, 0x9, 0xa, 0xc };
    uint32_t linear = (max->extended[8].a >> LINEAR_BITS_SHIFT) & 0xff;

    for (unsigned int i = 0; i < ARRAY_SIZE(basic); i++) {
        p->basic[basic[i]] = nothing; /* MWAIT, power, performance counters … */
    }
    p->basic[1].b &= (1U << LEAF1_APIC_ID_SHIFT) - 1; /* every vCPU's is 0: one package */
    memset(p->topology, 0, sizeof(p->topology));      /* no such thing as a vCPU's core */
    p->extended[1].b = max->extended[1].b;
    p->extended[7] = nothing;
    p->extended[8].a = (max->extended[8].a & 0xff) | min(linear, PV_LINEAR_BITS)
                                                         << LINEAR_BITS_SHIFT;
    p->extended[8].c = max->extended[8].c;
    p->extended[8].d = 0;
    for (unsigned int i = 9; i < POLICY_EXTENDED_LEAVES; i++) {
        p->extended[i] = max->extended[i];
    }
    p->extended[0xa] = p->extended[0x1b] = p->extended[0x1c] = nothing; /* SVM, IBS, LWP */
}

void pv_policy_limit(struct cpu_policy *p, const struct cpu_policy *max)
{
    const uint32_t feature = min(max->feature[0].a, PV_MAX_FEATURE_LEAF);
    const uint32_t extended = min(max->extended[0].a, POLICY_EXTENDED + PV_MAX_EXTENDED_LEAF);

    p->basic[0].a = min(p->basic[0].a, max->basic[0].a);
    p->feature[0].a = min(p->feature[0].a, feature);
    p->extended[0].a = min(p->extended[0].a, extended);
    mask_features(p, max);
    settle_xstate(p, max);
    settle_rest(p, max);
    cpu_policy_trim(p);
}

void pv_policy_finish(struct cpu_policy *p)
{
    if (boot_cpu_is_amd()) { /* repeats leaf 1's bits */
        p->extended[1].d = (p->extended[1].d & ~PV_E1_EDX_COMMON) |
                           (p->basic[1].d & PV_E1_EDX_COMMON);
    }
}

void pv_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_leaf *out)
{
    const struct cpu_policy *p = v->domain->arch.cpu_policy;

    if (leaf >= 0x40000000 && leaf < 0x40010000) {
        hypervisor_leaf(v->domain, leaf, subleaf, out);
        return;
    }
    *out = cpu_policy_cpuid(p, leaf, subleaf);
    switch (leaf) {
    case 0x1:
        if (out->c & PV_1_ECX_XSAVE) {
            out->c |= PV_1_ECX_OSXSAVE;
        }
        break;
    case 0xd:
        if (subleaf == 0 && cpu_policy_xfeatures(p)) {
            out->b = xstate_size_for(v->arch.xcr0);
        }
        break;
    default:
        break;
    }
}
