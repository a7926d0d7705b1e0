/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID as a PV guest sees it: the host's features less what a guest in ring 3 cannot have or the
 * hypervisor does not switch, and the hypervisor's own leaves at 0x40000000. Read-only tables; no
 * locks.
 *
 * A PV kernel asks with the forced-emulation prefix, or is trapped where the CPU can fault on
 * CPUID; its programs see the hardware's answer elsewhere, as they do under 4.17.
 */
#include <hv/lib.h>
#include <public/arch-x86/cpuid.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/time.h>
#include <asm/xstate.h>

/* The version that the guest is told. */
#define ABI_MAJOR 4U
#define ABI_MINOR 17U

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

#define MAX_BASIC_LEAF    0xdU
#define MAX_EXTENDED_LEAF 0x8000001cU

static void host_cpuid(uint32_t leaf, uint32_t sub, struct cpuid_leaf *out)
{
    __asm__ volatile("cpuid"
                     : "=a"(out->a), "=b"(out->b), "=c"(out->c), "=d"(out->d)
                     : "0"(leaf), "2"(sub));
}

/* Time: never emulated; one TSC for all. Sub-leaves as arch-x86/cpuid.h has them. */
static void time_leaf(uint32_t sub, struct cpuid_leaf *out)
{
    switch (sub) {
    case 0:
        out->a = 2U | (cpu_has(X86_FEATURE_RDTSCP) ? 4U : 0);
        out->c = tsc_khz();
        break;
    case 2:
        out->a = tsc_khz();
        break;
    default:
        break;
    }
}

static void hypervisor_leaf(uint32_t leaf, uint32_t sub, struct cpuid_leaf *out)
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
        out->a = ABI_MAJOR << 16 | ABI_MINOR;
        break;
    case 2:
        out->a = 1;          /* pages of hypercall stubs */
        out->b = 0x40000000; /* the MSR that places them */
        out->c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
        break;
    case 3:
        time_leaf(sub, out);
        break;
    case 5:
        out->b = cpu_paddr_bits; /* machine address width: what frame numbers may reach */
        break;
    default:
        break;
    }
}

static void basic_leaf(const struct vcpu *v, uint32_t leaf, uint32_t sub, struct cpuid_leaf *out)
{
    switch (leaf) {
    case 0x0:
        out->a = min(out->a, MAX_BASIC_LEAF);
        break;
    case 0x1:
        out->b = (out->b & 0x00ffffff) | (v->vcpu_id * 2) << 24;
        out->d &= PV_1_EDX;
        out->c &= PV_1_ECX;
        if (!xfeature_mask) {
            out->c &= ~PV_1_ECX_XSAVE;
        }
        if (xfeature_mask) {
            out->c |= PV_1_ECX_OSXSAVE;
        }
        out->c |= PV_1_ECX_HYPERVISOR;
        break;
    case 0x5: /* MONITOR/MWAIT */
    case 0x6: /* power */
    case 0xa: /* performance counters */
        *out = (struct cpuid_leaf){ 0, 0, 0, 0 };
        break;
    case 0x7:
        if (sub == 0) {
            out->a = min(out->a, 1U);
            out->b &= PV_7_0_EBX;
            out->c &= PV_7_0_ECX;
            out->d &= PV_7_0_EDX;
        } else if (sub == 1) {
            *out = (struct cpuid_leaf){ out->a & PV_7_1_EAX, 0, 0, 0 };
        } else {
            *out = (struct cpuid_leaf){ 0, 0, 0, 0 };
        }
        break;
    case 0xb:
        out->d = v->vcpu_id * 2;
        break;
    case 0xd:
        if (sub == 0) {
            out->a = (uint32_t)xfeature_mask;
            out->d = (uint32_t)(xfeature_mask >> 32);
            out->b = xfeature_mask ? xstate_size_for(v->arch.xcr0) : 0;
            out->c = xfeature_mask ? xstate_size : 0;
        } else if (sub == 1) {
            *out = (struct cpuid_leaf){ out->a & PV_D_1_EAX, 0, 0, 0 };
        } else if (sub >= 64 || !((xfeature_mask >> sub) & 1)) {
            *out = (struct cpuid_leaf){ 0, 0, 0, 0 };
        }
        break;
    default:
        break;
    }
}

static void extended_leaf(uint32_t leaf, struct cpuid_leaf *out)
{
    switch (leaf) {
    case 0x80000000:
        out->a = min(out->a, MAX_EXTENDED_LEAF);
        break;
    case 0x80000001:
        out->d &= PV_E1_EDX | (boot_cpu_is_amd() ? PV_E1_EDX_COMMON & PV_1_EDX : 0);
        out->c &= PV_E1_ECX;
        break;
    case 0x80000007:
        *out = (struct cpuid_leaf){ 0, 0, 0, 0 };
        break;
    case 0x80000008:
        out->b &= PV_E8_EBX;
        break;
    case 0x8000000a: /* SVM */
    case 0x8000001b: /* IBS */
    case 0x8000001c: /* LWP */
        *out = (struct cpuid_leaf){ 0, 0, 0, 0 };
        break;
    default:
        break;
    }
}

void pv_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_leaf *out)
{
    if (leaf >= 0x40000000 && leaf < 0x40010000) {
        hypervisor_leaf(leaf, subleaf, out);
        return;
    }

    *out = (struct cpuid_leaf){ 0, 0, 0, 0 };
    if (leaf & 0x80000000) {
        if (leaf <= MAX_EXTENDED_LEAF) {
            host_cpuid(leaf, subleaf, out);
            extended_leaf(leaf, out);
        }
        return;
    }
    if (leaf <= MAX_BASIC_LEAF) {
        host_cpuid(leaf, subleaf, out);
        basic_leaf(v, leaf, subleaf, out);
    }
}
