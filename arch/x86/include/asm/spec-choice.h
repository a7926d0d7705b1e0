/* SPDX-License-Identifier: GPL-2.0-only */
/* Which mitigations a CPU needs and can have: a matter of what it says of itself, and of options.
 */
#ifndef ASM_SPEC_CHOICE_H
#define ASM_SPEC_CHOICE_H

#include <hv/compiler.h>

/* What a CPU says of itself. */
struct spec_cpu {
    bool intel;
    bool md_clear, rtm;                    /* leaf 7 */
    bool ibrsb, ibpb;                      /* leaf 7; leaf 0x80000008 */
    bool verw_clear, tsa_sq_no, tsa_l1_no; /* AMD: leaf 0x80000021 */
    bool smep;
    uint64_t arch_caps; /* MSR_ARCH_CAPABILITIES, 0 without */
};

/* Each -1: as the CPU needs it. */
struct spec_options {
    int ibpb, verw, ibrs, rsb;
};

struct spec_choice {
    bool meltdown;
    bool leaks_buffers; /* and VERW, where it does something, is the cure */
    bool verw_clears;   /* VERW overwrites buffers */
    bool verw, ibrs, ibpb;
    bool rsb_on_entry, rsb_on_switch;
};

/* The vCPU of a guest that last ran on a CPU; no domain's unique id is 0, and none is used twice.
 */
struct spec_last_vcpu {
    uint64_t unique_id;
    unsigned int vcpu_id;
};

/* Is it another one? *last becomes it. Of the same domain too: its kernel takes its vCPUs for CPUs
 * that share nothing. */
static inline bool spec_is_new_vcpu(struct spec_last_vcpu *last, uint64_t unique_id,
                                    unsigned int vcpu_id)
{
    if (last->unique_id == unique_id && last->vcpu_id == vcpu_id) {
        return false;
    }
    *last = (struct spec_last_vcpu){ unique_id, vcpu_id };
    return true;
}

/* Pure. */
struct spec_choice spec_choose(const struct spec_cpu *cpu, const struct spec_options *options);

#endif
