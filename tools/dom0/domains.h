/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domains that this dom0 has made: their names, consoles and lifetimes.
 */
#ifndef DOM0_DOMAINS_H
#define DOM0_DOMAINS_H

#include <stdbool.h>
#include <xenctrl.h>

#define DOMAINS_MAX     64
#define DOMAIN_LOG_SIZE 4096

struct xencons_interface;

struct guest_domain {
    bool used;
    uint32_t id;
    char kind[12];
    struct xencons_interface *console; /* NULL: none, or gone */
    char log[DOMAIN_LOG_SIZE];         /* what it said, oldest cut */
    size_t log_len, log_shown;
};

extern xc_interface *xch;

/* A domain of one of the kinds "handler" and "victim"; NULL with a message printed. Runs when
 * started. */
struct guest_domain *domain_new(const char *kind, unsigned int megabytes, unsigned int vcpus);
struct guest_domain *domain_find(uint32_t id);
/* Destroys it, and forgets it once its console is unmapped. 0 or -1. */
int domain_end(struct guest_domain *d);
/* Unmaps the consoles of domains that are gone or dying. */
void domains_reap(void);

/* Reads all consoles into their logs; shown: prints complete new lines as well. */
void consoles_pump(bool shown);
/* Is there a complete line that was not shown? */
bool consoles_unshown(void);
/* Pumps until the domain's log, from a position on, has the text, or the time is over. */
bool console_wait(struct guest_domain *d, size_t from, const char *text, unsigned int milliseconds);
void console_send(struct guest_domain *d, const char *text, size_t len);

#endif
