/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLB flushes, here and on other CPUs. A flush advances the clock first and records the new time as
 * the CPU's own: a stamp taken before it is less than that time, a stamp taken after it is not, so
 * that CPU will flush again.
 *
 * No locks. Called by the page-type machine, page-table operations and the heap.
 */
#include <hv/domain.h>
#include <hv/smp.h>
#include <asm/flush.h>
#include <asm/processor.h>

void flush_tlb_local(void)
{
    unsigned long flags = local_irq_save();
    uint64_t now = __atomic_add_fetch(&tlb_clock, TLB_CLOCK_STEP, __ATOMIC_SEQ_CST);

    write_cr3(read_cr3());
    this_cpu(tlb_flush_time) = now;
    local_irq_restore(flags);
}

void flush_tlb_one_local(unsigned long va)
{
    invlpg(va);
}

static void flush_here(void *unused)
{
    flush_tlb_local();
}

static void flush_one_here(void *va)
{
    flush_tlb_one_local((unsigned long)va);
}

/* Is this CPU all there is? */
static bool only_self(const cpumask_t *mask)
{
    unsigned int self = smp_processor_id();

    for (unsigned int i = 0; i < BITS_TO_LONGS(NR_CPUS); i++) {
        if (mask->bits[i] != (i == self / BITS_PER_LONG ? BIT(self % BITS_PER_LONG) : 0)) {
            return false;
        }
    }
    return true;
}

void flush_tlb_mask(const cpumask_t *mask)
{
    if (only_self(mask)) {
        flush_tlb_local();
    } else if (!cpumask_empty(mask)) {
        on_selected_cpus(mask, flush_here, NULL, true);
    }
}

void flush_tlb_one_mask(const cpumask_t *mask, unsigned long va)
{
    if (only_self(mask)) {
        flush_tlb_one_local(va);
    } else if (!cpumask_empty(mask)) {
        on_selected_cpus(mask, flush_one_here, (void *)va, true);
    }
}

void flush_tlb_vcpu(struct vcpu *v)
{
    if (v == current) {
        flush_tlb_local();
    } else {
        cpumask_t mask = v->dirty_cpu_mask;

        flush_tlb_mask(&mask);
    }
}
