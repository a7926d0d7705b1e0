/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time and waiting. Reads vcpu_time_info under its version; keeps no state.
 */
#include <stddef.h>
#include <guest/time.h>
#include <guest/cpu.h>
#include <guest/hypercall.h>

uint64_t time_read(const volatile struct vcpu_time_info *t)
{
    uint32_t version;
    uint64_t ns;

    do {
        uint64_t delta;

        version = t->version & ~1u;
        __asm__ volatile("lfence" ::: "memory");
        delta = cpu_rdtsc() - t->tsc_timestamp;
        delta = t->tsc_shift >= 0 ? delta << t->tsc_shift : delta >> -t->tsc_shift;
        ns = t->system_time + (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
        __asm__ volatile("lfence" ::: "memory");
    } while (t->version != version);
    return ns;
}

uint64_t time_now(void)
{
    return time_read(&this_cpu()->info->time);
}

/* Blocks until deadline or an event; SCHEDOP_poll on no port is a plain time-out. */
static void poll_until(uint64_t deadline)
{
    struct sched_poll poll = { .nr_ports = 0, .timeout = deadline };

    hv_sched_op(SCHEDOP_poll, &poll);
}

void time_sleep(uint64_t ns)
{
    uint64_t deadline = time_now() + ns;

    while (time_now() < deadline) {
        poll_until(deadline);
    }
}

bool time_wait_flag(const volatile unsigned long *flag, uint64_t ns)
{
    uint64_t deadline = time_now() + ns;

    while (!*flag) {
        uint64_t now = time_now();

        if (now >= deadline) {
            return *flag != 0;
        }
        hv_sched_op(SCHEDOP_yield, NULL);
        if (!*flag) {
            poll_until(now + NSEC_PER_MSEC);
        }
    }
    return true;
}
