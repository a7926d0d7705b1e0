/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TLB clock: which CPUs have flushed since a frame was stamped.
 *
 * The clock and each CPU's time of its last flush are 64 bits wide and do not go round. A frame has
 * room for 32 bits: its stamp is the clock's lower half, and means the last time at which the clock
 * had that half. That is never before the frame was stamped, so a stamp of long ago counts as a
 * later one and may cause a flush; no CPU counts as flushed that has not, however long it lags. The
 * clock is odd, so no stamp is 0: common code has that for frames which never were in a TLB.
 *
 * CONFIG_DEBUG_TLB_CLOCK has stamps go round every 64 flushes (I27). No locks.
 */
#include <hv/arch/mm.h>
#include <hv/smp.h>
#include <asm/flush.h>

uint64_t tlb_clock = 1;
DEFINE_PER_CPU(uint64_t, tlb_flush_time);

/* How long before `now` the clock last had that lower half. The stamp was taken before. */
static uint32_t age(uint64_t now, uint32_t stamp)
{
    return (uint32_t)now - stamp;
}

void tlb_filter(cpumask_t *mask, uint32_t stamp)
{
    uint64_t now = READ_ONCE(tlb_clock), since = now - age(now, stamp);
    unsigned int cpu;

    for_each_cpu (cpu, mask) {
        if (READ_ONCE(per_cpu(tlb_flush_time, cpu)) > since) {
            cpumask_clear(cpu, mask);
        }
    }
}

uint32_t arch_tlb_stamp(void)
{
    return tlb_stamp_now();
}

uint32_t arch_tlb_later(uint32_t a, uint32_t b)
{
    uint64_t now = READ_ONCE(tlb_clock);

    if (!a || !b) {
        return a | b;
    }
    return age(now, a) < age(now, b) ? a : b;
}

void arch_tlb_flush_since(uint32_t stamp)
{
    cpumask_t mask = cpu_online_map;

    tlb_filter(&mask, stamp);
    if (!cpumask_empty(&mask)) {
        flush_tlb_mask(&mask);
    }
}
