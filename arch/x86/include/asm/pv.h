/* SPDX-License-Identifier: GPL-2.0-only */
/* PV guests: what the rooms of arch/x86/pv offer to each other and to the entry path. */
#ifndef ASM_PV_H
#define ASM_PV_H

#include <hv/domain.h>
#include <asm/entry.h>

static inline bool guest_kernel_mode(const struct vcpu *v)
{
    return v->arch.flags & TF_kernel_mode;
}

/*
 * These enter v's guest kernel at a handler of its own, with a frame on its stack, switching to
 * kernel mode first when it was in user mode. The frame is written before the registers change; the
 * domain is crashed when the stack cannot take it. v is current; regs are its registers at the
 * stack's top.
 */

/* At its failsafe callback: a segment, or the frame it returned to, cannot be loaded. */
void pv_bounce_failsafe(struct vcpu *v, struct cpu_user_regs *regs);

/* An exception for the guest's own handler; -1: no error code. */
#define PV_NO_ERROR_CODE (-1)
void pv_inject_trap(struct vcpu *v, struct cpu_user_regs *regs, unsigned int vector,
                    int32_t error_code);
void pv_inject_page_fault(struct vcpu *v, struct cpu_user_regs *regs, unsigned long addr,
                          uint32_t error_code);
/* INT n by the guest: its virtual IDT's privilege decides; false: it may not (#GP follows). */
bool pv_inject_sw_interrupt(struct vcpu *v, struct cpu_user_regs *regs, unsigned int vector);

/* Called by the entry path. */
void pv_deliver_upcall(struct vcpu *v, struct cpu_user_regs *regs);
/* HYPERVISOR_iret has come to its end, and finds an event pending. */
void pv_chain_upcall(struct vcpu *v, const struct cpu_user_regs *regs);
/* The guest runs for a moment before the upcall that it is owed. */
void pv_put_off_upcall(struct vcpu *v);
void pv_deliver_nmi(struct vcpu *v, struct cpu_user_regs *regs);
void pv_syscall_bounce(struct vcpu *v, struct cpu_user_regs *regs);
void pv_syscall32_bounce(struct vcpu *v, struct cpu_user_regs *regs);
void pv_sysenter_bounce(struct vcpu *v, struct cpu_user_regs *regs);
/* HYPERVISOR_iret of the current vCPU, in kernel mode. Interrupts on or off. */
void pv_iret(struct vcpu *v, struct cpu_user_regs *regs);
/* On the way out, interrupts off: both of the above where they are due. */
void pv_deliver_pending(struct vcpu *v, struct cpu_user_regs *regs);
/* The same, and then the mitigations. The CR3 to go to the guest with, or 0 for the present one. */
unsigned long exit_mitigated(struct vcpu *v, struct cpu_user_regs *regs);

/* Segment descriptors: makes a guest's selector or gate one that ring 3 may have. */
static inline uint16_t pv_fixup_guest_selector(uint16_t sel)
{
    return sel > 3 ? sel | 3 : 0;
}
static inline uint16_t pv_fixup_code_selector(uint16_t sel)
{
    return sel | 3;
}
/* Checks descriptor *d (and takes away what a guest may not have); false: refused. */
bool pv_check_descriptor(const struct domain *dom, uint64_t *d);
/* GDT and LDT of v; frames are typed segment-descriptor pages. 0 or -errno, all or nothing. */
int pv_set_gdt(struct vcpu *v, const unsigned long frames[], unsigned int entries) __must_check;
void pv_destroy_gdt(struct vcpu *v);
int pv_set_ldt(struct vcpu *v, unsigned long base, unsigned int entries) __must_check;
/* The guest touched its LDT window at offset: maps that page of its LDT. false: it has none. */
bool pv_map_ldt_page(struct vcpu *v, unsigned long offset);
/* Forgets all mapped LDT pages; true if there were any (the caller flushes v's TLB). */
bool pv_unmap_ldt(struct vcpu *v);
void pv_load_ldt(const struct vcpu *v);

/* Privileged instruction at regs->rip after #GP: true when it was emulated or a fault injected. */
bool pv_emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs);
/* "ud2; xen; cpuid" after #UD. */
bool pv_emulate_forced(struct vcpu *v, struct cpu_user_regs *regs);

/* CPUID as the guest sees it. */
struct cpuid_leaf;
void pv_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_leaf *out);

/* Guest NMI handler. 0 or -errno. */
long pv_register_nmi(struct vcpu *v, unsigned long address);
long pv_unregister_nmi(struct vcpu *v);

/* Debug registers. 0 or -errno. */
long pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value);
/* DR0 to DR3 and DR7 to the CPU; v is current. */
void pv_load_debugregs(const struct vcpu *v);
/* The CPU's DR6 after a #DB of the guest, for the guest's. */
void pv_debug_status(struct vcpu *v, unsigned long status);
/* DR6's bits for the guest's breakpoints that these ports meet. */
unsigned long pv_io_matches(const struct vcpu *v, unsigned int port, unsigned int bytes);

/* CR4 as v's kernel has it, as far as that matters to the CPU: v is about to run. */
void pv_load_cr4(const struct vcpu *v);
/* Bits of CR4 that v's kernel may set. */
unsigned long pv_cr4_may_set(const struct domain *d);

/* A write to a page-table page mapped read-only: arch/x86/mm. True when handled. */
bool pv_ptwr_fault(struct vcpu *v, struct cpu_user_regs *regs, unsigned long addr);
/* The hardware domain's kernel writes to device memory that it may only read. True when handled. */
bool pv_mmio_write_fault(struct cpu_user_regs *regs, unsigned long addr);

#endif
