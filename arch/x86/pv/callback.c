/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a PV kernel wants to be entered: its trap table and its callbacks (event, failsafe, system
 * calls, NMI). All of it is the current vCPU's own state; no locks.
 */
#include <hv/guest-access.h>
#include <hv/hypercall.h>
#include <hv/nospec.h>
#include <public/callback.h>
#include <public/nmi.h>
#include <asm/pv.h>
#include <gen/callback_op-dispatch.h>
#include <gen/hypercall-dispatch.h>
#include <gen/nmi_op-dispatch.h>

static bool is_canonical(unsigned long va)
{
    return (unsigned long)((long)(va << 16) >> 16) == va;
}

/* Entries until one with address 0, each checked whole before it takes effect; NULL clears all. */
long do_set_trap_table(guest_ptr_t traps)
{
    struct vcpu *v = current;
    struct trap_info *table = v->arch.pv.trap_ctxt;

    if (guest_ptr_is_null(traps)) {
        memset(table, 0, 256 * sizeof(*table));
        return 0;
    }

    for (unsigned long i = 0;; i++) {
        struct trap_info ti;

        if (copy_from_guest_elem(&ti, traps, i)) {
            return -EFAULT;
        }
        if (ti.address == 0) {
            return 0;
        }
        if (!is_canonical(ti.address)) {
            return -EINVAL;
        }
        ti.cs = pv_fixup_code_selector(ti.cs);
        table[ti.vector] = ti;
        if (ti.vector == LEGACY_SYSCALL_VECTOR) {
            barrier();
        }
        /* The guest's list may be endless: go on from here. */
        if (i && hypercall_preempt_check()) {
            hypercall_set_arg(0, guest_ptr_add(traps, (i + 1) * sizeof(ti)).va);
            return -ERESTART;
        }
    }
}

static long register_callback(struct vcpu *v, const struct callback_register *reg)
{
    struct pv_vcpu *pv = &v->arch.pv;
    unsigned long eip = reg->address;
    bool mask = reg->flags & CALLBACKF_mask_events;

    if (!is_canonical(eip)) {
        return -EINVAL;
    }
    switch (reg->type) {
    case CALLBACKTYPE_event:
        pv->event_callback_eip = eip;
        return 0;
    case CALLBACKTYPE_failsafe:
        pv->failsafe_callback_eip = eip;
        pv->vgc_flags &= ~(unsigned long)VGCF_failsafe_disables_events;
        pv->vgc_flags |= mask ? VGCF_failsafe_disables_events : 0;
        return 0;
    case CALLBACKTYPE_syscall:
        pv->syscall_callback_eip = eip;
        pv->vgc_flags &= ~(unsigned long)VGCF_syscall_disables_events;
        pv->vgc_flags |= mask ? VGCF_syscall_disables_events : 0;
        return 0;
    case CALLBACKTYPE_syscall32:
        pv->syscall32_callback_eip = eip;
        pv->syscall32_disables_events = mask;
        return 0;
    case CALLBACKTYPE_sysenter:
        pv->sysenter_callback_eip = eip;
        pv->sysenter_disables_events = mask;
        return 0;
    case CALLBACKTYPE_nmi:
        return pv_register_nmi(v, eip);
    default:
        return -ENOSYS;
    }
}

long callback_op_register(struct callback_register *reg)
{
    return register_callback(current, reg);
}

long callback_op_unregister(struct callback_unregister *unreg)
{
    struct vcpu *v = current;

    switch (unreg->type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
    case CALLBACKTYPE_syscall32:
    case CALLBACKTYPE_sysenter:
        return -EINVAL;
    case CALLBACKTYPE_nmi:
        return pv_unregister_nmi(v);
    default:
        return -ENOSYS;
    }
}

/* The older call for the same: three addresses at once. */
long do_set_callbacks(unsigned long event, unsigned long failsafe, unsigned long syscall)
{
    struct vcpu *v = current;
    const struct callback_register regs[] = {
        { .type = CALLBACKTYPE_event, .address = event },
        { .type = CALLBACKTYPE_failsafe, .address = failsafe },
        { .type = CALLBACKTYPE_syscall, .address = syscall },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++) {
        (void)register_callback(v, &regs[i]);
    }
    return 0;
}

/* A guest's NMI handler is trap 2 of its table, always entered with events masked. */
long pv_register_nmi(struct vcpu *v, unsigned long address)
{
    struct trap_info *ti = &v->arch.pv.trap_ctxt[TRAP_NMI];

    if (!is_canonical(address)) {
        return -EINVAL;
    }
    *ti = (struct trap_info){
        .vector = TRAP_NMI, .flags = 1U << 2, .cs = FLAT_KERNEL_CS, .address = address
    };
    return 0;
}

long pv_unregister_nmi(struct vcpu *v)
{
    memset(&v->arch.pv.trap_ctxt[TRAP_NMI], 0, sizeof(struct trap_info));
    return 0;
}

long nmi_op_register_callback(struct xennmi_callback *cb)
{
    return pv_register_nmi(current, cb->handler_address);
}

long nmi_op_unregister_callback(void)
{
    return pv_unregister_nmi(current);
}
