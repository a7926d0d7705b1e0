/* SPDX-License-Identifier: GPL-2.0-only */
/* Model-specific registers: their numbers (SDM vol. 4; APM vol. 2 app. A) and access. */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#include <hv/compiler.h>
#include <asm/cpu-defs.h>

#define MSR_APIC_BASE                 0x0000001b
#define APIC_BASE_BSP                 (1UL << 8)
#define APIC_BASE_EXTD                (1UL << 10)
#define APIC_BASE_ENABLE              (1UL << 11)
#define APIC_BASE_ADDR                0x000ffffffffff000UL
#define MSR_SPEC_CTRL                 0x00000048
#define SPEC_CTRL_IBRS                (1UL << 0)
#define SPEC_CTRL_STIBP               (1UL << 1)
#define SPEC_CTRL_SSBD                (1UL << 2)
#define MSR_PRED_CMD                  0x00000049
#define PRED_CMD_IBPB                 (1UL << 0)
#define MSR_BIOS_SIGN_ID              0x0000008b
#define MSR_MTRRCAP                   0x000000fe
#define MSR_ARCH_CAPABILITIES         0x0000010a
#define ARCH_CAP_RDCL_NO              (1UL << 0)
#define ARCH_CAP_IBRS_ALL             (1UL << 1)
#define ARCH_CAP_SKIP_L1DFL           (1UL << 3)
#define ARCH_CAP_SSB_NO               (1UL << 4)
#define ARCH_CAP_MDS_NO               (1UL << 5)
#define ARCH_CAP_TAA_NO               (1UL << 8)
#define ARCH_CAP_SBDR_SSDP_NO         (1UL << 13)
#define ARCH_CAP_FBSDP_NO             (1UL << 14)
#define ARCH_CAP_PSDP_NO              (1UL << 15)
#define ARCH_CAP_FB_CLEAR             (1UL << 17)
#define ARCH_CAP_RFDS_NO              (1UL << 27)
#define ARCH_CAP_RFDS_CLEAR           (1UL << 28)
#define MSR_FLUSH_CMD                 0x0000010b
#define FLUSH_CMD_L1D                 (1UL << 0)
#define MSR_MCG_CAP                   0x00000179
#define MSR_MCG_STATUS                0x0000017a
#define MSR_MCG_CTL                   0x0000017b
#define MSR_SYSENTER_CS               0x00000174
#define MSR_SYSENTER_ESP              0x00000175
#define MSR_SYSENTER_EIP              0x00000176
#define MSR_MISC_ENABLE               0x000001a0
#define MSR_PAT                       0x00000277
#define MSR_PERFEVTSEL0               0x00000186
#define MSR_PERFCTR0                  0x000000c1
#define MSR_PERF_GLOBAL_CTRL          0x0000038f
#define MSR_PERF_GLOBAL_STATUS        0x0000038e
#define MSR_PERF_GLOBAL_OVF           0x00000390
#define MSR_TSC_DEADLINE              0x000006e0
#define MSR_X2APIC_FIRST              0x00000800
#define MSR_STAR                      0xc0000081
#define MSR_LSTAR                     0xc0000082
#define MSR_CSTAR                     0xc0000083
#define MSR_SYSCALL_MASK              0xc0000084
#define MSR_FS_BASE                   0xc0000100
#define MSR_GS_BASE                   0xc0000101
#define MSR_SHADOW_GS_BASE            0xc0000102
#define MSR_TSC_AUX                   0xc0000103
#define MSR_K8_EVNTSEL0               0xc0010000
#define MSR_K8_PERFCTR0               0xc0010004
#define MSR_AMD64_DE_CFG              0xc0011029
#define AMD64_DE_CFG_LFENCE_SERIALISE (1UL << 1)
#define MSR_VIRT_SPEC_CTRL            0xc001011f

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return lo | (uint64_t)hi << 32;
}

static inline void wrmsr(uint32_t msr, uint64_t val)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32)) : "memory");
}

/* For registers that may not exist: 0, or -EFAULT on #GP. */
int rdmsr_safe(uint32_t msr, uint64_t *val) __must_check;
int wrmsr_safe(uint32_t msr, uint64_t val) __must_check;

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return lo | (uint64_t)hi << 32;
}

/* Not before everything older has been done. */
static inline uint64_t rdtsc_ordered(void)
{
    uint32_t lo, hi;

    __asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi)::"memory");
    return lo | (uint64_t)hi << 32;
}

#endif
