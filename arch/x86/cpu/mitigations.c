/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done on the way to a guest because of the CPU's errata. The flags of struct cpu_info are zero on
 * a CPU that needs none of it, and then the exit path does not come here.
 */
#include <hv/domain.h>
#include <asm/pv.h>

void exit_mitigations_slow(struct vcpu *v)
{
    if (get_cpu_info()->entry_flags & CPUINFO_VERW) {
        static const uint16_t selector = 0;

        /* Overwrites the CPU's fill, store and load buffers where microcode made it so. */
        __asm__ volatile("verw %0" : : "m"(selector) : "cc");
    }
}
