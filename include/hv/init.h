/* SPDX-License-Identifier: GPL-2.0-only */
/* What start-up found: modules, memory, where things are. Filled by arch/, read by everyone. */
#ifndef HV_INIT_H
#define HV_INIT_H

#include <hv/frame.h>

enum system_state { SYS_early_boot, SYS_boot, SYS_smp_boot, SYS_active, SYS_dying };
extern enum system_state system_state;

#define MAX_BOOT_MODULES 16

/* A module that the boot loader placed; its frames stay reserved until released. */
struct boot_module {
    maddr_t start;
    uint64_t size;
    const char *cmdline;
};

struct boot_info {
    unsigned int nr_modules;
    struct boot_module modules[MAX_BOOT_MODULES];
    char *cmdline;            /* the hypervisor's */
    const char *dom0_cmdline; /* what follows "--" on it */
    const char *loader;
};
extern struct boot_info boot_info;

#endif
