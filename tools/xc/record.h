/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What xc remembers of the domains that it made, in files under /run/xc named by the domain's
 * handle, which no other domain has: an id that is used again cannot be mistaken for them.
 */
#ifndef XC_RECORD_H
#define XC_RECORD_H

#include <stdbool.h>
#include <xenctrl.h>

#define NAME_MAX_BYTES 64

struct record {
    char name[NAME_MAX_BYTES]; /* may be empty */
    uint64_t console_mfn;      /* 0: not known */
    evtchn_port_t console_port;
};

/* The file's last name, 33 bytes. */
void record_key(const xen_domain_handle_t handle, char *key);
/* False when there is none; *r is then empty. */
bool record_read(const xen_domain_handle_t handle, struct record *r);
/* 0 or -1 with errno. */
int record_write(const xen_domain_handle_t handle, const struct record *r);
void record_remove(const xen_domain_handle_t handle);

/* The folder's path, made if need be. NULL and errno. */
const char *record_folder(void);

#endif
