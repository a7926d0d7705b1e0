/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing the TSCs of all CPUs in step. When a CPU comes up it and the first CPU exchange stamps,
 * and the newcomer's counter is moved by the difference, if that is more than the exchange can be
 * wrong; a second exchange shows whether that was of use. One pair at a time: bring-up is serial.
 */
#include <hv/lib.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/current.h>
#include <asm/time.h>

#define MSR_TSC        0x10
#define MSR_TSC_ADJUST 0x3b
#define ROUNDS         16
#define TOLERANCE      1000 /* ticks */

static struct {
    uint32_t turn; /* even: the target's, odd: the source's; counts through both exchanges */
    uint64_t source_tsc;
} exchange;

void tsc_sync_source(unsigned int cpu)
{
    for (uint32_t round = 0; round < 2 * ROUNDS; round++) {
        while (__atomic_load_n(&exchange.turn, __ATOMIC_ACQUIRE) != 2 * round + 1) {
            cpu_relax();
        }
        exchange.source_tsc = rdtsc();
        __atomic_store_n(&exchange.turn, 2 * round + 2, __ATOMIC_RELEASE);
    }
    /* The target has used the last stamp and made the record fresh. */
    while (__atomic_load_n(&exchange.turn, __ATOMIC_ACQUIRE) != 0) {
        cpu_relax();
    }
}

/* How far this CPU is behind the source; 0 when the exchange cannot tell it from none. */
static int64_t exchange_stamps(uint32_t first)
{
    uint64_t best = ~0UL;
    int64_t offset = 0, margin;

    for (uint32_t round = first; round < first + ROUNDS; round++) {
        uint64_t before = rdtsc(), after;

        __atomic_store_n(&exchange.turn, 2 * round + 1, __ATOMIC_RELEASE);
        while (__atomic_load_n(&exchange.turn, __ATOMIC_ACQUIRE) != 2 * round + 2) {
            cpu_relax();
        }
        after = rdtsc();
        if (after - before < best) {
            best = after - before;
            offset = (int64_t)(exchange.source_tsc - (before + best / 2));
        }
    }
    margin = (int64_t)(best / 2 + TOLERANCE);
    return offset > margin || -offset > margin ? offset : 0;
}

static void tsc_move(int64_t by)
{
    if (cpu_has(X86_FEATURE_TSC_ADJUST)) {
        wrmsr(MSR_TSC_ADJUST, rdmsr(MSR_TSC_ADJUST) + (uint64_t)by);
    } else {
        wrmsr(MSR_TSC, rdtsc() + (uint64_t)by);
    }
}

int64_t tsc_sync_target(unsigned int cpu)
{
    int64_t offset = exchange_stamps(0);

    if (offset) {
        printk(XENLOG_INFO "CPU%u: TSC moved by %ld ticks\n", cpu, offset);
        tsc_move(offset);
    }
    offset = exchange_stamps(ROUNDS);
    __atomic_store_n(&exchange.turn, 0, __ATOMIC_RELEASE);
    return offset;
}
