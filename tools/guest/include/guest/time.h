/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time from the shared vcpu_time_info, and one-shot waiting.
 */
#ifndef GUEST_TIME_H
#define GUEST_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_USEC 1000ull

/* Nanoseconds since the hypervisor started, on this vCPU. */
uint64_t time_now(void);

/* The raw clock of one vcpu_time_info. */
struct vcpu_time_info;
uint64_t time_read(const volatile struct vcpu_time_info *t);

/* Waits at least ns; the vCPU blocks in the hypervisor, and wakes early for nothing. */
void time_sleep(uint64_t ns);

/* Waits until *flag is not 0 or ns have passed; answers whether it is set. */
bool time_wait_flag(const volatile unsigned long *flag, uint64_t ns);

#endif
