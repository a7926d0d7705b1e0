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
    const char *name;                          /* as in console=: "com1", "vga" */
    void (*write)(const char *s, size_t n);    /* any context, must not print */
    void (*sync)(void);                        /* wait until all is out (crash path) */
    struct console_dev *next;
};

void console_early_init(void) __init;   /* before memory: static ring, com1/vga as chosen */
void console_init(void) __init;         /* ring at conring_size, devices with interrupts */
void console_register(struct console_dev *dev);
/* A character received from a console device; interrupt context. */
void console_rx(char c);
/* Puts output into emergency mode: no locks, all devices synchronous, rate limits off. */
void console_force_unlock(void);
/* Stops or starts writing to devices while a dump of the ring is made. */
void console_dump_ring(void);
/* Copies ring content as sysctl readconsole: index protocol of the ABI; 0 or -errno. */
int console_read_ring(guest_ptr_t buf, uint32_t *count, uint32_t *index, bool incremental,
                      bool clear);
/* Direct output by one guest line, rate limited, prefixed "(dN) " unless the hardware domain's. */
void console_guest_write(const char *s, size_t n);

#endif
