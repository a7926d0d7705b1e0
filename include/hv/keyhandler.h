/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug keys: a letter, what it says, and its function; typed on serial or sent by sysctl. */
#ifndef HV_KEYHANDLER_H
#define HV_KEYHANDLER_H

#include <hv/compiler.h>

struct keyhandler {
    char key;
    bool irq_safe; /* may run in interrupt context; others run in a tasklet */
    const char *desc;
    void (*fn)(unsigned char key);
};

#define KEYHANDLER(letter, safe, text, f)                                                          \
    static const struct keyhandler __used __aligned(8) __section(".data.rel.ro.keyhandlers")       \
        keyhandler_##f = { letter, safe, text, f }

/* Runs the key's handler, now or soon; unknown keys are ignored. Any context but NMI. */
void keyhandler_run(char key, bool in_irq);
/* Softirqs work: handlers that are not irq_safe can be run from now on. */
void keyhandler_init(void) __init;

#endif
