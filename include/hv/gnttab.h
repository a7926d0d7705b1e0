/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables as the rest of the hypervisor uses them: a table is made with its domain, its
 * mappings of other domains' pages are given back when the domain dies, and its memory goes with
 * the domain's structure. The operations themselves are common/gnttab/
 * (docs/design/grant-tables.md).
 */
#ifndef HV_GNTTAB_H
#define HV_GNTTAB_H

#include <hv/frame.h>

struct domain;
struct vcpu;
struct grant_table;
struct xen_domctl_createdomain;

/*
 * A vCPU's own free maptrack handles: a list, by handle plus one. Only the vCPU itself uses it.
 * `least` is the lowest that count was since somebody last looked.
 */
struct gnttab_vcpu {
    uint32_t head, count;
    uint32_t least;
};

/* What a domain uses of its grant table, and what it was refused. */
struct gnttab_usage {
    uint32_t version, max_version;
    uint32_t frames, max_frames;
    uint32_t entries, peak_entries, limit_entries;    /* entries that others have mapped */
    uint32_t maptrack, peak_maptrack, limit_maptrack; /* mappings of others' entries */
    uint32_t failed_frames, failed_entries, failed_maptrack;
};

/* The highest version of entries that a domain may be given here. */
uint32_t gnttab_highest_version(void);

/*
 * gnttab_create: the table of a domain that nobody can reach yet. 0; -EINVAL: a limit or version
 * that is not allowed here; -ENOMEM.
 * gnttab_release_mappings: gives back what a dying domain, all its vCPUs paused, has mapped. 0 or
 * -ERESTART. Process context, no lock held but the control lock.
 * gnttab_destroy: frees the table; nobody can reach the domain any more.
 */
int gnttab_create(struct domain *d, const struct xen_domctl_createdomain *config) __must_check;
int gnttab_release_mappings(struct domain *d) __must_check;
void gnttab_destroy(struct domain *d);
/* Entries and mappings that d still has: none when it is freed (I11). */
uint32_t gnttab_leaks(const struct domain *d);

/*
 * A frame of d's table for acquire_resource; the table grows to have it. id:
 * XENMEM_resource_grant_table_id_*. 0, -EINVAL: there is none, -ENOMEM, -ERESTART: to be called
 * again.
 */
int gnttab_acquire_frame(struct domain *d, uint32_t id, unsigned long frame, mfn_t *mfn)
    __must_check;
/* How many frames d may have of that id; 0: an unknown id. */
uint32_t gnttab_resource_frames(const struct domain *d, uint32_t id);

void gnttab_get_usage(struct domain *d, struct gnttab_usage *usage);

#endif
