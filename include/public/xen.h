/* SPDX-License-Identifier: MIT */
/*
 * The core of the guest interface: hypercall numbers, virtual interrupts, reserved domain ids,
 * the PV memory-management requests, and the structures a guest shares with the hypervisor
 * (vcpu_info, shared_info, start_info).
 *
 * Names, numbers and layouts are those of Xen 4.17; tests/abi compares them with the published
 * headers.
 */
#ifndef __XEN_PUBLIC_XEN_H__
#define __XEN_PUBLIC_XEN_H__

#include "xen-compat.h"

#ifndef __ASSEMBLY__
#include <stdint.h>
#endif

#if defined(__x86_64__)
#include "arch-x86/xen.h"
#else
#error "only the x86-64 interface is described"
#endif

#ifndef __ASSEMBLY__

/* Handles of the elementary types; the const_ variants come with them. */
DEFINE_XEN_GUEST_HANDLE(char);
__DEFINE_XEN_GUEST_HANDLE(uchar, unsigned char);
DEFINE_XEN_GUEST_HANDLE(int);
__DEFINE_XEN_GUEST_HANDLE(uint, unsigned int);
DEFINE_XEN_GUEST_HANDLE(void);
DEFINE_XEN_GUEST_HANDLE(uint64_t);
DEFINE_XEN_GUEST_HANDLE(xen_pfn_t);
DEFINE_XEN_GUEST_HANDLE(xen_ulong_t);
__DEFINE_XEN_GUEST_HANDLE(uint8, uint8_t);
__DEFINE_XEN_GUEST_HANDLE(uint16, uint16_t);
__DEFINE_XEN_GUEST_HANDLE(uint32, uint32_t);
__DEFINE_XEN_GUEST_HANDLE(uint64, uint64_t);

/* The length that an array of unstated length is declared with, by what the compiler accepts. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 199901L
#define XEN_FLEX_ARRAY_DIM
#elif defined(__GNUC__)
#define XEN_FLEX_ARRAY_DIM 0
#else
#define XEN_FLEX_ARRAY_DIM 1
#endif

/* Unsigned constants that an assembler, which knows no suffix, can read as well. */
#define __xen_mk_uint(x)  x##U
#define __xen_mk_ulong(x) x##UL
#ifndef __xen_mk_ullong
#define __xen_mk_ullong(x) x##ULL
#endif
#define xen_mk_uint(x)   __xen_mk_uint(x)
#define xen_mk_ulong(x)  __xen_mk_ulong(x)
#define xen_mk_ullong(x) __xen_mk_ullong(x)

#else

#define xen_mk_uint(x)   x
#define xen_mk_ulong(x)  x
#define xen_mk_ullong(x) x

#endif

/*
 * Hypercalls. Number n is entered at byte 32 * n of the hypercall page, or by `syscall` with n in
 * rax.
 */
#define __HYPERVISOR_set_trap_table                0
#define __HYPERVISOR_mmu_update                    1
#define __HYPERVISOR_set_gdt                       2
#define __HYPERVISOR_stack_switch                  3
#define __HYPERVISOR_set_callbacks                 4
#define __HYPERVISOR_fpu_taskswitch                5
#define __HYPERVISOR_sched_op_compat               6
#define __HYPERVISOR_platform_op                   7
#define __HYPERVISOR_set_debugreg                  8
#define __HYPERVISOR_get_debugreg                  9
#define __HYPERVISOR_update_descriptor             10
#define __HYPERVISOR_memory_op                     12
#define __HYPERVISOR_multicall                     13
#define __HYPERVISOR_update_va_mapping             14
#define __HYPERVISOR_set_timer_op                  15
#define __HYPERVISOR_event_channel_op_compat       16
#define __HYPERVISOR_xen_version                   17
#define __HYPERVISOR_console_io                    18
#define __HYPERVISOR_physdev_op_compat             19
#define __HYPERVISOR_grant_table_op                20
#define __HYPERVISOR_vm_assist                     21
#define __HYPERVISOR_update_va_mapping_otherdomain 22
#define __HYPERVISOR_iret                          23
#define __HYPERVISOR_vcpu_op                       24
#define __HYPERVISOR_set_segment_base              25
#define __HYPERVISOR_mmuext_op                     26
#define __HYPERVISOR_xsm_op                        27
#define __HYPERVISOR_nmi_op                        28
#define __HYPERVISOR_sched_op                      29
#define __HYPERVISOR_callback_op                   30
#define __HYPERVISOR_xenoprof_op                   31
#define __HYPERVISOR_event_channel_op              32
#define __HYPERVISOR_physdev_op                    33
#define __HYPERVISOR_hvm_op                        34
#define __HYPERVISOR_sysctl                        35
#define __HYPERVISOR_domctl                        36
#define __HYPERVISOR_kexec_op                      37
#define __HYPERVISOR_tmem_op                       38
#define __HYPERVISOR_argo_op                       39
#define __HYPERVISOR_xenpmu_op                     40
#define __HYPERVISOR_dm_op                         41
#define __HYPERVISOR_hypfs_op                      42
#define __HYPERVISOR_arch_0                        48
#define __HYPERVISOR_arch_1                        49
#define __HYPERVISOR_arch_2                        50
#define __HYPERVISOR_arch_3                        51
#define __HYPERVISOR_arch_4                        52
#define __HYPERVISOR_arch_5                        53
#define __HYPERVISOR_arch_6                        54
#define __HYPERVISOR_arch_7                        55

/*
 * Virtual interrupts. Each is of one of three kinds: per vCPU (V), global with one receiving
 * domain, at first the hardware domain (G), or per domain (D).
 */
#define VIRQ_TIMER      0  /* V: the vCPU's timers */
#define VIRQ_DEBUG      1  /* V: dump your state, please */
#define VIRQ_CONSOLE    2  /* G: serial input is waiting */
#define VIRQ_DOM_EXC    3  /* G: a domain shut down, is dying, or is gone */
#define VIRQ_TBUF       4  /* G: trace buffers have records */
#define VIRQ_DEBUGGER   6  /* G: a domain was paused for its debugger */
#define VIRQ_XENOPROF   7  /* V: a profiling buffer has samples */
#define VIRQ_CON_RING   8  /* G: the console ring has new bytes */
#define VIRQ_PCPU_STATE 9  /* G: a physical CPU came or went */
#define VIRQ_MEM_EVENT  10 /* G: a memory event happened */
#define VIRQ_ARGO       11 /* G: a message is waiting */
#define VIRQ_ENOMEM     12 /* G: the heap runs low */
#define VIRQ_XENPMU     13 /* V: a performance counter interrupted */
#define VIRQ_ARCH_0     16
#define VIRQ_ARCH_1     17
#define VIRQ_ARCH_2     18
#define VIRQ_ARCH_3     19
#define VIRQ_ARCH_4     20
#define VIRQ_ARCH_5     21
#define VIRQ_ARCH_6     22
#define VIRQ_ARCH_7     23
#define NR_VIRQS        24

/*
 * mmu_update: what the two low bits of a request's `ptr` ask for.
 */
#define MMU_NORMAL_PT_UPDATE       0 /* write the entry, check it */
#define MMU_MACHPHYS_UPDATE        1 /* set the frame's machine-to-physical entry */
#define MMU_PT_UPDATE_PRESERVE_AD  2 /* write the entry, keep accessed and dirty as they are */
#define MMU_PT_UPDATE_NO_TRANSLATE 3 /* write the entry, its frame number is a machine one */

/*
 * mmuext_op commands. arg1 is a frame or a linear address; arg2 is given where the comment names
 * it.
 */
#define MMUEXT_PIN_L1_TABLE       0  /* mfn */
#define MMUEXT_PIN_L2_TABLE       1  /* mfn */
#define MMUEXT_PIN_L3_TABLE       2  /* mfn */
#define MMUEXT_PIN_L4_TABLE       3  /* mfn */
#define MMUEXT_UNPIN_TABLE        4  /* mfn */
#define MMUEXT_NEW_BASEPTR        5  /* mfn of the kernel's top-level table */
#define MMUEXT_TLB_FLUSH_LOCAL    6  /* none */
#define MMUEXT_INVLPG_LOCAL       7  /* linear_addr */
#define MMUEXT_TLB_FLUSH_MULTI    8  /* vcpumask */
#define MMUEXT_INVLPG_MULTI       9  /* linear_addr, vcpumask */
#define MMUEXT_TLB_FLUSH_ALL      10 /* none */
#define MMUEXT_INVLPG_ALL         11 /* linear_addr */
#define MMUEXT_FLUSH_CACHE        12 /* none */
#define MMUEXT_SET_LDT            13 /* linear_addr, nr_ents */
#define MMUEXT_NEW_USER_BASEPTR   15 /* mfn of the user half's top-level table, 0 for none */
#define MMUEXT_CLEAR_PAGE         16 /* mfn */
#define MMUEXT_COPY_PAGE          17 /* mfn, src_mfn */
#define MMUEXT_FLUSH_CACHE_GLOBAL 18 /* none */
#define MMUEXT_MARK_SUPER         19 /* mfn; withdrawn */
#define MMUEXT_UNMARK_SUPER       20 /* mfn; withdrawn */

/*
 * update_va_mapping: which TLBs to flush. With UVMF_MULTI the flags' upper bits are the address
 * of a vCPU bitmap.
 */
#define UVMF_NONE           (xen_mk_ulong(0) << 0)
#define UVMF_TLB_FLUSH      (xen_mk_ulong(1) << 0)
#define UVMF_INVLPG         (xen_mk_ulong(2) << 0)
#define UVMF_FLUSHTYPE_MASK (xen_mk_ulong(3) << 0)
#define UVMF_MULTI          (xen_mk_ulong(0) << 2)
#define UVMF_LOCAL          (xen_mk_ulong(0) << 2)
#define UVMF_ALL            (xen_mk_ulong(1) << 2)

/* console_io(cmd, count, buffer) */
#define CONSOLEIO_write 0
#define CONSOLEIO_read  1

/* vm_assist(cmd, type) */
#define VMASST_CMD_enable                0
#define VMASST_CMD_disable               1
#define VMASST_TYPE_4gb_segments         0
#define VMASST_TYPE_4gb_segments_notify  1
#define VMASST_TYPE_writable_pagetables  2
#define VMASST_TYPE_pae_extended_cr3     3
#define VMASST_TYPE_architectural_iopl   4
#define VMASST_TYPE_runstate_update_flag 5
#define VMASST_TYPE_m2p_strict           32

/*
 * Domain ids. Those from DOMID_FIRST_RESERVED on name no guest.
 */
#define DOMID_FIRST_RESERVED xen_mk_uint(0x7FF0)
#define DOMID_SELF           xen_mk_uint(0x7FF0) /* the caller */
#define DOMID_IO             xen_mk_uint(0x7FF1) /* owner of device memory */
#define DOMID_XEN            xen_mk_uint(0x7FF2) /* owner of what the hypervisor shares */
#define DOMID_COW            xen_mk_uint(0x7FF3) /* owner of shared copies */
#define DOMID_INVALID        xen_mk_uint(0x7FF4) /* nobody */
#define DOMID_IDLE           xen_mk_uint(0x7FFF) /* the idle vCPUs */
#define DOMID_MASK           xen_mk_uint(0x7FFF)

#ifndef __ASSEMBLY__

typedef uint16_t domid_t;

/* One request of mmuext_op. */
struct mmuext_op {
    unsigned int cmd;
    union {
        xen_pfn_t mfn;
        unsigned long linear_addr;
    } arg1;
    union {
        unsigned int nr_ents;
        XEN_GUEST_HANDLE(const_void) vcpumask;
        xen_pfn_t src_mfn;
    } arg2;
};
typedef struct mmuext_op mmuext_op_t;
DEFINE_XEN_GUEST_HANDLE(mmuext_op_t);

/* One request of mmu_update: machine address of the entry (low two bits: MMU_*), and its new
 * contents. */
struct mmu_update {
    uint64_t ptr;
    uint64_t val;
};
typedef struct mmu_update mmu_update_t;
DEFINE_XEN_GUEST_HANDLE(mmu_update_t);

/* One call of a multicall; `result` is written before the next is made. */
struct multicall_entry {
    xen_ulong_t op, result;
    xen_ulong_t args[6];
};
typedef struct multicall_entry multicall_entry_t;
DEFINE_XEN_GUEST_HANDLE(multicall_entry_t);

/*
 * A vCPU's clock. `version` is odd while the hypervisor writes; a reader retries when it was odd
 * or has changed. System time in ns = system_time + ((tsc - tsc_timestamp) shifted left by
 * tsc_shift (right when negative)) * tsc_to_system_mul / 2^32.
 */
struct vcpu_time_info {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;
    uint64_t system_time;
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags;
    uint8_t pad1[2];
};
typedef struct vcpu_time_info vcpu_time_info_t;

#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0)
#define XEN_PVCLOCK_GUEST_STOPPED  (1 << 1)

/*
 * What each vCPU shares: an upcall is made when evtchn_upcall_pending is set and
 * evtchn_upcall_mask is clear. evtchn_pending_sel has a bit for each word of
 * shared_info.evtchn_pending that has news.
 */
struct vcpu_info {
    uint8_t evtchn_upcall_pending;
    uint8_t evtchn_upcall_mask;
    xen_ulong_t evtchn_pending_sel;
    struct arch_vcpu_info arch;
    vcpu_time_info_t time;
};
typedef struct vcpu_info vcpu_info_t;

/*
 * What each domain shares, one page. Wall clock at system time zero is wc_sec_hi:wc_sec seconds
 * and wc_nsec nanoseconds after 1970-01-01 UTC, guarded by wc_version as vcpu_time_info is by its
 * version.
 */
struct shared_info {
    struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    xen_ulong_t evtchn_pending[sizeof(xen_ulong_t) * 8];
    xen_ulong_t evtchn_mask[sizeof(xen_ulong_t) * 8];
    uint32_t wc_version;
    uint32_t wc_sec;
    uint32_t wc_nsec;
    uint32_t wc_sec_hi;
    struct arch_shared_info arch;
};
typedef struct shared_info shared_info_t;
#define xen_wc_sec_hi wc_sec_hi

#define MAX_GUEST_CMDLINE 1024

/*
 * What a PV kernel is started with; its address is in rsi. Virtual addresses unless they are called
 * frames. The magic reads "xen-<major>.<minor>-<arch>".
 */
struct start_info {
    char magic[32];
    unsigned long nr_pages;
    unsigned long shared_info; /* machine address */
    uint32_t flags;            /* SIF_* */
    xen_pfn_t store_mfn;
    uint32_t store_evtchn;
    union {
        struct {
            xen_pfn_t mfn;
            uint32_t evtchn;
        } domU;
        struct {
            uint32_t info_off; /* of a dom0_vga_console_info, from the start of this struct */
            uint32_t info_size;
        } dom0;
    } console;
    unsigned long pt_base;
    unsigned long nr_pt_frames;
    unsigned long mfn_list;  /* the p2m table */
    unsigned long mod_start; /* a frame with SIF_MOD_START_PFN */
    unsigned long mod_len;
    int8_t cmd_line[MAX_GUEST_CMDLINE];
    unsigned long first_p2m_pfn; /* where the p2m is when it is outside the initial mapping */
    unsigned long nr_p2m_frames;
};
typedef struct start_info start_info_t;

/* One boot module where SIF_MULTIBOOT_MOD says that mod_start is an array of them. Physical
 * addresses. */
struct xen_multiboot_mod_list {
    uint32_t mod_start;
    uint32_t mod_end;
    uint32_t cmdline;
    uint32_t pad;
};

#define XEN_VGATYPE_TEXT_MODE_3 0x03
#define XEN_VGATYPE_VESA_LFB    0x23
#define XEN_VGATYPE_EFI_LFB     0x70

/* The display as the hypervisor leaves it to the hardware domain. */
typedef struct dom0_vga_console_info {
    uint8_t video_type;
    union {
        struct {
            uint16_t font_height;
            uint16_t cursor_x, cursor_y;
            uint16_t rows, columns;
        } text_mode_3;
        struct {
            uint16_t width, height;
            uint16_t bytes_per_line;
            uint16_t bits_per_pixel;
            uint32_t lfb_base;
            uint32_t lfb_size;
            uint8_t red_pos, red_size;
            uint8_t green_pos, green_size;
            uint8_t blue_pos, blue_size;
            uint8_t rsvd_pos, rsvd_size;
            uint32_t gbl_caps;
            uint16_t mode_attrs;
            uint16_t pad;
            uint32_t ext_lfb_base;
        } vesa_lfb;
    } u;
} dom0_vga_console_info_t;
#define xen_vga_console_info   dom0_vga_console_info
#define xen_vga_console_info_t dom0_vga_console_info_t

typedef uint8_t xen_domain_handle_t[16];

typedef struct {
    uint8_t a[16];
} xen_uuid_t;

/* Four numeric groups, most significant byte first, then six bytes. */
#define XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6)                                       \
    {                                                                                              \
        {                                                                                          \
            ((a) >> 24) & 0xFF, ((a) >> 16) & 0xFF, ((a) >> 8) & 0xFF, (a)&0xFF,                   \
                ((b) >> 8) & 0xFF, (b)&0xFF, ((c) >> 8) & 0xFF, (c)&0xFF, ((d) >> 8) & 0xFF,       \
                (d)&0xFF, e1, e2, e3, e4, e5, e6                                                   \
        }                                                                                          \
    }
#if defined(__STDC_VERSION__) ? __STDC_VERSION__ >= 199901L : defined(__GNUC__)
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6)                                        \
    ((xen_uuid_t)XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6))
#else
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6)                                        \
    XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6)
#endif

#endif /* __ASSEMBLY__ */

/* start_info.flags */
#define SIF_PRIVILEGED      (1 << 0)    /* the control domain */
#define SIF_INITDOMAIN      (1 << 1)    /* the first domain */
#define SIF_MULTIBOOT_MOD   (1 << 2)    /* mod_start is a list of modules */
#define SIF_MOD_START_PFN   (1 << 3)    /* mod_start is a frame number */
#define SIF_VIRT_P2M_4TOOLS (1 << 4)    /* tools understand a p2m given by address */
#define SIF_PM_MASK         (0xFF << 8) /* power-management options */

/*
 * Types of the toolstack's interface: 64-bit members aligned to 8 bytes whatever the caller's word.
 */
#ifndef int64_aligned_t
#define int64_aligned_t int64_t
#endif
#ifndef uint64_aligned_t
#define uint64_aligned_t uint64_t
#endif
#ifndef XEN_GUEST_HANDLE_64
#define XEN_GUEST_HANDLE_64(name) XEN_GUEST_HANDLE(name)
#endif

#ifndef __ASSEMBLY__
/* A bitmap in the caller's memory, byte by byte, bit 0 of byte 0 first. */
struct xenctl_bitmap {
    XEN_GUEST_HANDLE_64(uint8) bitmap;
    uint32_t nr_bits;
};
typedef struct xenctl_bitmap xenctl_bitmap_t;
#endif

#endif /* __XEN_PUBLIC_XEN_H__ */
