/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forgetting translations. No guest mapping is ever global (arch/x86/mm/table.h), so each CR3 load
 * forgets all of a guest's; hypervisor mappings are global and go by address.
 *
 * The TLB clock (tlb-clock.c) orders flushes against the ends of mappings: a frame is stamped when
 * its last use ends, and only CPUs that have not flushed since then need to be told (I12).
 */
#ifndef ASM_FLUSH_H
#define ASM_FLUSH_H

#include <hv/cpumask.h>
#include <hv/percpu.h>

struct vcpu;

#ifdef CONFIG_DEBUG_TLB_CLOCK
#define TLB_CLOCK_STEP (1UL << 26) /* stamps go round every 64 flushes */
#else
#define TLB_CLOCK_STEP 2
#endif

extern uint64_t tlb_clock; /* odd */
DECLARE_PER_CPU(uint64_t, tlb_flush_time);

/* What a frame is stamped with; never 0. */
static always_inline uint32_t tlb_stamp_now(void)
{
    return (uint32_t)READ_ONCE(tlb_clock);
}

/* All of this CPU's translations of guest addresses; any context. */
void flush_tlb_local(void);
void flush_tlb_one_local(unsigned long va);
/* The same on each CPU of the mask, complete on return. Interrupts on, no irqlock held. */
void flush_tlb_mask(const cpumask_t *mask);
void flush_tlb_one_mask(const cpumask_t *mask, unsigned long va);
/* On the CPU where v runs, if any. */
void flush_tlb_vcpu(struct vcpu *v);
/* Takes those CPUs out that have flushed since `stamp`. */
void tlb_filter(cpumask_t *mask, uint32_t stamp);

#endif
