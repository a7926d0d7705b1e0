/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What raises the watchdog's NMIs. The judge (watchdog.c) knows a source by this record alone.
 */
#ifndef WATCHDOG_PRIVATE_H
#define WATCHDOG_PRIVATE_H

#include <hv/compiler.h>

struct nmi_source {
    const char *name;
    unsigned int hz; /* NMIs a second, about */
    bool every_cpu;  /* each CPU has its own; otherwise CPU 0's NMIs stand for all */
    /* Start-up: prepares it and says whether the machine has one that works. */
    bool (*find)(void);
    /* Start-up, on each CPU that is to have NMIs, interrupts off. */
    void (*start)(void);
    /* Undoes start, where that turned out to raise no NMIs. NULL: start cannot fail. */
    void (*stop)(void);
    /* In an NMI: was it this source? Then it is armed again. */
    bool (*mine)(void);
};

extern const struct nmi_source nmi_source_perf, nmi_source_pit;

#endif
