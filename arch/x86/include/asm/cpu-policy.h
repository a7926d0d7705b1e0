/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU policies: what CPUID answers, as data. One each for the hardware, the host and PV guests,
 * constant after start-up, and one for each domain that its maker gave another than the default.
 */
#ifndef ASM_CPU_POLICY_H
#define ASM_CPU_POLICY_H

#include <hv/compiler.h>

struct domain;

struct cpuid_leaf {
    uint32_t a, b, c, d;
};

#define POLICY_BASIC_LEAVES    14U /* 0 to 0xd, of which four have sub-leaves instead */
#define POLICY_CACHE_LEAVES    6U  /* leaf 4 */
#define POLICY_FEATURE_LEAVES  3U  /* leaf 7 */
#define POLICY_TOPOLOGY_LEAVES 2U  /* leaf 0xb */
#define POLICY_XSTATE_LEAVES   63U /* leaf 0xd */
#define POLICY_EXTENDED_LEAVES 34U /* 0x80000000 to 0x80000021 */
#define POLICY_EXTENDED        0x80000000U

struct cpu_policy {
    struct cpuid_leaf basic[POLICY_BASIC_LEAVES];
    struct cpuid_leaf cache[POLICY_CACHE_LEAVES];
    struct cpuid_leaf feature[POLICY_FEATURE_LEAVES];
    struct cpuid_leaf topology[POLICY_TOPOLOGY_LEAVES];
    struct cpuid_leaf xstate[POLICY_XSTATE_LEAVES];
    struct cpuid_leaf extended[POLICY_EXTENDED_LEAVES];
};

/* What the hardware says; what the host has of it; what a PV guest may have, and is given. */
extern struct cpu_policy raw_policy, host_policy, pv_policy, pv_domain_policy;

/* First CPU, once the host's features and extended states are settled. */
void cpu_policies_init(void) __init;

/* The place of a leaf; NULL for one that a policy does not hold. sub: XEN_CPUID_NO_SUBLEAF for a
 * leaf without sub-leaves. */
struct cpuid_leaf *cpu_policy_leaf(struct cpu_policy *p, uint32_t leaf, uint32_t sub);
/* The answer for any leaf and sub-leaf, as CPUID gives it: zeroes past the highest. */
struct cpuid_leaf cpu_policy_cpuid(const struct cpu_policy *p, uint32_t leaf, uint32_t sub);
/* A feature word (FEATURE_1_EDX …). */
uint32_t *cpu_policy_word(struct cpu_policy *p, unsigned int word);
uint32_t cpu_policy_bits(const struct cpu_policy *p, unsigned int word);
/* Extended states that it allows. */
uint64_t cpu_policy_xfeatures(const struct cpu_policy *p);
/* Clears what lies past the highest leaves that it names. */
void cpu_policy_trim(struct cpu_policy *p);

/* PV's part: *p limited to what PV guests may have, and what follows from its features settled. No
 * locks; *p is the caller's. */
void pv_policy_limit(struct cpu_policy *p, const struct cpu_policy *max);
/* A domain's registers of leaves that repeat others. */
void pv_policy_finish(struct cpu_policy *p);

#endif
