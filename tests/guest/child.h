/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains that a test makes: an empty one, or one built from this same kernel (module 1) that plays
 * a role.
 *
 * The text that a child prints is kept; "REPORT <key> <number>" lines can be asked for by key.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <public/domctl.h>
#include <guest/mm.h>

#define CHILD_LOG_SIZE 8192

struct child_options {
    const char *cmdline;         /* NULL: an empty domain, nothing built */
    unsigned int megabytes;      /* default 4 */
    unsigned int vcpus;          /* default 1 */
    uint32_t flags;              /* XEN_DOMCTL_CDF_* */
    int32_t max_ports;           /* default: no limit */
    unsigned int gnttab_version; /* default 1 */
    int32_t grant_frames;        /* default 4 */
    int32_t maptrack_frames;     /* default 4 */
    bool paused;                 /* leave it as created */
};

struct child {
    domid_t id;
    unsigned long *p2m;
    unsigned long nr_pages;
    unsigned int vcpus;
    struct xencons_interface *console;
    unsigned long console_va;
    char log[CHILD_LOG_SIZE];
    unsigned int log_len;
};

/* A domctl with version and domain filled in. */
void child_domctl_init(struct xen_domctl *op, uint32_t cmd, domid_t domid);
long child_domctl(uint32_t cmd, domid_t domid);

/* createdomain with the test's usual configuration; 0 and *id, or -errno. */
long child_create_empty(domid_t *id, unsigned int vcpus, uint32_t flags);

long child_create(struct child *c, const struct child_options *o);
long child_unpause(struct child *c);

/* Waits for its shutdown, collecting text; the reason, or -ETIME. */
long child_wait(struct child *c, uint64_t ns);
void child_collect(struct child *c);
bool child_reported(const struct child *c, const char *key, long *value);
/* Waits until the child has printed this. */
bool child_wait_text(struct child *c, const char *text, uint64_t ns);

/* Waits until it has nothing to do: every vCPU waits for an event. Collects its text. */
bool child_wait_idle(struct child *c, uint64_t ns);

/* Destroys it and waits until it is gone. 0 or -errno. */
long child_destroy(struct child *c);
long child_destroy_id(domid_t id);

/* getdomaininfo for exactly this domain; -ESRCH when it is gone. */
long child_info(domid_t id, struct xen_domctl_getdomaininfo *info);

/* The host's free pages, once they have been still for a while: the last references go late. */
long child_settle(void);
/* Waits until there are so many again; false: there are not. */
bool child_settles_to(long pages);

/* Create, run the role to its end, destroy; the shutdown reason or -errno. The log stays in *c. */
long child_run(struct child *c, const char *cmdline, uint64_t ns);

#endif
