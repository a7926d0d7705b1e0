/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest's processor looked like: for crashes of domains and debug keys. Reads only. */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/lib.h>
#include <asm/pv.h>

#define STACK_WORDS 24

static void show_regs(const struct vcpu *v, const struct cpu_user_regs *r)
{
    printk(XENLOG_G_ERR "%pv %s rip %04x:%016lx rflags %08lx\n", v,
           v->arch.flags & TF_kernel_mode ? "kernel" : "user", r->cs, r->rip, r->rflags);
    printk(XENLOG_G_ERR "rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx,
           r->rdx);
    printk(XENLOG_G_ERR "rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", r->rsi, r->rdi, r->rbp,
           r->rsp);
    printk(XENLOG_G_ERR "r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", r->r8, r->r9, r->r10,
           r->r11);
    printk(XENLOG_G_ERR "r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", r->r12, r->r13, r->r14,
           r->r15);
    printk(XENLOG_G_ERR "cr3 %016lx cr2 %016lx ss %04x\n", v->arch.cr3, v->arch.pv.ctrlreg[2],
           r->ss);
}

static void show_guest_stack(const struct cpu_user_regs *r)
{
    unsigned long words[STACK_WORDS];
    unsigned int got = 0;

    while (got < STACK_WORDS &&
           !copy_from_guest(&words[got], guest_ptr(r->rsp + got * 8), sizeof(words[0]))) {
        got++;
    }
    for (unsigned int i = 0; i < got; i += 4) {
        printk(XENLOG_G_ERR "  %016lx %016lx %016lx %016lx\n", words[i],
               i + 1 < got ? words[i + 1] : 0, i + 2 < got ? words[i + 2] : 0,
               i + 3 < got ? words[i + 3] : 0);
    }
}

void vcpu_show_registers(struct vcpu *v)
{
    if (v == current && !is_idle_vcpu(v)) {
        show_regs(v, guest_cpu_user_regs());
        show_guest_stack(guest_cpu_user_regs());
    } else {
        show_regs(v, &v->arch.user_regs);
    }
}

void arch_dump_vcpu_info(struct vcpu *v)
{
    const struct pv_vcpu *pv = &v->arch.pv;

    printk("    %s mode, tables %05lx/%05lx, GDT %u, LDT %u entries, IOPL %u\n",
           v->arch.flags & TF_kernel_mode ? "kernel" : "user", mfn_x(v->arch.guest_table),
           mfn_x(v->arch.guest_table_user), pv->gdt_ents, pv->ldt_ents, pv->iopl);
}

void arch_dump_domain_info(struct domain *d)
{
    (void)d;
}
