/* SPDX-License-Identifier: GPL-2.0-only */
/* Deferred work: a function run once on a chosen CPU, in softirq context, after being scheduled. */
#ifndef HV_TASKLET_H
#define HV_TASKLET_H

#include <hv/list.h>

struct tasklet {
    struct list link;
    void (*fn)(void *data);
    void *data;
    int scheduled_on; /* CPU, or -1 */
    bool running, dead;
};

void tasklet_subsystem_init(void) __init;
void tasklet_init(struct tasklet *t, void (*fn)(void *), void *data);
void tasklet_schedule(struct tasklet *t); /* on this CPU; any context */
void tasklet_schedule_on(struct tasklet *t, unsigned int cpu);
/* Cancels, and waits until it is not running anywhere. Not from within t itself. */
void tasklet_kill(struct tasklet *t);

#endif
