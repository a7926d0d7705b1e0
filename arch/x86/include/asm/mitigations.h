/* SPDX-License-Identifier: GPL-2.0-only */
/* What is done about the CPU's errata, chosen once at start-up. */
#ifndef ASM_MITIGATIONS_H
#define ASM_MITIGATIONS_H

#include <hv/compiler.h>

struct vcpu;

/* Another vCPU comes onto a CPU: its predecessor's branch predictions are forgotten. */
extern bool mitigation_on_switch;

/* First CPU, after cpu_features_init(): looks, chooses, and says so in one line. */
void mitigations_init(void) __init;
/* Each CPU, on its own stack block. */
void mitigations_init_cpu(void);

void mitigations_new_vcpu(const struct vcpu *next);

/* On the way to next's state, interrupts off. Nothing where the CPU needs nothing. */
static inline void mitigations_switch(const struct vcpu *next)
{
    if (unlikely(mitigation_on_switch)) {
        mitigations_new_vcpu(next);
    }
}

#endif
