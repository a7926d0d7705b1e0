/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU features that the hypervisor looks at, and what it does about the CPU's errata. A feature's
 * number is word * 32 + bit, each word one register of one CPUID leaf; the last word is our own.
 */
#ifndef ASM_CPUFEATURE_H
#define ASM_CPUFEATURE_H

#define FEATURE_1_EDX    0
#define FEATURE_1_ECX    1
#define FEATURE_E1_EDX   2
#define FEATURE_E1_ECX   3
#define FEATURE_7_EBX    4
#define FEATURE_7_ECX    5
#define FEATURE_7_EDX    6
#define FEATURE_D1_EAX   7
#define FEATURE_E7_EDX   8
#define FEATURE_E8_EBX   9
#define FEATURE_OWN      10
#define NR_FEATURE_WORDS 11

#define FEATURE(word, bit) ((word)*32 + (bit))

#define X86_FEATURE_MCE          FEATURE(FEATURE_1_EDX, 7)
#define X86_FEATURE_APIC         FEATURE(FEATURE_1_EDX, 9)
#define X86_FEATURE_MTRR         FEATURE(FEATURE_1_EDX, 12)
#define X86_FEATURE_PGE          FEATURE(FEATURE_1_EDX, 13)
#define X86_FEATURE_MCA          FEATURE(FEATURE_1_EDX, 14)
#define X86_FEATURE_PAT          FEATURE(FEATURE_1_EDX, 16)
#define X86_FEATURE_FXSR         FEATURE(FEATURE_1_EDX, 24)
#define X86_FEATURE_SSE2         FEATURE(FEATURE_1_EDX, 26)
#define X86_FEATURE_HTT          FEATURE(FEATURE_1_EDX, 28)
#define X86_FEATURE_MONITOR      FEATURE(FEATURE_1_ECX, 3)
#define X86_FEATURE_CX16         FEATURE(FEATURE_1_ECX, 13)
#define X86_FEATURE_PCID         FEATURE(FEATURE_1_ECX, 17)
#define X86_FEATURE_X2APIC       FEATURE(FEATURE_1_ECX, 21)
#define X86_FEATURE_TSC_DEADLINE FEATURE(FEATURE_1_ECX, 24)
#define X86_FEATURE_XSAVE        FEATURE(FEATURE_1_ECX, 26)
#define X86_FEATURE_HYPERVISOR   FEATURE(FEATURE_1_ECX, 31)
#define X86_FEATURE_SYSCALL      FEATURE(FEATURE_E1_EDX, 11)
#define X86_FEATURE_NX           FEATURE(FEATURE_E1_EDX, 20)
#define X86_FEATURE_PAGE1GB      FEATURE(FEATURE_E1_EDX, 26)
#define X86_FEATURE_RDTSCP       FEATURE(FEATURE_E1_EDX, 27)
#define X86_FEATURE_SVM          FEATURE(FEATURE_E1_ECX, 2)
#define X86_FEATURE_FSGSBASE     FEATURE(FEATURE_7_EBX, 0)
#define X86_FEATURE_TSC_ADJUST   FEATURE(FEATURE_7_EBX, 1)
#define X86_FEATURE_SMEP         FEATURE(FEATURE_7_EBX, 7)
#define X86_FEATURE_ERMS         FEATURE(FEATURE_7_EBX, 9)
#define X86_FEATURE_INVPCID      FEATURE(FEATURE_7_EBX, 10)
#define X86_FEATURE_RTM          FEATURE(FEATURE_7_EBX, 11)
#define X86_FEATURE_SMAP         FEATURE(FEATURE_7_EBX, 20)
#define X86_FEATURE_UMIP         FEATURE(FEATURE_7_ECX, 2)
#define X86_FEATURE_MD_CLEAR     FEATURE(FEATURE_7_EDX, 10)
#define X86_FEATURE_IBRSB        FEATURE(FEATURE_7_EDX, 26)
#define X86_FEATURE_ARCH_CAPS    FEATURE(FEATURE_7_EDX, 29)
#define X86_FEATURE_INVTSC       FEATURE(FEATURE_E7_EDX, 8)
#define X86_FEATURE_FP_ERR_PTRS  FEATURE(FEATURE_E8_EBX, 2) /* XRSTOR always restores them */
#define X86_FEATURE_IBPB         FEATURE(FEATURE_E8_EBX, 12)
#define X86_FEATURE_XPTI         FEATURE(FEATURE_OWN, 0) /* page-table isolation in use */
#define X86_FEATURE_RSB_FILL     FEATURE(FEATURE_OWN, 1) /* the return stack is filled on entry */

#ifndef __ASSEMBLY__
#include <hv/percpu.h>

extern uint32_t cpu_features[NR_FEATURE_WORDS];
extern unsigned int cpu_paddr_bits;
/* CR4 that every CPU runs with, as far as it has the features; and what it has now, since some bits
 * are the running guest's. */
extern unsigned long host_cr4;
DECLARE_PER_CPU(unsigned long, cpu_cr4);

static inline bool cpu_has(unsigned int feature)
{
    return (cpu_features[feature / 32] >> (feature % 32)) & 1;
}

bool boot_cpu_is_amd(void);
/* For tests and command-line options (smep=0 …): the feature counts as absent. */
void cpu_feature_clear(unsigned int feature);

/* First CPU: reads the features; panics when one that we cannot do without is missing. */
void cpu_features_init(void) __init;
/* Each CPU: control registers, EFER, PAT, SYSCALL entry, extended state. On its own stack block. */
void cpu_init_registers(unsigned int cpu);
/* Twelve letters, without an end. */
void cpu_vendor_id(char *id);
void cpu_signature(uint32_t *family, uint32_t *model, uint32_t *stepping);
#endif

#endif
