/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets and constants that assembly shares with C: compiled to text, then made into a header. */
#include <hv/domain.h>
#include <hv/softirq.h>

#define DEFINE(name, value) __asm__ volatile("\n->" #name " %0" : : "i"(value))
#define REG(name)           DEFINE(UREGS_##name, offsetof(struct cpu_user_regs, name))

void asm_offsets(void);
void asm_offsets(void)
{
    REG(r15);
    REG(r14);
    REG(r13);
    REG(r12);
    REG(rbp);
    REG(rbx);
    REG(r11);
    REG(r10);
    REG(r9);
    REG(r8);
    REG(rax);
    REG(rcx);
    REG(rdx);
    REG(rsi);
    REG(rdi);
    REG(error_code);
    REG(entry_vector);
    REG(rip);
    REG(cs);
    REG(rflags);
    REG(rsp);
    REG(ss);
    REG(es);
    DEFINE(UREGS_sizeof, sizeof(struct cpu_user_regs));

    DEFINE(__HYPERVISOR_iret, __HYPERVISOR_iret);
    DEFINE(FLAT_RING3_CS32, FLAT_RING3_CS32);
    DEFINE(FLAT_RING3_CS64, FLAT_RING3_CS64);
    DEFINE(FLAT_RING3_SS64, FLAT_RING3_SS64);

    DEFINE(CPUINFO_processor_id, offsetof(struct cpu_info, processor_id));
    DEFINE(CPUINFO_softirq_pending, offsetof(struct cpu_info, softirq_pending));
    DEFINE(CPUINFO_entry_flags, offsetof(struct cpu_info, entry_flags));
    DEFINE(CPUINFO_current, offsetof(struct cpu_info, current_vcpu));
    DEFINE(CPUINFO_guest_cr3, offsetof(struct cpu_info, guest_cr3));
    DEFINE(CPUINFO_hv_cr3, offsetof(struct cpu_info, hv_cr3));
    DEFINE(CPUINFO_sizeof, sizeof(struct cpu_info));

    DEFINE(VCPU_vcpu_info, offsetof(struct vcpu, vcpu_info));
    DEFINE(VCPU_nmi_pending, offsetof(struct vcpu, nmi_pending));
    DEFINE(VCPU_flags, offsetof(struct vcpu, arch.flags));
    DEFINE(VCPUINFO_upcall_pending, offsetof(struct vcpu_info, evtchn_upcall_pending));
    DEFINE(VCPUINFO_upcall_mask, offsetof(struct vcpu_info, evtchn_upcall_mask));
}
