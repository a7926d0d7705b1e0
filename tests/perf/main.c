/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark kernel: boots as dom0, prints one BENCH line a row and BENCH END. The same binary
 * runs on every hypervisor; what a hypervisor cannot do is printed as BENCH <name> -1. As a domU it
 * plays the child of the grant rows.
 */
#include <guest/cmdline.h>
#include <guest/hypercall.h>
#include <guest/start.h>
#include <guest/time.h>
#include "bench.h"

__attribute__((noinline)) void bench_begin(const char *name)
{
    __asm__ volatile("" : : "r"(name) : "memory");
}

void bench_report(const char *name, uint64_t count)
{
    printf("BENCH %s %ld\n", name, (long)count);
}

int guest_main(void)
{
    uint64_t entry = cpu_rdtsc();

    if (cmdline_number("relay", 0)) {
        return bench_relay();
    }
    hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    /* The counter starts with the machine; the runner takes the loader's part and the waits out. */
    printf("BENCH dom0-entry-tsc %ld\n", (long)entry);
    if (cmdline_has("boot-only")) {
        printf("BENCH END\n");
        return 0;
    }
    if (cmdline_has("grants")) {
        bench_grants();
        printf("BENCH END\n");
        time_sleep(100 * NSEC_PER_MSEC); /* the line goes out */
        return 0;
    }
    if (cmdline_has("hammer")) {
        bench_hammer();
        printf("BENCH END\n");
        time_sleep(100 * NSEC_PER_MSEC);
        return 0;
    }
    bench_memory_use();
    bench_hypercalls();
    bench_paging();
    bench_memory_ops();
    bench_bounces();
    bench_events();
    bench_domains();
    printf("BENCH END\n");
    return 0;
}
