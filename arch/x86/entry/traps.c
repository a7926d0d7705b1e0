/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C side of exceptions. A guest's exception is handed to its own handler, unless it is one that the
 * hypervisor answers for it (privileged instructions, page-table writes, its LDT). One in the
 * hypervisor itself goes to the exception table, or ends the machine.
 *
 * Entered with interrupts off; guest paths turn them on once what the CPU left (CR2, DR6) is
 * captured.
 */
#include <hv/arch/domain.h>
#include <hv/lib.h>
#include <hv/rcu.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/extable.h>
#include <asm/irq.h>
#include <asm/perdomain.h>
#include <asm/processor.h>
#include <asm/pv.h>

#define EC_EXT 1U /* caused by an event outside the program */
#define EC_IDT 2U /* the selector part is a vector */

#define PFEC_PRESENT 1U
#define PFEC_WRITE   2U
#define PFEC_USER    4U
#define PFEC_RSVD    8U

extern const char iret_to_guest[];

/* Has the CPU pushed an error code for this exception? */
static bool has_error_code(unsigned int vector)
{
    const uint32_t with = 1U << TRAP_DF | 1U << TRAP_TS | 1U << TRAP_NP | 1U << TRAP_SS |
                          1U << TRAP_GP | 1U << TRAP_PF | 1U << TRAP_AC | 1U << TRAP_CP;

    return (with >> vector) & 1;
}

static void inject(struct vcpu *v, struct cpu_user_regs *regs)
{
    unsigned int vector = (uint8_t)regs->entry_vector;

    pv_inject_trap(v, regs, vector,
                   has_error_code(vector) ? (int32_t)regs->error_code : PV_NO_ERROR_CODE);
}

/*
 * INT n of a guest faults, since the IDT is closed to it; the vector is in the error code, which
 * the guest cannot change, unlike the instruction's bytes.
 */
static bool software_interrupt(struct vcpu *v, struct cpu_user_regs *regs)
{
    unsigned long rip = regs->rip;
    uint8_t vector;

    if ((regs->error_code & (EC_IDT | EC_EXT)) != EC_IDT) {
        return false;
    }
    vector = (uint8_t)(regs->error_code >> int_error_code_shift);
    /* If it is refused, the guest sees the code as hardware has it. */
    regs->error_code = (uint32_t)vector << 3 | EC_IDT;
    regs->rip += 2;
    if (pv_inject_sw_interrupt(v, regs, vector)) {
        return true;
    }
    regs->rip = rip;
    return false;
}

static void general_protection(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (software_interrupt(v, regs)) {
        return;
    }
    if (regs->error_code == 0 && pv_emulate_privileged(v, regs)) {
        return;
    }
    inject(v, regs);
}

static void device_not_available(struct vcpu *v, struct cpu_user_regs *regs)
{
    clts();
    if (v->arch.pv.ctrlreg[0] & CR0_TS) {
        v->arch.pv.ctrlreg[0] &= ~(unsigned long)CR0_TS;
        inject(v, regs);
    }
}

/* On the way to a guest: the CPU holds nothing that RCU protects. May not return. */
void exit_softirqs(void)
{
    rcu_quiescent();
    do_softirq();
}

void guest_interrupt(struct vcpu *v, struct cpu_user_regs *regs)
{
    (void)v;
    do_irq(regs);
}

void guest_exception(struct vcpu *v, struct cpu_user_regs *regs)
{
    local_irq_enable();
    switch (regs->entry_vector) {
    case TRAP_UD:
        if (!pv_emulate_forced(v, regs)) {
            inject(v, regs);
        }
        return;
    case TRAP_NM:
        device_not_available(v, regs);
        return;
    case TRAP_GP:
        general_protection(v, regs);
        return;
    case TRAP_BP:
        if (v->domain->debugger_attached && guest_kernel_mode(v)) {
            domain_pause_for_debugger();
            return;
        }
        inject(v, regs);
        return;
    default:
        inject(v, regs);
        return;
    }
}

/* INT 0x80 of the guest's, or a message of that vector, which is then in service. */
void guest_legacy_syscall(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (unlikely(READ_ONCE(irq_messages_untrusted)) && apic_in_service(LEGACY_SYSCALL_VECTOR)) {
        do_irq(regs);
        return;
    }
    local_irq_enable();
    if (!pv_inject_sw_interrupt(v, regs, LEGACY_SYSCALL_VECTOR)) {
        regs->rip -= 2;
        pv_inject_trap(v, regs, TRAP_GP, LEGACY_SYSCALL_VECTOR << 3 | EC_IDT);
    }
}

/* A selector load touched the LDT's part of the window: true when its page is there now. */
static bool ldt_page_fault(struct vcpu *v, unsigned long addr)
{
    unsigned long offset = addr - LDT_VA(v->vcpu_id);

    return offset < WINDOW_LDT_PAGES * PAGE_SIZE && pv_map_ldt_page(v, offset);
}

/* A selector load touched the descriptor window. */
static void descriptor_fault(struct vcpu *v, struct cpu_user_regs *regs, unsigned long addr)
{
    unsigned long offset = addr - GDT_VA(v->vcpu_id);

    if (ldt_page_fault(v, addr)) {
        return;
    }
    /* What the guest would have met without the window: #GP on the selector. */
    regs->entry_vector = TRAP_GP;
    pv_inject_trap(v, regs, TRAP_GP, (int32_t)((offset & 0xfff8) | (offset >> 16 & 1) << 2));
}

static always_inline void guest_sees_fault(struct vcpu *v, struct cpu_user_regs *regs,
                                           unsigned long addr, uint32_t ec)
{
    if (unlikely(ec & PFEC_RSVD)) {
        domain_crash(v->domain, "a page-table entry of the guest has reserved bits set");
        return;
    }
    pv_inject_page_fault(v, regs, addr, ec);
}

/* The hypervisor's space: the descriptor window perhaps, or what the guest cannot have meant. */
static noinline void hypervisor_space_fault(struct vcpu *v, struct cpu_user_regs *regs,
                                            unsigned long addr, uint32_t ec)
{
    if (addr - GDT_VA(v->vcpu_id) < 1UL << GDT_LDT_VCPU_SHIFT && !(ec & PFEC_USER)) {
        descriptor_fault(v, regs, addr);
    } else {
        guest_sees_fault(v, regs, addr, ec);
    }
}

/* The guest's kernel wrote to what it may only read: to a page table, perhaps, or to a device. */
static noinline void kernel_write_fault(struct vcpu *v, struct cpu_user_regs *regs,
                                        unsigned long addr, uint32_t ec)
{
    if (!pv_ptwr_fault(v, regs, addr) && !pv_mmio_write_fault(regs, addr)) {
        guest_sees_fault(v, regs, addr, ec);
    }
}

void guest_page_fault(struct vcpu *v, struct cpu_user_regs *regs)
{
    unsigned long addr = read_cr2();
    uint32_t ec = regs->error_code;

    local_irq_enable();

    if (unlikely(va_is_hypervisor(addr))) {
        hypervisor_space_fault(v, regs, addr, ec);
    } else if ((ec & (PFEC_PRESENT | PFEC_WRITE | PFEC_RSVD)) == (PFEC_PRESENT | PFEC_WRITE) &&
               guest_kernel_mode(v)) {
        kernel_write_fault(v, regs, addr, ec);
    } else {
        guest_sees_fault(v, regs, addr, ec);
    }
}

void guest_debug(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;
    unsigned long dr6;

    __asm__ volatile("mov %%db6, %0" : "=r"(dr6));
    __asm__ volatile("mov %0, %%db6" : : "r"(DR6_RESET));
    local_irq_enable();

    pv_debug_status(v, dr6);
    if (v->domain->debugger_attached && guest_kernel_mode(v)) {
        domain_pause_for_debugger();
        return;
    }
    inject(v, regs);
}

/*
 * IRET refused what the guest wanted to go back to: a selector of the frame's, which is the guest's
 * exception, at that frame. One of the LDT, whose page is mapped when it is first used, is tried
 * again. What else may go wrong there its failsafe callback is told.
 */
static void iret_failed(void)
{
    unsigned long addr = read_cr2();
    struct vcpu *v = current;
    struct cpu_user_regs *regs = guest_cpu_user_regs();

    local_irq_enable();
    if (regs->entry_vector >= TRAP_TS && regs->entry_vector <= TRAP_GP) {
        inject(v, regs);
    } else if (regs->entry_vector != TRAP_PF || !ldt_page_fault(v, addr)) {
        pv_bounce_failsafe(v, regs);
    }
    ret_to_guest_reset_stack();
}

/*
 * The frame of a fault in the exit path's IRET lies over the guest's saved registers, which were in
 * the CPU again and so are in this frame: they go back to their place. The frame IRET read is
 * untouched.
 */
static void recover_iret(const struct cpu_user_regs *regs)
{
    struct cpu_user_regs *guest = guest_cpu_user_regs();
    uint32_t error_code = regs->error_code, vector = (uint8_t)regs->entry_vector;

    memmove(guest, regs, offsetof(struct cpu_user_regs, error_code));
    guest->error_code = error_code;
    guest->entry_vector = vector;
    reset_stack_and_call(iret_failed);
}

/*
 * A guest's watchpoint on memory that is read on its behalf, which is its own business later; or it
 * is stepped and has come by SYSENTER, whose frame must have TF before it goes.
 */
static void host_debug(struct cpu_user_regs *regs)
{
    __asm__ volatile("mov %0, %%db6" : : "r"(DR6_RESET));
    if (regs->rip < (unsigned long)sysenter_entry ||
        regs->rip >= (unsigned long)sysenter_flags_saved) {
        regs->rflags &= ~(unsigned long)X86_EFLAGS_TF;
    }
}

void host_exception(struct cpu_user_regs *regs)
{
    unsigned long fixup;

    if (regs->entry_vector == TRAP_DB) {
        host_debug(regs);
        return;
    }
    if (regs->rip == (unsigned long)iret_to_guest) {
        recover_iret(regs);
    }
    fixup = extable_search(regs->rip);
    if (fixup) {
        regs->rip = fixup;
        return;
    }
    fatal_trap(regs);
}

void double_fault(struct cpu_user_regs *regs)
{
    fatal_trap(regs);
}
