/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One measured row: BENCH <name> <count>. Under -icount shift=0 the time stamp counter counts
 * instructions, so a delta is a number of instructions, the same in every run. The price of reading
 * it is taken off.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <guest/cpu.h>

/* What is counted lies between the two: a tracer of instructions finds it by their addresses. */
void bench_begin(const char *name);
void bench_report(const char *name, uint64_t count);

#define BENCH_RUNS 7

/* The least of several runs of `iterations` rounds each, for one round: interrupts fall out. */

#define BENCH_MEASURE(name, iterations, ...)                                                       \
    do {                                                                                           \
        uint64_t best_ = ~0ull;                                                                    \
        bench_begin(name);                                                                         \
        for (unsigned int run_ = 0; run_ < BENCH_RUNS; run_++) {                                   \
            uint64_t start_ = cpu_rdtsc();                                                         \
            for (unsigned int i_ = 0; i_ < (iterations); i_++) {                                   \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
            uint64_t took_ = cpu_rdtsc() - start_;                                                 \
            best_ = took_ < best_ ? took_ : best_;                                                 \
        }                                                                                          \
        bench_report(name, best_ / (iterations));                                                  \
    } while (0)

void bench_hypercalls(void);
void bench_paging(void);
void bench_bounces(void);
void bench_events(void);
void bench_domains(void);
void bench_memory_use(void);
void bench_memory_ops(void);
void bench_grants(void);
void bench_hammer(void);
int bench_relay(void);

#endif
