/* SPDX-License-Identifier: GPL-2.0-only */
/* What x86 keeps in each domain and vCPU. Guest kinds: only PV so far; HVM state gets its own
 * member. */
#ifndef ASM_DOMAIN_H
#define ASM_DOMAIN_H

#include <hv/frame.h>
#include <hv/lock.h>
#include <hv/guest-access.h>
#include <public/xen.h>
#include <asm/page.h>

struct page_info;
struct rangeset;
struct xsave_area;
struct cpuid_policy;

/* A PV guest's fixed selectors (the hypervisor's descriptors in the last GDT pages). */
#define FIRST_RESERVED_GDT_PAGE  14
#define FIRST_RESERVED_GDT_BYTE  (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

struct memmap_entry;
#define PV_E820_MAX 128

struct pv_domain {
    pte_t *perdomain_l3; /* page of level 3 for PERDOMAIN_SLOT; its l2/l1 come with vCPUs */
    bool xpti;           /* guests run on shadow tables: asm/xpti.h */
    uint64_t root_gen;   /* advances with each change of a level-4 table, where xpti */
    bool pcid;
    struct memmap_entry *e820; /* what XENMEM_memory_map answers; page_lock */
    unsigned int nr_e820;
    bool relinquishing;
    unsigned long to_visit; /* frames that relinquishing has not seen yet */
    bool check_l1tf;        /* entries that are not present must not name RAM */
    /* Level-4 slots that hold, or have held, a linear entry: mm/linear-slots.c. */
    uint64_t linear_slots[512 / 64];
    struct cpuid_policy *cpuid;
    uint32_t pci_address; /* what the guest wrote to configuration port 0xcf8 */
};

struct arch_domain {
    struct pv_domain pv;
    struct rangeset *ioport_caps;
    struct pirq_table *pirqs;
    const struct cpu_policy *cpu_policy; /* what CPUID answers; constant once it runs */
    struct cpu_policy *own_cpu_policy;   /* NULL: it is the default */
    uint32_t tsc_mode;
    uint32_t tsc_incarnation;
    bool is_32bit;    /* never: 32-bit PV is a listed difference */
    bool msr_relaxed; /* unknown MSRs are not refused */
    uint32_t emulation_flags;
    uint32_t dirty_logging;
    unsigned long p2m_frame_list_list; /* arch_shared_info, as the guest last set it */
    uint8_t relmem;                    /* progress of domain_relinquish_resources */
};

/* vgc_flags / arch.flags bits: which of the two PV modes the vCPU is in. */
#define TF_kernel_mode_bit 0
#define TF_kernel_mode     (1UL << 0)

/* Upcalls that HYPERVISOR_iret led to, one after the other at the same place. */
struct upcall_chain {
    unsigned long rip, rsp;
    unsigned int length;
    bool put_off; /* the next one waits */
};

struct pv_vcpu {
    struct trap_info *trap_ctxt; /* [256] */
    pte_t *window;               /* its 32 entries of the descriptor window */
    unsigned long gdt_frames[FIRST_RESERVED_GDT_PAGE];
    unsigned int gdt_ents;
    unsigned int ldt_ents;
    unsigned long ldt_base;
    unsigned int shadow_ldt_mapcnt;
    spinlock_t shadow_ldt_lock;

    unsigned long kernel_ss, kernel_sp;
    unsigned long ctrlreg[8]; /* as the guest sees them */
    unsigned long event_callback_eip, failsafe_callback_eip, syscall_callback_eip;
    unsigned long syscall32_callback_eip, sysenter_callback_eip;
    uint16_t syscall32_callback_cs, sysenter_callback_cs;
    bool syscall32_disables_events, sysenter_disables_events;
    unsigned long vgc_flags; /* VGCF_* that callbacks set */

    unsigned long fs_base, gs_base_kernel, gs_base_user;
    uint16_t ds_save, es_save, fs_save, gs_save;

    unsigned int iopl; /* 0..3 */
    guest_ptr_t iobmp;
    uint32_t tsc_aux;
    unsigned int iobmp_limit;
    unsigned int iobmp_nr;

    unsigned long dr[8];
    unsigned long dr7_cpu; /* of dr[7], what the CPU gets */
    bool need_update_runstate_area;
    struct upcall_chain upcalls;
    uint64_t xss;
};

struct arch_vcpu {
    struct cpu_user_regs user_regs; /* while not on a CPU */
    unsigned long flags;            /* TF_* */

    /* Page tables: type and count references held, frame 0 for none. */
    mfn_t guest_table, guest_table_user;
    unsigned long cr3;                 /* machine CR3 loaded for the present mode */
    struct page_info *old_guest_table; /* preempted validation or release to go on with first */
    bool old_guest_table_partial;

    struct pv_vcpu pv;

    struct xsave_area *xsave; /* 64-byte aligned, for all features of the host */
    uint64_t xcr0, xcr0_accum;
    uint32_t async_exception_state;

    struct vcpu_time_info *pvclock_info;     /* where time was last published */
    const struct pvclock_base *pvclock_base; /* and which, */
    uint64_t pvclock_seq;                    /* in which state */
    uint32_t pvclock_version;
    bool nmi_masked; /* in its NMI handler: until iret */
};

#endif
