/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who runs here. Each CPU's stack block is aligned to its size, and struct cpu_info stands at its
 * very top, so it is found from the stack pointer alone: no segment base is needed, none can be
 * left in a guest's hands, and NMI or #MC may arrive at any instruction of the entry path.
 */
#ifndef ASM_CURRENT_H
#define ASM_CURRENT_H

#include <hv/compiler.h>
#include <public/xen.h>
#include <asm/layout.h>

struct vcpu;

struct cpu_info {
    struct cpu_user_regs guest_regs; /* a guest's registers while it is in the hypervisor */
    uint32_t processor_id;
    uint32_t softirq_pending __aligned(8); /* written by other CPUs too */
    uint32_t entry_flags;                  /* CPUINFO_*: mitigations at exit */
    struct vcpu *current_vcpu;
    unsigned long per_cpu_offset;
    unsigned long guest_cr3; /* CR3 to load when going back to the guest, page-table isolation */
    unsigned long hv_cr3;    /* the hypervisor's own full page tables of this vCPU */
    unsigned long spec_ctrl; /* value of MSR_SPEC_CTRL while in the hypervisor */
    unsigned long unused;
};
_Static_assert(offsetof(struct cpu_info, entry_flags) ==
                   offsetof(struct cpu_info, softirq_pending) + 4,
               "the exit path looks at both at once");
/* The CPU aligns RSP to 16 bytes before it pushes an exception frame, whose top is guest_regs.es.
 */
_Static_assert((sizeof(struct cpu_info) - offsetof(struct cpu_user_regs, es)) % 16 == 0,
               "the exception frame ends where the CPU puts it");

#define CPUINFO_XPTI (1U << 0)
#define CPUINFO_VERW (1U << 1)
#define CPUINFO_IBRS (1U << 2)

static always_inline struct cpu_info *get_cpu_info(void)
{
    unsigned long sp;

    __asm__("mov %%rsp, %0" : "=r"(sp));
    return (struct cpu_info *)((sp | (STACK_SIZE - 1)) + 1) - 1;
}

#define current               (get_cpu_info()->current_vcpu)
#define smp_processor_id()    (get_cpu_info()->processor_id)
#define guest_cpu_user_regs() (&get_cpu_info()->guest_regs)

static always_inline void local_irq_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}
static always_inline void local_irq_enable(void)
{
    __asm__ volatile("sti" ::: "memory");
}
static always_inline unsigned long local_save_flags(void)
{
    unsigned long f;

    __asm__ volatile("pushfq; pop %0" : "=r"(f));
    return f;
}
static always_inline unsigned long local_irq_save(void)
{
    unsigned long f = local_save_flags();

    local_irq_disable();
    return f;
}
static always_inline void local_irq_restore(unsigned long f)
{
    if (f & 0x200) {
        local_irq_enable();
    } else {
        local_irq_disable();
    }
}
static always_inline bool local_irq_is_enabled(void)
{
    return local_save_flags() & 0x200;
}
static always_inline void cpu_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}

#endif
