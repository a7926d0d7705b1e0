/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the CPU can do, read once on the first one; and the registers that each CPU gets because of
 * it. The feature words are constant after start-up. A CPU that comes up later with less is not let
 * in.
 */
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/percpu.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/entry.h>
#include <asm/mce.h>
#include <asm/mitigations.h>
#include <asm/msr.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <asm/stack.h>
#include <asm/xstate.h>

uint32_t cpu_features[NR_FEATURE_WORDS] __ro_after_init;
unsigned int cpu_paddr_bits __ro_after_init = 36;
unsigned long host_cr4 __ro_after_init;
DEFINE_PER_CPU(unsigned long, cpu_cr4);
static bool is_amd __ro_after_init;

static bool opt_smep __initdata = true;
bool_param("smep", opt_smep);
static bool opt_smap __initdata = true;
bool_param("smap", opt_smap);
static bool opt_xsave __initdata = true;
bool_param("xsave", opt_xsave);

static const struct {
    unsigned int feature;
    const char *name;
} needed[] = {
    { X86_FEATURE_APIC, "APIC" }, { X86_FEATURE_PGE, "PGE" },
    { X86_FEATURE_PAT, "PAT" },   { X86_FEATURE_FXSR, "FXSR" },
    { X86_FEATURE_SSE2, "SSE2" }, { X86_FEATURE_CX16, "CMPXCHG16B" },
    { X86_FEATURE_NX, "NX" },     { X86_FEATURE_SYSCALL, "SYSCALL" },
};

bool boot_cpu_is_amd(void)
{
    return is_amd;
}

void cpu_feature_clear(unsigned int feature)
{
    cpu_features[feature / 32] &= ~(1U << (feature % 32));
}

static void __init read_words(uint32_t w[NR_FEATURE_WORDS])
{
    uint32_t max = cpuid(0, 0).eax, ext = cpuid(0x80000000, 0).eax;
    struct cpuid_regs r = cpuid(1, 0);

    w[FEATURE_1_EDX] = r.edx;
    w[FEATURE_1_ECX] = r.ecx;
    if (max >= 7) {
        r = cpuid(7, 0);
        w[FEATURE_7_EBX] = r.ebx;
        w[FEATURE_7_ECX] = r.ecx;
        w[FEATURE_7_EDX] = r.edx;
    }
    if (max >= 0xd) {
        w[FEATURE_D1_EAX] = cpuid(0xd, 1).eax;
    }
    if (ext >= 0x80000001) {
        r = cpuid(0x80000001, 0);
        w[FEATURE_E1_EDX] = r.edx;
        w[FEATURE_E1_ECX] = r.ecx;
    }
    if (ext >= 0x80000007) {
        w[FEATURE_E7_EDX] = cpuid(0x80000007, 0).edx;
    }
    if (ext >= 0x80000008) {
        r = cpuid(0x80000008, 0);
        w[FEATURE_E8_EBX] = r.ebx;
        cpu_paddr_bits = r.eax & 0xff;
    }
}

static const struct {
    unsigned int feature;
    unsigned long cr4;
} cr4_bits[] = {
    { X86_FEATURE_MCE, CR4_MCE },       { X86_FEATURE_SMEP, CR4_SMEP },
    { X86_FEATURE_SMAP, CR4_SMAP },     { X86_FEATURE_UMIP, CR4_UMIP },
    { X86_FEATURE_XSAVE, CR4_OSXSAVE },
};

void __init cpu_features_init(void)
{
    struct cpuid_regs r = cpuid(0, 0);

    is_amd = (r.ebx == 0x68747541 && r.ecx == 0x444d4163) || /* AuthenticAMD */
             (r.ebx == 0x6f677948 && r.ecx == 0x656e6975);   /* HygonGenuine */
    read_words(cpu_features);

    for (unsigned int i = 0; i < ARRAY_SIZE(needed); i++) {
        if (!cpu_has(needed[i].feature)) {
            panic("This CPU has no %s, which the hypervisor needs\n", needed[i].name);
        }
    }
    if (!opt_smep) {
        cpu_feature_clear(X86_FEATURE_SMEP);
    }
    if (!opt_smap) {
        cpu_feature_clear(X86_FEATURE_SMAP);
    }
    if (!opt_xsave) {
        cpu_feature_clear(X86_FEATURE_XSAVE);
    }

    host_cr4 = CR4_DE | CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    for (unsigned int i = 0; i < ARRAY_SIZE(cr4_bits); i++) {
        if (cpu_has(cr4_bits[i].feature)) {
            host_cr4 |= cr4_bits[i].cr4;
        }
    }
}

static void syscall_entry_init(unsigned int cpu)
{
    unsigned long slot = cpu * SYSCALL_STUB_SIZE;

    wrmsr(MSR_STAR, (uint64_t)FLAT_USER_CS_BASE << 48 | (uint64_t)HV_CS64 << 32);
    wrmsr(MSR_LSTAR, (unsigned long)syscall_stubs + slot);
    wrmsr(MSR_CSTAR, (unsigned long)syscall32_stubs + slot);
    wrmsr(MSR_SYSCALL_MASK, X86_SYSCALL_MASK);
    wrmsr(MSR_SYSENTER_CS, HV_CS64);
    wrmsr(MSR_SYSENTER_ESP, syscall_slots[cpu].top);
    wrmsr(MSR_SYSENTER_EIP, (unsigned long)sysenter_entry);
}

void cpu_init_registers(unsigned int cpu)
{
    write_cr0(HOST_CR0);
    write_cr4(host_cr4);
    this_cpu(cpu_cr4) = host_cr4;
    wrmsr(MSR_EFER, (rdmsr(MSR_EFER) & (EFER_LME | EFER_LMA)) | EFER_SCE | EFER_NXE);
    wrmsr(MSR_PAT, HOST_PAT);
    if (cpu_has(X86_FEATURE_RDTSCP)) {
        wrmsr(MSR_TSC_AUX, 0);
    }
    syscall_entry_init(cpu);
    xstate_init_cpu();
    mitigations_init_cpu();
    mce_init_cpu();
    __asm__ volatile("mov %0, %%db6" : : "r"(DR6_RESET));
    __asm__ volatile("mov %0, %%db7" : : "r"(DR7_RESET));
}
