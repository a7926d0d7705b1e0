/* SPDX-License-Identifier: MIT */
/*
 * The 64-bit PV interface: reserved selectors, the hypervisor's address range, registers, iret
 * frame.
 *
 * A hypercall takes its arguments in rdi, rsi, rdx, r10 and r8 and answers in rax; the argument
 * registers do not survive it, nor do rcx and r11 when it is made by `syscall` directly.
 */
/* Before the guard, as in xen.h of this folder. */
#include "../xen.h"

#ifndef __XEN_PUBLIC_ARCH_X86_XEN_X86_64_H__
#define __XEN_PUBLIC_ARCH_X86_XEN_X86_64_H__

/* Flat segments in the reserved part of every GDT, all of privilege 3. */
#define FLAT_RING3_CS32 0xe023
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_DS32 0xe02b
#define FLAT_RING3_DS64 0x0000
#define FLAT_RING3_SS32 0xe02b
#define FLAT_RING3_SS64 0xe02b

#define FLAT_KERNEL_DS64 FLAT_RING3_DS64
#define FLAT_KERNEL_DS32 FLAT_RING3_DS32
#define FLAT_KERNEL_DS   FLAT_KERNEL_DS64
#define FLAT_KERNEL_CS64 FLAT_RING3_CS64
#define FLAT_KERNEL_CS32 FLAT_RING3_CS32
#define FLAT_KERNEL_CS   FLAT_KERNEL_CS64
#define FLAT_KERNEL_SS64 FLAT_RING3_SS64
#define FLAT_KERNEL_SS32 FLAT_RING3_SS32
#define FLAT_KERNEL_SS   FLAT_KERNEL_SS64

#define FLAT_USER_DS64 FLAT_RING3_DS64
#define FLAT_USER_DS32 FLAT_RING3_DS32
#define FLAT_USER_DS   FLAT_USER_DS64
#define FLAT_USER_CS64 FLAT_RING3_CS64
#define FLAT_USER_CS32 FLAT_RING3_CS32
#define FLAT_USER_CS   FLAT_USER_CS64
#define FLAT_USER_SS64 FLAT_RING3_SS64
#define FLAT_USER_SS32 FLAT_RING3_SS32
#define FLAT_USER_SS   FLAT_USER_SS64

/* The range a PV guest must leave alone, and the machine-to-physical table it may read there. */
#define __HYPERVISOR_VIRT_START 0xFFFF800000000000
#define __HYPERVISOR_VIRT_END   0xFFFF880000000000
#define __MACH2PHYS_VIRT_START  0xFFFF800000000000
#define __MACH2PHYS_VIRT_END    0xFFFF804000000000

#ifndef HYPERVISOR_VIRT_START
#define HYPERVISOR_VIRT_START xen_mk_ulong(__HYPERVISOR_VIRT_START)
#define HYPERVISOR_VIRT_END   xen_mk_ulong(__HYPERVISOR_VIRT_END)
#endif

#define MACH2PHYS_VIRT_START xen_mk_ulong(__MACH2PHYS_VIRT_START)
#define MACH2PHYS_VIRT_END   xen_mk_ulong(__MACH2PHYS_VIRT_END)
#define MACH2PHYS_NR_ENTRIES ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)
#ifndef machine_to_phys_mapping
#define machine_to_phys_mapping ((unsigned long *)HYPERVISOR_VIRT_START)
#endif

/* set_segment_base(which, base); the last takes a selector, which is loaded. */
#define SEGBASE_FS          0
#define SEGBASE_GS_USER     1
#define SEGBASE_GS_KERNEL   2
#define SEGBASE_GS_USER_SEL 3

/* iret_context.flags: the vCPU is inside a system call, so rcx and r11 are not restored. */
#define _VGCF_in_syscall 8
#define VGCF_in_syscall  (1 << _VGCF_in_syscall)
#define VGCF_IN_SYSCALL  VGCF_in_syscall

#ifndef __ASSEMBLY__

/* What HYPERVISOR_iret pops, lowest address first. */
struct iret_context {
    uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};

/*
 * How one register is declared: with the names of its parts for the hypervisor and its tools,
 * with the two 64-bit names (rax and eax) for a guest in GNU C, by its 64-bit name alone in
 * standard C.
 */
#if defined(__XEN__) || defined(__XEN_TOOLS__)
#define XEN_REG_LEGACY_BYTES(n)                                                                    \
    union {                                                                                        \
        uint64_t r##n##x;                                                                          \
        uint32_t e##n##x;                                                                          \
        uint16_t n##x;                                                                             \
        struct {                                                                                   \
            uint8_t n##l;                                                                          \
            uint8_t n##h;                                                                          \
        };                                                                                         \
    }
#define XEN_REG_LOW_BYTE(n)                                                                        \
    union {                                                                                        \
        uint64_t r##n;                                                                             \
        uint32_t e##n;                                                                             \
        uint16_t n;                                                                                \
        uint8_t n##l;                                                                              \
    }
#define XEN_REG_WORDS(n)                                                                           \
    union {                                                                                        \
        uint64_t r##n;                                                                             \
        uint32_t e##n;                                                                             \
        uint16_t n;                                                                                \
    }
#define XEN_REG_NUMBERED(n)                                                                        \
    union {                                                                                        \
        uint64_t r##n;                                                                             \
        uint32_t r##n##d;                                                                          \
        uint16_t r##n##w;                                                                          \
        uint8_t r##n##b;                                                                           \
    }
#else
#if defined(__GNUC__) && !defined(__STRICT_ANSI__)
#define XEN_REG_WORDS(n)                                                                           \
    union {                                                                                        \
        uint64_t r##n, e##n;                                                                       \
        uint32_t _e##n;                                                                            \
    }
#else
#define XEN_REG_WORDS(n) uint64_t r##n
#endif
#define XEN_REG_LEGACY_BYTES(n) XEN_REG_WORDS(n##x)
#define XEN_REG_LOW_BYTE(n)     XEN_REG_WORDS(n)
#define XEN_REG_NUMBERED(n)     uint64_t r##n
#endif

/*
 * A vCPU's registers. saved_upcall_mask is the upcall mask before the event, and what iret
 * restores: a PV guest's interrupt flag, as it were.
 */
struct cpu_user_regs {
    XEN_REG_NUMBERED(15);
    XEN_REG_NUMBERED(14);
    XEN_REG_NUMBERED(13);
    XEN_REG_NUMBERED(12);
    XEN_REG_LOW_BYTE(bp);
    XEN_REG_LEGACY_BYTES(b);
    XEN_REG_NUMBERED(11);
    XEN_REG_NUMBERED(10);
    XEN_REG_NUMBERED(9);
    XEN_REG_NUMBERED(8);
    XEN_REG_LEGACY_BYTES(a);
    XEN_REG_LEGACY_BYTES(c);
    XEN_REG_LEGACY_BYTES(d);
    XEN_REG_LOW_BYTE(si);
    XEN_REG_LOW_BYTE(di);
    uint32_t error_code;
    uint32_t entry_vector;
    XEN_REG_WORDS(ip);
    uint16_t cs, _pad0[1];
    uint8_t saved_upcall_mask;
    uint8_t _pad1[3];
    XEN_REG_WORDS(flags);
    XEN_REG_LOW_BYTE(sp);
    uint16_t ss, _pad2[3];
    uint16_t es, _pad3[3];
    uint16_t ds, _pad4[3];
    uint16_t fs, _pad5[3];
    uint16_t gs, _pad6[3];
};
typedef struct cpu_user_regs cpu_user_regs_t;
DEFINE_XEN_GUEST_HANDLE(cpu_user_regs_t);

#undef XEN_REG_LEGACY_BYTES
#undef XEN_REG_LOW_BYTE
#undef XEN_REG_WORDS
#undef XEN_REG_NUMBERED

/* How a frame number is kept in a context's ctrlreg[3]. */
#define xen_pfn_to_cr3(pfn) ((unsigned long)(pfn) << 12)
#define xen_cr3_to_pfn(cr3) ((unsigned long)(cr3) >> 12)

struct arch_vcpu_info {
    unsigned long cr2; /* address of the last page fault */
    unsigned long pad;
};
typedef struct arch_vcpu_info arch_vcpu_info_t;

typedef unsigned long xen_callback_t;

#endif /* __ASSEMBLY__ */

#endif /* __XEN_PUBLIC_ARCH_X86_XEN_X86_64_H__ */
