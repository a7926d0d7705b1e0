/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plain hypercalls: the way in and out, batches, the scheduler, the timer.
 */
#include <guest/hypercall.h>
#include <guest/time.h>
#include "bench.h"

void bench_hypercalls(void)
{
    static struct multicall_entry calls[8];
    struct vcpu_runstate_info runstate;

    for (unsigned int i = 0; i < 8; i++) {
        calls[i].op = __HYPERVISOR_xen_version;
        calls[i].args[0] = XENVER_version;
    }
    BENCH_MEASURE("null-hypercall", 100, hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0));
    BENCH_MEASURE("multicall-8", 100, hv_multicall(calls, 8));
    BENCH_MEASURE("vcpu-is-up", 100, hv_vcpu_op(VCPUOP_is_up, 0, NULL));
    BENCH_MEASURE("vcpu-runstate", 100, hv_vcpu_op(VCPUOP_get_runstate_info, 0, &runstate));
    BENCH_MEASURE("yield", 100, hv_sched_op(SCHEDOP_yield, NULL));
    BENCH_MEASURE("set-timer", 100, hv_set_timer_op(time_now() + NSEC_PER_SEC));
    hv_set_timer_op(0);
}
