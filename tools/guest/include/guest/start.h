/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start of day: what the hypervisor handed over, and the function every kernel provides.
 */
#ifndef GUEST_START_H
#define GUEST_START_H

#include <stdbool.h>
#include <stdint.h>
#include <public/xen.h>

extern struct start_info *guest_start_info;
extern struct shared_info *guest_shared_info;

/* Is this the initial domain? */
static inline bool guest_is_dom0(void)
{
    return (guest_start_info->flags & SIF_INITDOMAIN) != 0;
}

/* Provided by the kernel. Runs on vCPU 0 with events unmasked; its value is the exit status. */
int guest_main(void);

#endif
