/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's whole context, set (VCPUOP_initialise, setvcpucontext) and read (getvcpucontext).
 * Setting checks everything that can be refused, then takes the references, then writes; v does not
 * run.
 */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <asm/page-type.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/state.h>
#include <asm/xstate.h>

#define VGCF_KEPT (VGCF_failsafe_disables_events | VGCF_syscall_disables_events)

static bool is_canonical(unsigned long va)
{
    return (unsigned long)((long)(va << 16) >> 16) == va;
}

static int check_context(const struct vcpu *v, const struct vcpu_guest_context *c)
{
    if (!is_canonical(c->user_regs.rip) || !is_canonical(c->event_callback_eip) ||
        !is_canonical(c->syscall_callback_eip) || !is_canonical(c->failsafe_callback_eip) ||
        !is_canonical(c->fs_base) || !is_canonical(c->gs_base_kernel) ||
        !is_canonical(c->gs_base_user)) {
        return -EINVAL;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++) {
        if (!is_canonical(c->trap_ctxt[i].address)) {
            return -EINVAL;
        }
    }
    if ((c->ldt_base & ~PAGE_MASK) || c->ldt_ents > 8192 ||
        (c->ldt_ents && !guest_access_ok(guest_ptr(c->ldt_base), c->ldt_ents * 8))) {
        return -EINVAL;
    }
    if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY) {
        return -EINVAL;
    }
    /* The kernel's page tables are not optional once the vCPU is to be online. */
    return 0;
}

static void set_user_regs(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct cpu_user_regs *r = &v->arch.user_regs;

    *r = c->user_regs;
    r->cs = pv_fixup_code_selector(r->cs);
    r->ss = r->ss | 3;
    r->ds = pv_fixup_guest_selector(r->ds);
    r->es = pv_fixup_guest_selector(r->es);
    r->fs = pv_fixup_guest_selector(r->fs);
    r->gs = pv_fixup_guest_selector(r->gs);
    r->entry_vector = 0;
    r->error_code = 0;
    /* The I/O privilege level is virtual; the CPU's stays 0. */
    v->arch.pv.iopl = (r->rflags & X86_EFLAGS_IOPL) >> 12;
    r->rflags = (r->rflags & ~(unsigned long)(X86_EFLAGS_IOPL | X86_EFLAGS_VM | X86_EFLAGS_VIF |
                                              X86_EFLAGS_VIP | X86_EFLAGS_NT)) |
                X86_EFLAGS_IF | X86_EFLAGS_MBS;
}

static void set_callbacks(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct pv_vcpu *pv = &v->arch.pv;

    for (unsigned int i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++) {
        pv->trap_ctxt[i] = c->trap_ctxt[i];
        pv->trap_ctxt[i].cs = pv_fixup_code_selector(c->trap_ctxt[i].cs);
    }
    pv->event_callback_eip = c->event_callback_eip;
    pv->failsafe_callback_eip = c->failsafe_callback_eip;
    pv->syscall_callback_eip = c->syscall_callback_eip;
    pv->vgc_flags = c->flags & VGCF_KEPT;
    pv->kernel_ss = (c->kernel_ss & 0xffff) | 3;
    pv->kernel_sp = c->kernel_sp;
    pv->fs_base = c->fs_base;
    pv->gs_base_kernel = c->gs_base_kernel;
    pv->gs_base_user = c->gs_base_user;
}

/* CR4 first: it says which breakpoints there are. */
static void set_control_regs(struct vcpu *v, const struct vcpu_guest_context *c)
{
    unsigned long *ctrlreg = v->arch.pv.ctrlreg, may_set = pv_cr4_may_set(v->domain);

    ctrlreg[0] = (ctrlreg[0] & ~(unsigned long)CR0_TS) | (c->ctrlreg[0] & CR0_TS);
    ctrlreg[4] = (ctrlreg[4] & ~may_set) | (c->ctrlreg[4] & may_set);
}

static void set_debugregs(struct vcpu *v, const struct vcpu_guest_context *c)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(c->debugreg); i++) {
        /* A value that a guest may not have is as none, as published. */
        if (i != 4 && i != 5 && pv_set_debugreg(v, i, c->debugreg[i])) {
            (void)pv_set_debugreg(v, i, 0);
        }
    }
}

/* ctrlreg[3]: the kernel's tables, ctrlreg[1]: the user's or 0. References move to the vCPU. */
static int set_page_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct page_info *kernel, *user = NULL;
    int rc;

    rc = page_get_and_type(_mfn(xen_cr3_to_pfn(c->ctrlreg[3])), v->domain, PGT_l4_page_table,
                           &kernel);
    if (rc) {
        goto failed_kernel;
    }
    if (c->ctrlreg[1]) {
        rc = page_get_and_type(_mfn(xen_cr3_to_pfn(c->ctrlreg[1])), v->domain, PGT_l4_page_table,
                               &user);
        if (rc) {
            goto failed_user;
        }
    }
    v->arch.guest_table = page_to_mfn(kernel);
    v->arch.guest_table_user = user ? page_to_mfn(user) : _mfn(0);
    return 0;

failed_user:
    if (user) {
        old_table_remember(v, user);
    }
    if (page_type_put(kernel)) {
        old_table_remember(v, kernel);
    } else {
        put_page(kernel);
    }
    return rc;
failed_kernel:
    if (kernel) {
        old_table_remember(v, kernel);
    }
    return rc;
}

/*
 * The mode that v is in and the tables that it runs on go together, whatever it was given before: a
 * table that is in CR3 but not its mode's could be given back under it.
 */
static int set_mode(struct vcpu *v, bool kernel)
{
    mfn_t table = kernel ? v->arch.guest_table : v->arch.guest_table_user;

    if (mfn_x(table) == 0) {
        return -EINVAL;
    }
    v->arch.flags = (v->arch.flags & ~(unsigned long)TF_kernel_mode) |
                    (kernel ? TF_kernel_mode : 0);
    v->arch.cr3 = maddr_x(mfn_to_maddr(table));
    return 0;
}

int arch_set_info_guest(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc;

    rc = old_table_finish(v);
    if (rc) {
        return rc;
    }
    rc = check_context(v, c);
    if (rc) {
        return rc;
    }

    /* A vCPU that has its tables keeps them: only the rest may be set again. */
    if (!v->is_initialised) {
        if (mfn_x(v->arch.guest_table) == 0) {
            rc = set_page_tables(v, c);
        }
        if (!rc && c->gdt_ents) {
            rc = pv_set_gdt(v, c->gdt_frames, (unsigned int)c->gdt_ents);
        }
        if (rc) {
            return rc;
        }
    }
    rc = set_mode(v, c->flags & VGCF_in_kernel);
    if (rc) {
        return v->is_initialised ? -EOPNOTSUPP : rc; /* as 4.17 tells them apart */
    }
    if (!v->is_initialised) {
        v->domain->vm_assist |= c->vm_assist & arch_vm_assist_valid_mask(v->domain);
    }

    if (pv_set_ldt(v, c->ldt_base, (unsigned int)c->ldt_ents)) {
        ASSERT_UNREACHABLE(); /* checked above */
    }
    set_user_regs(v, c);
    set_callbacks(v, c);
    set_control_regs(v, c);
    set_debugregs(v, c);
    if (c->flags & VGCF_I387_VALID) {
        xstate_set_fxsave(v, &c->fpu_ctxt);
    } else if (!v->is_initialised) {
        xstate_reset(v);
    }
    v->is_initialised = true;
    if (c->flags & VGCF_online) {
        clear_bit(VPF_down, &v->pause_flags);
    } else {
        set_bit(VPF_down, &v->pause_flags);
    }
    return 0;
}

void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *c)
{
    const struct pv_vcpu *pv = &v->arch.pv;

    memset(c, 0, sizeof(*c));
    xstate_get_fxsave(v, &c->fpu_ctxt);
    c->flags = pv->vgc_flags & VGCF_KEPT;
    c->flags |= VGCF_I387_VALID;
    c->flags |= v->arch.flags & TF_kernel_mode ? VGCF_in_kernel : 0;
    c->flags |= test_bit(VPF_down, &v->pause_flags) ? 0 : VGCF_online;
    c->user_regs = v->arch.user_regs;
    c->user_regs.entry_vector = 0;
    c->user_regs.error_code = 0;
    c->user_regs.rflags |= (unsigned long)pv->iopl << 12;
    memcpy(c->trap_ctxt, pv->trap_ctxt, sizeof(c->trap_ctxt));
    c->ldt_base = pv->ldt_base;
    c->ldt_ents = pv->ldt_ents;
    for (unsigned int i = 0; i < FIRST_RESERVED_GDT_PAGE; i++) {
        c->gdt_frames[i] = pv->gdt_frames[i];
    }
    c->gdt_ents = pv->gdt_ents;
    c->kernel_ss = pv->kernel_ss;
    c->kernel_sp = pv->kernel_sp;
    for (unsigned int i = 0; i < ARRAY_SIZE(c->ctrlreg); i++) {
        c->ctrlreg[i] = pv->ctrlreg[i];
    }
    c->ctrlreg[3] = xen_pfn_to_cr3(mfn_x(v->arch.guest_table));
    c->ctrlreg[1] = mfn_x(v->arch.guest_table_user)
                        ? xen_pfn_to_cr3(mfn_x(v->arch.guest_table_user))
                        : 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(c->debugreg); i++) {
        c->debugreg[i] = pv->dr[i];
    }
    c->event_callback_eip = pv->event_callback_eip;
    c->failsafe_callback_eip = pv->failsafe_callback_eip;
    c->syscall_callback_eip = pv->syscall_callback_eip;
    c->fs_base = pv->fs_base;
    c->gs_base_kernel = pv->gs_base_kernel;
    c->gs_base_user = pv->gs_base_user;
    c->vm_assist = v->domain->vm_assist;
}

/* Gives v's page tables back; v is paused and off every CPU. */
int arch_vcpu_reset(struct vcpu *v)
{
    mfn_t tables[] = { v->arch.guest_table, v->arch.guest_table_user };
    int rc = old_table_finish(v);

    for (unsigned int i = 0; !rc && i < ARRAY_SIZE(tables); i++) {
        struct page_info *pg;

        if (mfn_x(tables[i]) == 0) {
            continue;
        }
        pg = mfn_to_page(tables[i]);
        if (i == 0) {
            v->arch.guest_table = _mfn(0);
            v->arch.cr3 = idle_cr3;
        } else {
            v->arch.guest_table_user = _mfn(0);
        }
        rc = page_type_put(pg);
        if (rc) {
            old_table_remember(v, pg);
        } else {
            put_page(pg);
        }
    }
    return rc;
}
