/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU policies of the machine: the hardware's CPUID, read once on the first CPU, and the host's,
 * which is the hardware's with the features that the hypervisor uses. Constant after start-up; no
 * locks. What guests may have of it is their kind's affair (pv/cpuid.c).
 */
#include <hv/lib.h>
#include <hv/nospec.h>
#include <public/arch-x86/xen.h>
#include <asm/cpu-policy.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <asm/xstate.h>

#define CACHE_TYPE_MASK      0x1fU /* leaf 4 EAX: 0 after the last (SDM vol. 2, CPUID) */
#define TOPOLOGY_LEVELS_END  0xff00U
#define LEAF1_APIC_ID        0xff000000U
#define LEAF1_ECX_OSXSAVE    (1U << 27)
#define LEAF7_ECX_OSPKE      (1U << 4)
#define LEAF1_EDX_SEP        (1U << 11)
#define XSTATE_FIRST_OF_AREA 2U

struct cpu_policy raw_policy __ro_after_init, host_policy __ro_after_init;
struct cpu_policy pv_policy __ro_after_init, pv_domain_policy __ro_after_init;

static struct cpuid_leaf __init hardware(uint32_t leaf, uint32_t sub)
{
    struct cpuid_regs r = cpuid(leaf, sub);

    return (struct cpuid_leaf){ r.eax, r.ebx, r.ecx, r.edx };
}

/* A leaf's record by the number that a guest gave. */
#define PICK(array, n)                                                                             \
    ((n) < ARRAY_SIZE(array) ? &(array)[array_index_nospec(n, ARRAY_SIZE(array))] : NULL)

struct cpuid_leaf *cpu_policy_leaf(struct cpu_policy *p, uint32_t leaf, uint32_t sub)
{
    const bool none = sub == XEN_CPUID_NO_SUBLEAF;

    if (leaf >= POLICY_EXTENDED) {
        leaf -= POLICY_EXTENDED;
        return none ? PICK(p->extended, leaf) : NULL;
    }
    switch (leaf) {
    case 0x4:
        return PICK(p->cache, sub);
    case 0x7:
        return PICK(p->feature, sub);
    case 0xb:
        return PICK(p->topology, sub);
    case 0xd:
        return PICK(p->xstate, sub);
    default:
        return none ? PICK(p->basic, leaf) : NULL;
    }
}

struct cpuid_leaf cpu_policy_cpuid(const struct cpu_policy *p, uint32_t leaf, uint32_t sub)
{
    static const struct cpuid_leaf nothing;
    const bool many = leaf == 0x4 || leaf == 0x7 || leaf == 0xb || leaf == 0xd;
    const struct cpuid_leaf *found;

    if (leaf > (leaf >= POLICY_EXTENDED ? p->extended[0].a : p->basic[0].a)) {
        return nothing;
    }
    if (many && sub == XEN_CPUID_NO_SUBLEAF) {
        return nothing;
    }
    found = cpu_policy_leaf((struct cpu_policy *)p, leaf, many ? sub : XEN_CPUID_NO_SUBLEAF);
    return found ? *found : nothing;
}

uint32_t *cpu_policy_word(struct cpu_policy *p, unsigned int word)
{
    switch (word) {
    case FEATURE_1_EDX:
        return &p->basic[1].d;
    case FEATURE_1_ECX:
        return &p->basic[1].c;
    case FEATURE_E1_EDX:
        return &p->extended[1].d;
    case FEATURE_E1_ECX:
        return &p->extended[1].c;
    case FEATURE_7_EBX:
        return &p->feature[0].b;
    case FEATURE_7_ECX:
        return &p->feature[0].c;
    case FEATURE_7_EDX:
        return &p->feature[0].d;
    case FEATURE_D1_EAX:
        return &p->xstate[1].a;
    case FEATURE_E7_EDX:
        return &p->extended[7].d;
    default:
        ASSERT(word == FEATURE_E8_EBX);
        return &p->extended[8].b;
    }
}

uint32_t cpu_policy_bits(const struct cpu_policy *p, unsigned int word)
{
    return *cpu_policy_word((struct cpu_policy *)p, word);
}

uint64_t cpu_policy_xfeatures(const struct cpu_policy *p)
{
    return p->xstate[0].a | (uint64_t)p->xstate[0].d << 32;
}

void cpu_policy_trim(struct cpu_policy *p)
{
    static const struct cpuid_leaf nothing;
    uint32_t basic = p->basic[0].a, extended = p->extended[0].a - POLICY_EXTENDED;

    for (uint32_t leaf = basic + 1; leaf < POLICY_BASIC_LEAVES; leaf++) {
        p->basic[leaf] = nothing;
    }
    if (basic < 0x4) {
        memset(p->cache, 0, sizeof(p->cache));
    }
    if (basic < 0x7) {
        memset(p->feature, 0, sizeof(p->feature));
    }
    for (uint32_t sub = p->feature[0].a + 1; sub < POLICY_FEATURE_LEAVES; sub++) {
        p->feature[sub] = nothing;
    }
    if (basic < 0xb) {
        memset(p->topology, 0, sizeof(p->topology));
    }
    if (basic < 0xd) {
        memset(p->xstate, 0, sizeof(p->xstate));
    }
    for (uint32_t leaf = extended + 1; leaf < POLICY_EXTENDED_LEAVES; leaf++) {
        p->extended[leaf] = nothing;
    }
}

static void __init read_sub_leaves(struct cpu_policy *p, uint32_t basic)
{
    for (uint32_t i = 0; basic >= 0x4 && i < POLICY_CACHE_LEAVES; i++) {
        p->cache[i] = hardware(0x4, i);
        if (!(p->cache[i].a & CACHE_TYPE_MASK)) {
            break;
        }
    }
    for (uint32_t i = 0; basic >= 0x7 && i < POLICY_FEATURE_LEAVES; i++) {
        if (i <= p->feature[0].a) {
            p->feature[i] = hardware(0x7, i);
        }
    }
    for (uint32_t i = 0; basic >= 0xb && i < POLICY_TOPOLOGY_LEAVES; i++) {
        p->topology[i] = hardware(0xb, i);
        if (!(p->topology[i].c & TOPOLOGY_LEVELS_END)) {
            break;
        }
    }
    for (uint32_t i = 0; basic >= 0xd && i < POLICY_XSTATE_LEAVES; i++) {
        if (i < XSTATE_FIRST_OF_AREA || (cpu_policy_xfeatures(p) >> i & 1)) {
            p->xstate[i] = hardware(0xd, i);
        }
    }
}

static void __init read_hardware(struct cpu_policy *p)
{
    uint32_t basic = hardware(0, 0).a, extended = hardware(POLICY_EXTENDED, 0).a;

    for (uint32_t leaf = 0; leaf <= basic && leaf < POLICY_BASIC_LEAVES; leaf++) {
        p->basic[leaf] = hardware(leaf, 0);
    }
    read_sub_leaves(p, basic);
    extended = extended >= POLICY_EXTENDED ? extended - POLICY_EXTENDED : 0;
    for (uint32_t leaf = 0; leaf <= extended && leaf < POLICY_EXTENDED_LEAVES; leaf++) {
        p->extended[leaf] = hardware(POLICY_EXTENDED + leaf, 0);
    }
    p->basic[0].a = min(basic, POLICY_BASIC_LEAVES - 1);
    p->feature[0].a = min(p->feature[0].a, POLICY_FEATURE_LEAVES - 1);
    p->extended[0].a = POLICY_EXTENDED + min(extended, POLICY_EXTENDED_LEAVES - 1);
    p->basic[1].b &= ~LEAF1_APIC_ID; /* which CPU it was read on */
}

static void __init derive_host(struct cpu_policy *p)
{
    static const struct cpuid_leaf nothing;

    *p = raw_policy;
    for (unsigned int word = 0; word < FEATURE_OWN; word++) {
        *cpu_policy_word(p, word) &= cpu_features[word];
    }
    /* What the hypervisor had switched on by then. */
    p->basic[1].c &= ~LEAF1_ECX_OSXSAVE;
    p->feature[0].c &= ~LEAF7_ECX_OSPKE;
    p->xstate[0].b = 0;
    if (boot_cpu_is_amd()) {
        p->basic[1].d &= ~LEAF1_EDX_SEP; /* not in long mode (APM vol. 3, SYSENTER) */
    }
    p->basic[0x5] = p->basic[0x6] = p->basic[0xa] = nothing;
    memset(p->topology, 0, sizeof(p->topology));
    p->xstate[0].a = (uint32_t)xfeature_mask;
    p->xstate[0].c = xfeature_mask ? xstate_size : 0;
    p->xstate[0].d = (uint32_t)(xfeature_mask >> 32);
    for (unsigned int i = XSTATE_FIRST_OF_AREA; i < POLICY_XSTATE_LEAVES; i++) {
        if (!(xfeature_mask >> i & 1)) {
            p->xstate[i] = nothing;
        }
    }
}

void __init cpu_policies_init(void)
{
    read_hardware(&raw_policy);
    derive_host(&host_policy);
    pv_policy = host_policy;
    pv_policy_limit(&pv_policy, &host_policy);
    pv_domain_policy = pv_policy;
    pv_policy_finish(&pv_domain_policy);
}
