/* SPDX-License-Identifier: GPL-2.0-only */
/* Roles of a domain that ends, or does not, in each way there is: for the tests of what then
 * becomes of the machine when it is domain 0. */
#include <guest/cpu.h>
#include "test.h"

ROLE(poweroff)
{
    return SHUTDOWN_poweroff;
}

ROLE(reboot)
{
    return SHUTDOWN_reboot;
}

ROLE(crash)
{
    return SHUTDOWN_crash;
}

/* It breaks: a page fault, with no handler for it. */
ROLE(broken)
{
    (void)hv_set_trap_table(NULL);
    __asm__ volatile("movl $0, 8");
    return SHUTDOWN_poweroff;
}

/* A kernel that dies before it has a console stops its only CPU. */
ROLE(down)
{
    (void)hv_vcpu_op(VCPUOP_down, 0, NULL);
    return SHUTDOWN_poweroff;
}

ROLE(idle)
{
    printf("idle\n");
    while (hv_sched_op(SCHEDOP_block, NULL) == 0) {
    }
    return SHUTDOWN_crash;
}
