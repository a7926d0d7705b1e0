/* SPDX-License-Identifier: MIT */
/*
 * x86's records of an HVM domain's state. Here is the one that domctl's extended vCPU context
 * shares with PV.
 */
#ifndef __XEN_PUBLIC_HVM_SAVE_X86_H__
#define __XEN_PUBLIC_HVM_SAVE_X86_H__

#include "../../hvm/save.h"

#ifndef __ASSEMBLY__

/* A vCPU's machine-check banks. */
struct hvm_vmce_vcpu {
    uint64_t caps;
    uint64_t mci_ctl2_bank0;
    uint64_t mci_ctl2_bank1;
    uint64_t mcg_ext_ctl;
};
DECLARE_HVM_SAVE_TYPE(VMCE_VCPU, 18, struct hvm_vmce_vcpu);

#endif /* __ASSEMBLY__ */

#endif /* __XEN_PUBLIC_HVM_SAVE_X86_H__ */
