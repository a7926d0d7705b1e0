/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's CPUID leaves, from 0x40000000 on (or 0x40000100, ... when another interface is
 * shown there).
 *
 * +0: eax the last leaf, ebx ecx edx the signature
 * +1: eax major << 16 | minor version
 * +2: eax number of hypercall pages, ebx the base of the MSRs, ecx and edx features
 * +3: time. Sub-leaf 0: eax bit 0 emulated, bit 1 reliable, bit 2 RDTSCP; ebx mode; ecx guest kHz;
 *     edx incarnation. Sub-leaf 1: eax ebx TSC offset, ecx multiplier, edx shift. Sub-leaf 2: eax
 *     host kHz
 * +4: HVM. Sub-leaf 0: eax XEN_HVM_CPUID_*; ebx vCPU id; ecx domain id
 * +5: PV. Sub-leaf 0: eax the last sub-leaf, ebx bits 0-7 the machine address width
 */
#ifndef __XEN_PUBLIC_ARCH_X86_CPUID_H__
#define __XEN_PUBLIC_ARCH_X86_CPUID_H__

#define XEN_CPUID_FIRST_LEAF 0x40000000
#define XEN_CPUID_LEAF(i)    (XEN_CPUID_FIRST_LEAF + (i))

/* "XenVMMXenVMM" */
#define XEN_CPUID_SIGNATURE_EBX 0x566e6558
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e

#define _XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 0
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD  (1u << 0)

#define XEN_HVM_CPUID_APIC_ACCESS_VIRT (1u << 0) /* APIC registers are virtualised */
#define XEN_HVM_CPUID_X2APIC_VIRT      (1u << 1) /* x2APIC accesses are virtualised */
#define XEN_HVM_CPUID_IOMMU_MAPPINGS   (1u << 2) /* foreign mappings are in the IOMMU, too */
#define XEN_HVM_CPUID_VCPU_ID_PRESENT  (1u << 3) /* ebx is valid */
#define XEN_HVM_CPUID_DOMID_PRESENT    (1u << 4) /* ecx is valid */
#define XEN_HVM_CPUID_EXT_DEST_ID      (1u << 5) /* 15-bit interrupt destinations */
#define XEN_HVM_CPUID_UPCALL_VECTOR    (1u << 6) /* per-vCPU upcall vectors work with pirqs */

#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK (0xffu << 0)

#define XEN_CPUID_MAX_NUM_LEAVES 5

#endif /* __XEN_PUBLIC_ARCH_X86_CPUID_H__ */
