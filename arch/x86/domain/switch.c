/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Context switch: the state of one vCPU leaves the CPU, another's enters. There is one hypervisor
 * stack a CPU, so a switch does not return; it drops the stack and leaves through the next vCPU's
 * exit path.
 *
 * Called by the scheduler's softirq with interrupts off. The order matters: a domain's descriptor
 * window is mapped by its own page tables, so while those change the CPU stands on its own GDT.
 */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/mitigations.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/state.h>
#include <asm/xstate.h>

/* The window shows the descriptors of the CPU that the vCPU runs on. CR3 is written afterwards or
 * was just before, so no stale translation of the window survives. */
static void window_take_cpu(struct vcpu *v)
{
    v->arch.pv.window[FIRST_RESERVED_GDT_PAGE] = pte_make(this_cpu(desc_page_mfn),
                                                          PTE_P | PTE_A | PTE_NX);
}

/* For whoever changed the tables of the current vCPU: the TLB forgets what is not global. */
void load_guest_cr3(const struct vcpu *v)
{
    write_cr3(v->arch.cr3);
}

static void state_save(struct vcpu *v)
{
    v->arch.user_regs = get_cpu_info()->guest_regs;
    segments_save(v);
    if (v->arch.pv.ctrlreg[0] & CR0_TS) {
        clts();
    }
    xstate_save(v);
    if (v->arch.pv.dr7_cpu & DR7_ENABLED) {
        __asm__ volatile("mov %0, %%db7" : : "r"(DR7_RESET));
    }
}

static void state_load(struct vcpu *v)
{
    struct cpu_info *info = get_cpu_info();

    info->guest_regs = v->arch.user_regs;
    xstate_load(v);
    if (v->arch.pv.ctrlreg[0] & CR0_TS) {
        write_cr0(read_cr0() | CR0_TS);
    }
    pv_load_cr4(v);
    if (v->arch.pv.dr7_cpu & DR7_ENABLED) {
        pv_load_debugregs(v);
    }
    if (cpu_has(X86_FEATURE_RDTSCP)) {
        wrmsr(MSR_TSC_AUX, v->arch.pv.tsc_aux);
    }
}

/* Selectors of an LDT may need a page of it mapped, and a domain without failsafe callback ends
 * here: interrupts are on, and the scheduler is done with the switch. */
static void segments_enter(struct vcpu *v)
{
    if (unlikely(!segments_load(v))) {
        pv_bounce_failsafe(v, guest_cpu_user_regs());
    }
}

static void address_space_switch(const struct vcpu *prev, struct vcpu *next)
{
    if (is_idle_vcpu(next)) {
        desc_load_own_gdt();
        write_cr3(idle_cr3);
        return;
    }
    if (!is_idle_vcpu(prev)) {
        desc_load_own_gdt();
    }
    window_take_cpu(next);
    write_cr3(next->arch.cr3);
    desc_load_guest_gdt(GDT_VA(next->vcpu_id));
    pv_load_ldt(next);
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
    unsigned int cpu = smp_processor_id();

    ASSERT(!local_irq_is_enabled());

    if (!is_idle_vcpu(prev)) {
        state_save(prev);
    }
    if (!is_idle_vcpu(next)) {
        cpumask_set(cpu, &next->dirty_cpu_mask);
        cpumask_set(cpu, &next->domain->dirty_cpus);
    }
    mitigations_switch(next);
    get_cpu_info()->current_vcpu = next;
    address_space_switch(prev, next);
    if (!is_idle_vcpu(prev)) {
        cpumask_clear(cpu, &prev->dirty_cpu_mask);
        if (prev->domain != next->domain) {
            cpumask_clear(cpu, &prev->domain->dirty_cpus);
        }
    }
    sched_context_switched(prev, next);
    if (unlikely(prev->periodic_period)) {
        timer_stop(&prev->periodic_timer);
    }
    if (!is_idle_vcpu(next)) {
        state_load(next);
    }
    ASSERT(!local_irq_is_enabled());
    local_irq_enable();
    sched_context_saved(prev);

    if (is_idle_vcpu(next)) {
        reset_stack_and_call(idle_loop);
    }
    segments_enter(next);
    if (unlikely(next->periodic_period)) {
        vcpu_periodic_resume(next);
    }
    arch_update_runstate_area(next);
    time_update_vcpu(next, false);
    ret_to_guest_reset_stack();
}

void continue_running(struct vcpu *same)
{
    local_irq_enable();
    if (is_idle_vcpu(same)) {
        reset_stack_and_call(idle_loop);
    }
    ret_to_guest_reset_stack();
}

/* State is saved eagerly, so a vCPU that is not running has none on any CPU. */
void sync_vcpu_execstate(struct vcpu *v)
{
    ASSERT(v == current || !v->is_running);
}
