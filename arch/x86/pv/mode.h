/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two modes of a PV vCPU, kernel and user: each has its page tables and its GS base. For the
 * current vCPU, in the two places where it changes its mode.
 */
#ifndef PV_MODE_H
#define PV_MODE_H

#include <hv/domain.h>
#include <hv/arch/domain.h>
#include <asm/processor.h>
#include <asm/pv.h>

static always_inline void pv_change_mode(struct vcpu *v, mfn_t table)
{
    uint64_t cr3 = maddr_x(mfn_to_maddr(table));

    v->arch.flags ^= TF_kernel_mode;
    __asm__ volatile("swapgs");
    v->arch.cr3 = cr3;
    write_cr3(cr3);
}

/* From user mode; pv_kernel_entered() is owed. */
static always_inline void pv_enter_kernel(struct vcpu *v)
{
    pv_change_mode(v, v->arch.guest_table);
}

/* What the kernel could not be told while its tables were away, it is told now. Comes last, as a
 * jump. */
static always_inline void pv_kernel_entered(struct vcpu *v)
{
    if (unlikely(v->arch.pv.need_update_runstate_area)) {
        arch_update_runstate_area(v);
    }
}

/* From kernel mode, which has given user page tables. */
static always_inline void pv_enter_user(struct vcpu *v)
{
    pv_change_mode(v, v->arch.guest_table_user);
}

#endif
