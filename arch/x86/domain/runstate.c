/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runstate areas: where a guest asked to see how long its vCPU ran and waited. Written for the
 * current vCPU, in its own address space, each time it comes back to a CPU.
 */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <asm/pv.h>

#define XEN_RUNSTATE_UPDATE_BIT (1UL << 63)

void arch_update_runstate_area(struct vcpu *v)
{
    struct vcpu_runstate_info info = v->runstate;
    guest_ptr_t area = v->runstate_guest;
    guest_ptr_t stamp = guest_ptr_add(area, offsetof(struct vcpu_runstate_info, state_entry_time));
    bool flagged;

    /* In user mode the kernel's mapping is not there; the next switch to kernel mode will do. */
    if (guest_ptr_is_null(area)) {
        return;
    }
    if (!guest_kernel_mode(v)) {
        v->arch.pv.need_update_runstate_area = true;
        return;
    }
    v->arch.pv.need_update_runstate_area = false;

    flagged = v->domain->vm_assist & BIT(VMASST_TYPE_runstate_update_flag);
    if (flagged) {
        uint64_t marked = info.state_entry_time | XEN_RUNSTATE_UPDATE_BIT;

        if (copy_to_guest(stamp, &marked, sizeof(marked))) {
            return;
        }
        smp_wmb();
        info.state_entry_time |= XEN_RUNSTATE_UPDATE_BIT;
    }
    if (copy_to_guest(area, &info, sizeof(info))) {
        return;
    }
    if (flagged) {
        smp_wmb();
        info.state_entry_time &= ~XEN_RUNSTATE_UPDATE_BIT;
        /* The area was writable a moment ago; if it no longer is, the guest took it away. */
        if (copy_to_guest(stamp, &info.state_entry_time, sizeof(info.state_entry_time))) {
            return;
        }
    }
}
