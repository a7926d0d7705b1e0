/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug keys: finds the handler of a letter and runs it. The handlers stand in the rooms that own
 * what they show (KEYHANDLER); those that are not safe in interrupt context run in a tasklet, one
 * at a time.
 */
#include <hv/arch/domain.h>
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/lock.h>
#include <hv/tasklet.h>
#include "private.h"

extern const struct keyhandler __keyhandlers_start[], __keyhandlers_end[];

/* Letters waiting for the tasklet; keys_lock guards them. */
static DEFINE_IRQLOCK(keys_lock, RANK_RATELIMIT);
static char waiting[16];
static unsigned int nr_waiting;
static struct tasklet keys_tasklet;
static bool tasklet_ready;

static const struct keyhandler *find(char key)
{
    for (const struct keyhandler *h = __keyhandlers_start; h < __keyhandlers_end; h++) {
        if (h->key == key) {
            return h;
        }
    }
    return NULL;
}

static void call(const struct keyhandler *h)
{
    /* No guest repeats this: keys are pressed at the console or by the control domain. */
    printk(XENLOG_ERR "'%c' pressed -> %s\n", h->key, h->desc);
    h->fn((unsigned char)h->key);
}

static void run_waiting(void *unused)
{
    for (;;) {
        unsigned long flags = irq_lock(&keys_lock);
        char key = 0;

        if (nr_waiting) {
            key = waiting[0];
            nr_waiting--;
            memmove(waiting, waiting + 1, nr_waiting);
        }
        irq_unlock(&keys_lock, flags);
        if (!key) {
            return;
        }
        call(find(key));
    }
}

void __init keyhandler_init(void)
{
    tasklet_init(&keys_tasklet, run_waiting, NULL);
    tasklet_ready = true;
}

void keyhandler_run(char key, bool in_irq)
{
    const struct keyhandler *h = find(key);
    unsigned long flags;
    bool queued = false;

    if (!h) {
        return;
    }
    if (h->irq_safe || !in_irq) {
        call(h);
        return;
    }
    flags = irq_lock(&keys_lock);
    if (tasklet_ready && nr_waiting < sizeof(waiting)) {
        waiting[nr_waiting++] = key;
        queued = true;
    }
    irq_unlock(&keys_lock, flags);
    if (queued) {
        tasklet_schedule(&keys_tasklet);
    }
}

/* In the order of the letters, which is not the order in which they were linked. */
static void show_help(unsigned char key)
{
    for (unsigned int c = ' '; c < 0x7f; c++) {
        const struct keyhandler *h = find((char)c);

        if (h) {
            printk(XENLOG_ERR " key '%c' => %s\n", c, h->desc);
        }
    }
}
KEYHANDLER('h', true, "show this message", show_help);

static void reboot_machine(unsigned char key)
{
    machine_restart();
}
KEYHANDLER('R', true, "reboot the machine", reboot_machine);
