/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console: a ring of everything printed, output devices, levels and rate limits, and the input
 * that goes to dom0 (VIRQ_CONSOLE) or, after three CTRL-a, to the debug keys.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <hv/compiler.h>
#include <hv/guest-access.h>

/* An output (and perhaps input) device; registered once by its driver. */
struct console_dev {
    const char *name;                       /* as in console=: "com1", "vga" */
    void (*write)(const char *s, size_t n); /* any context, must not print */
    void (*sync)(void);                     /* wait until all is out (crash path) */
    bool screen;                            /* shows what was printed last, and no more */
    bool (*handover)(void); /* dom0 starts: false when the device is its own from now on; or NULL */
    struct console_dev *next;
};

void console_early_init(void) __init; /* command line read, no memory yet; devices come after */
void console_init(void) __init;       /* heap and softirqs are up: ring at conring_size */
/* Does console= name this device? */
bool console_wants(const char *name) __init;
/* Joins when console= names it, and gets all that was printed so far. */
void console_register(struct console_dev *dev) __init;
/* dom0 is about to run: input goes to it, devices that are its own are let go. */
void console_start_domain_input(void);
void console_devices_handover(void);
/* Waits until all that was printed has left the devices: before power-off and reboot. */
void console_flush(void);
/* A character received from a console device; interrupt context. */
void console_rx(char c);
/* Puts output into emergency mode: no locks, all devices synchronous, rate limits off. */
void console_force_unlock(void);
bool console_in_emergency(void);
/* In an emergency: another CPU may print now, and this one no longer. */
void console_emergency_turn(unsigned int cpu);
/* In an emergency: all that was printed before it, to devices that keep what they get. */
void console_dump_ring(void);
/* Is a screen among the devices, of which somebody must have time to read? */
bool console_on_screen(void);
/* Copies ring content as sysctl readconsole: index protocol of the ABI; 0 or -errno. */
int console_read_ring(guest_ptr_t buf, uint32_t *count, uint32_t *index, bool incremental,
                      bool clear);
/* Frees the domain's line buffer; nobody can reach d any more. */
struct domain;
void console_domain_destroy(struct domain *d);

#endif
