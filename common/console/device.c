/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console's devices: which of them console= names, and the writing to all of them. A device
 * that joins gets all that was printed so far. The list and what is written are guarded by the
 * output lock.
 */
#include <hv/lib.h>
#include <hv/param.h>
#include "private.h"

static char __initdata opt_console[64] = "com1,vga";
string_param("console", opt_console);

static bool opt_sync_console;
bool_param("sync_console", opt_sync_console);

static struct console_dev *devices;

static const char *const known_names[] = { "com1", "com2", "vga", "none" };

/* Is name one of the words of console=? */
static bool __init chosen(const char *name)
{
    size_t len = strlen(name);

    for (const char *s = opt_console; *s;) {
        const char *comma = strchr(s, ',');
        size_t n = comma ? (size_t)(comma - s) : strlen(s);

        if (n == len && !strncmp(s, name, n)) {
            return true;
        }
        s += n + (comma ? 1 : 0);
    }
    return false;
}

void __init console_early_init(void)
{
    for (char *s = opt_console; *s;) {
        char *comma = strchr(s, ',');
        size_t n = comma ? (size_t)(comma - s) : strlen(s);
        bool known = false;

        for (unsigned int i = 0; i < ARRAY_SIZE(known_names); i++) {
            known |= strlen(known_names[i]) == n && !strncmp(known_names[i], s, n);
        }
        if (!known) {
            printk(XENLOG_WARNING "command line: console=: unknown device \"%.*s\"\n", (int)n, s);
        }
        s += n + (comma ? 1 : 0);
    }
}

void __init console_init(void)
{
    console_ring_init();
    console_notify_init();
}

bool __init console_wants(const char *name)
{
    return chosen(name);
}

void __init console_register(struct console_dev *dev)
{
    unsigned long flags;

    if (!chosen(dev->name)) {
        return;
    }
    flags = console_lock_output();
    console_ring_replay(dev->write);
    dev->next = devices;
    devices = dev;
    console_unlock_output(flags);
}

static void write_to(bool screens, const char *s, size_t n)
{
    bool sync = opt_sync_console || console_in_emergency();

    for (struct console_dev *d = devices; d; d = d->next) {
        if (d->screen && !screens) {
            continue;
        }
        d->write(s, n);
        if (sync && d->sync) {
            d->sync();
        }
    }
}

void console_devices_write(const char *s, size_t n)
{
    write_to(true, s, n);
}

void console_lines_write(const char *s, size_t n)
{
    write_to(false, s, n);
}

bool console_on_screen(void)
{
    for (const struct console_dev *d = devices; d; d = d->next) {
        if (d->screen) {
            return true;
        }
    }
    return false;
}

void console_devices_sync(void)
{
    for (struct console_dev *d = devices; d; d = d->next) {
        if (d->sync) {
            d->sync();
        }
    }
}

void console_flush(void)
{
    unsigned long flags = console_lock_output();

    console_devices_sync();
    console_unlock_output(flags);
}

/* The hardware domain takes the machine's devices over: those that do not stay ours leave the list.
 */
void console_devices_handover(void)
{
    unsigned long flags = console_lock_output();

    for (struct console_dev **p = &devices; *p;) {
        if ((*p)->handover && !(*p)->handover()) {
            *p = (*p)->next;
        } else {
            p = &(*p)->next;
        }
    }
    console_unlock_output(flags);
}
