/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's part of every address space: level-4 slots 256 to 271, 512 GiB each. PV kernels
 * rely on the hole being ours and on the M2P being readable at its start; the rest is our choice.
 *
 *   256  0xffff800000000000  M2P, read-only for guests (user-accessible, no-execute)
 *   257  0xffff808000000000  M2P, read-write alias, hypervisor only
 *   258  0xffff810000000000  per-domain: each vCPU's GDT and LDT window
 *   259  0xffff818000000000  vmap: stacks, device memory, virtually contiguous allocations
 *   260  0xffff820000000000  frame table (32 bytes a frame, sparse)
 *   261  0xffff828000000000  the image at 0xffff82d040000000, W^X; the screen at 0xffff82d080000000
 *   262  0xffff830000000000  direct map, 5 TiB, no-execute, to the end of slot 271
 *
 * Guests own the rest: below 0x0000800000000000 and from 0xffff880000000000.
 */
#ifndef ASM_LAYOUT_H
#define ASM_LAYOUT_H

#ifdef __ASSEMBLER__
#define UL_(x) x
#else
#define UL_(x) x##UL
#endif

#define HV_FIRST_SLOT    256
#define HV_LAST_SLOT     271
#define HYPERVISOR_START UL_(0xffff800000000000)
#define HYPERVISOR_END   UL_(0xffff880000000000)

#define RO_M2P_START     UL_(0xffff800000000000)
#define RO_M2P_SLOT      256
#define RW_M2P_START     UL_(0xffff808000000000)
#define RW_M2P_SLOT      257
#define PERDOMAIN_START  UL_(0xffff810000000000)
#define PERDOMAIN_SLOT   258
#define VMAP_START       UL_(0xffff818000000000)
#define VMAP_SLOT        259
#define VMAP_SIZE        UL_(0x0000004000000000) /* 256 GiB */
#define FRAMETABLE_START UL_(0xffff820000000000)
#define FRAMETABLE_SLOT  260
#define IMAGE_START      UL_(0xffff82d040000000)
#define IMAGE_SLOT       261
#define IMAGE_MAX_SIZE   UL_(0x0000000010000000) /* 256 MiB of address space */
#define SCREEN_START     UL_(0xffff82d080000000)
#define SCREEN_SIZE      UL_(0x0000000040000000) /* what one level-2 table maps */
#define DIRECTMAP_START  UL_(0xffff830000000000)
#define DIRECTMAP_SLOT   262
#define DIRECTMAP_SIZE   UL_(0x0000050000000000)

/* Per-domain slot: 32 pages a vCPU, 16 for the GDT (the last two ours), 16 for the LDT. */
#define GDT_LDT_VCPU_SHIFT 17
#define GDT_VA(vcpu_id)    (PERDOMAIN_START + ((unsigned long)(vcpu_id) << GDT_LDT_VCPU_SHIFT))
#define LDT_VA(vcpu_id)    (GDT_VA(vcpu_id) + UL_(0x10000))

/* CPU stacks: 8 pages, aligned to their size: #DF, NMI, #MC, #DB stacks, a guard, the main stack.
 */
#define STACK_ORDER      3
#define STACK_SIZE       UL_(0x8000)
#define IST_DF_TOP       0x1000 /* offsets of the tops in the block */
#define IST_NMI_TOP      0x2000
#define IST_MCE_TOP      0x3000
#define IST_DB_TOP       0x4000
#define STACK_GUARD_PAGE 4
/* CPU n's block is the n-th of this area: the half of slot 259 that vmap leaves alone. */
#define CPU_STACKS_START (VMAP_START + VMAP_SIZE)
#define CPU_STACK(cpu)   (CPU_STACKS_START + (unsigned long)(cpu)*STACK_SIZE)

#ifndef __ASSEMBLER__
#include <stdint.h>
static inline int va_is_hypervisor(unsigned long va)
{
    return va >= HYPERVISOR_START && va < HYPERVISOR_END;
}
#endif

#endif
