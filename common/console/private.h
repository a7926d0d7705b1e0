/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of common/console/ share. */
#ifndef CONSOLE_PRIVATE_H
#define CONSOLE_PRIVATE_H

#include <hv/console.h>
#include <hv/lock.h>

/*
 * The output lock orders lines, and guards the ring, the list of devices and the levels' state. In
 * an emergency it is neither taken nor given back, so that a dump comes out whoever held it.
 */
unsigned long console_lock_output(void);
void console_unlock_output(unsigned long flags);

/* Below: the caller holds the output lock. */
void console_ring_put(const char *s, size_t n);
/* Gives everything that the ring still holds to write(). */
void console_ring_replay(void (*write)(const char *s, size_t n));
void console_devices_write(const char *s, size_t n);
/* The same, but for screens. */
void console_lines_write(const char *s, size_t n);
void console_devices_sync(void);

/* Moves the ring from its early place into memory of the wanted size. */
void console_ring_init(void) __init;
/* An emergency begins: console_dump_ring() will show what was printed before. */
void console_ring_emergency(void);
/* New bytes are in the ring: VIRQ_CON_RING, soon. No lock held. */
void console_ring_notify(void);
/* Lines printed from now on may wake others. */
void console_notify_init(void) __init;

/* The ring before there is memory; start-up data. */
#define CONSOLE_EARLY_RING_SIZE 16384u
extern char console_early_ring[CONSOLE_EARLY_RING_SIZE];

/* Input: moves up to n waiting bytes into buf; how many. */
unsigned int console_take_input(char *buf, unsigned int n);

/* Which levels are printed, and which at a limited rate, unless loglvl= and guest_loglvl= say. */
#ifdef CONFIG_DEBUG
#define THRESHOLDS_OWN                                                                             \
    {                                                                                              \
        4, 4                                                                                       \
    }
#define THRESHOLDS_GUEST                                                                           \
    {                                                                                              \
        4, 4                                                                                       \
    }
#else
#define THRESHOLDS_OWN                                                                             \
    {                                                                                              \
        3, 3                                                                                       \
    }
#define THRESHOLDS_GUEST                                                                           \
    {                                                                                              \
        0, 2                                                                                       \
    }
#endif

#endif
