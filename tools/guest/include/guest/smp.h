/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Secondary vCPUs: build a context, initialise, bring up, and run a function there.
 */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include <stdint.h>
#include <public/xen.h>
#include <guest/cpu.h>

void smp_init_boot(void);

/* How many vCPUs this domain has (VCPUOP_is_up answers -ENOENT past the last). */
unsigned int smp_count(void);

/* Fills a context that enters entry(arg) on the given vCPU. 0 or -ENOMEM. */
int smp_make_context(unsigned int vcpu, void (*entry)(void *), void *arg,
                     struct vcpu_guest_context *ctx);

/* Starts fn(arg) on a vCPU that is down: initialises it the first time, rewinds it later. 0 or
 * -errno. */
long smp_start(unsigned int vcpu, void (*fn)(void *), void *arg);

/* Waits until the function has returned and the vCPU is down. 0 or -ETIME. */
long smp_join(unsigned int vcpu);

#endif
