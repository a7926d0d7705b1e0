/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's grant table: its limits, its frames, its end. Frames are hypervisor pages that the
 * domain may map, zeroed before it can (I18). All pages stay until the domain's structure is freed:
 * status frames outlive a change of version, and whoever found a record may use it as long as it
 * may use the domain.
 *
 * Locks: the table's for growth and for the first use of 128 entries' records. What operations read
 * without it (private.h) is published with release, in this file, and never taken back.
 */
#include <hv/interleave.h>
#include <hv/mm.h>
#include <hv/param.h>

#include "private.h"

#define DEFAULT_FRAMES   64
#define DEFAULT_MAPTRACK 1024
/* Arrays of pointers are made for all that a domain may have. */
#define MOST_FRAMES (1U << 16)

static unsigned int opt_max_frames __read_mostly = DEFAULT_FRAMES;
static unsigned int opt_max_maptrack __read_mostly = DEFAULT_MAPTRACK;
uint_param("gnttab_max_frames", opt_max_frames, 1, INT32_MAX);
uint_param("gnttab_max_maptrack_frames", opt_max_maptrack, 0, INT32_MAX);

struct gnttab_options gnttab_opt __read_mostly = {
    .max_version = GNTTAB_BUILT_VERSION,
    .transitive = GNTTAB_TRANSITIVE_BUILT,
    .transfer = true,
};

static bool __init word_is(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && !strncmp(s, word, len);
}

static int __init parse_word(const char *s, size_t len, struct gnttab_options *to)
{
    bool on = true;

    if (len == 9 && !strncmp(s, "max-ver:", 8) && s[8] >= '1' && s[8] <= '2') {
        to->max_version = (uint8_t)min((uint32_t)(s[8] - '0'), GNTTAB_BUILT_VERSION);
        return 0;
    }
    if (len > 3 && !strncmp(s, "no-", 3)) {
        on = false;
        s += 3;
        len -= 3;
    }
    if (word_is(s, len, "transitive")) {
        to->transitive = on && GNTTAB_TRANSITIVE_BUILT;
        return 0;
    }
    if (word_is(s, len, "transfer")) {
        to->transfer = on;
        return 0;
    }
    return -EINVAL;
}

static int __init parse_gnttab(const char *s, struct gnttab_options *to)
{
    for (;;) {
        size_t len = 0;
        int rc;

        while (s[len] && s[len] != ',') {
            len++;
        }
        rc = parse_word(s, len, to);
        if (rc || !s[len]) {
            return rc;
        }
        s += len + 1;
    }
}
custom_param("gnttab", parse_gnttab, gnttab_opt);

/* A limit that a domain asks for; negative: the host's. */
uint32_t gnttab_highest_version(void)
{
    return gnttab_opt.max_version;
}

static int limit_of(int32_t wanted, unsigned int host, uint32_t least, uint32_t *limit)
{
    *limit = wanted < 0 ? host : (uint32_t)wanted;
    return *limit >= least && *limit <= host ? 0 : -EINVAL;
}

static int check_config(const struct xen_domctl_createdomain *config, struct grant_table *t)
{
    unsigned int most = min(opt_max_frames, MOST_FRAMES);
    int rc;

    t->max_version = config->grant_opts & XEN_DOMCTL_GRANT_version_mask;
    if (!t->max_version || t->max_version > gnttab_opt.max_version) {
        return -EINVAL;
    }
    rc = limit_of(config->max_grant_frames, max(most, 1U), 1, &t->max_frames);
    if (rc) {
        return rc;
    }
    return limit_of(config->max_maptrack_frames, min(opt_max_maptrack, MOST_FRAMES), 0,
                    &t->max_maptrack);
}

int gnttab_create(struct domain *d, const struct xen_domctl_createdomain *config)
{
    struct grant_table *t = xmalloc_bytes(sizeof(*t), 64);
    int rc;

    if (!t) {
        return -ENOMEM;
    }
    memset(t, 0, sizeof(*t));
    spin_lock_init(&t->lock, RANK_GRANT);
    spin_lock_init(&t->maptrack_lock, RANK_MAPTRACK);
    t->version = 1;
    d->gnttab = t;
    rc = check_config(config, t);
    if (rc) {
        goto free;
    }
    rc = -ENOMEM;
    t->shared = xzalloc_array(void *, t->max_frames);
    t->status = xzalloc_array(grant_status_t *, status_frames_of(t->max_frames));
    t->active = xzalloc_array(struct active_entry *,
                              entries_of(t->max_frames, 1) / ACTIVE_PER_PAGE);
    if (!t->shared || !t->status || !t->active) {
        goto free;
    }
    spin_lock(&t->lock);
    rc = gnttab_grow(d, t, 1);
    spin_unlock(&t->lock);
    if (!rc) {
        return 0;
    }
free:
    gnttab_destroy(d);
    return rc;
}

static void *table_page(struct domain *d)
{
    void *page = alloc_zeroed_page();

    interleave("gnttab.grow.alive");
    if (page && !share_xen_page_with_guest(virt_to_page(page), d, true)) {
        free_xenheap_page(page);
        page = NULL;
    }
    return page;
}

/* Made pages are kept, so a call that comes again goes on where this one stopped. */
#define GROW_BATCH 8

int gnttab_grow_status(struct domain *d, struct grant_table *t, uint32_t nr)
{
    for (uint32_t done = 0; t->nr_status < nr; done++) {
        if (done && !(done % GROW_BATCH) && hypercall_preempt_check()) {
            return -ERESTART;
        }
        t->status[t->nr_status] = table_page(d);
        if (!t->status[t->nr_status]) {
            t->failed_frames++;
            return -ENOMEM;
        }
        t->nr_status++;
    }
    return 0;
}

int gnttab_grow(struct domain *d, struct grant_table *t, uint32_t nr)
{
    int rc;

    if (nr > t->max_frames || READ_ONCE(d->dying)) {
        t->failed_frames++;
        return -EINVAL;
    }
    if (table_version(t) == 2) {
        rc = gnttab_grow_status(d, t, status_frames_of(nr));
        if (rc) {
            return rc;
        }
    }
    for (uint32_t done = 0; t->nr_frames < nr; done++) {
        if (done && !(done % GROW_BATCH) && hypercall_preempt_check()) {
            return -ERESTART;
        }
        t->shared[t->nr_frames] = table_page(d);
        if (!t->shared[t->nr_frames]) {
            t->failed_frames++;
            return -ENOMEM;
        }
        /* Records, status and shared words are there before the entries are. */
        smp_store_release(&t->nr_frames, t->nr_frames + 1);
    }
    return 0;
}

struct active_entry *gnttab_active_page(struct grant_table *t, grant_ref_t ref)
{
    struct active_entry **slot = &t->active[ref / ACTIVE_PER_PAGE], *page = *slot;

    if (!page) {
        page = alloc_zeroed_page();
        for (unsigned int i = 0; page && i < ACTIVE_PER_PAGE; i++) {
            spin_lock_init(&page[i].lock, RANK_GRANT_ENTRY);
        }
        smp_store_release(slot, page);
    }
    return page;
}

static void free_pages(void **pages, uint32_t nr)
{
    for (uint32_t i = 0; pages && i < nr; i++) {
        free_xenheap_page(pages[i]);
    }
    xfree(pages);
}

void gnttab_destroy(struct domain *d)
{
    struct grant_table *t = d->gnttab;

    if (!t) {
        return;
    }
    free_pages((void **)t->active, entries_of(t->max_frames, 1) / ACTIVE_PER_PAGE);
    free_pages((void **)t->status, t->nr_status);
    free_pages(t->shared, t->nr_frames);
    free_pages((void **)t->maptrack, t->nr_maptrack);
    xfree(t);
    d->gnttab = NULL;
}

int gnttab_acquire_frame(struct domain *d, uint32_t id, unsigned long frame, mfn_t *mfn)
{
    struct grant_table *t = d->gnttab;
    int rc = -EINVAL;

    if (!t) {
        return -EINVAL;
    }
    spin_lock(&t->lock);
    if (id == XENMEM_resource_grant_table_id_shared && frame < t->max_frames) {
        rc = frame < t->nr_frames ? 0 : gnttab_grow(d, t, (uint32_t)frame + 1);
        if (!rc) {
            *mfn = virt_to_mfn(t->shared[frame]);
        }
    } else if (id == XENMEM_resource_grant_table_id_status && table_version(t) == 2 &&
               frame < status_frames_of(t->max_frames)) {
        uint32_t wanted = (uint32_t)(frame + 1) * (uint32_t)(STATUS_PER_FRAME / V2_PER_FRAME);

        rc = frame < t->nr_status ? 0 : gnttab_grow(d, t, min(wanted, t->max_frames));
        if (!rc) {
            *mfn = virt_to_mfn(t->status[frame]);
        }
    }
    spin_unlock(&t->lock);
    return rc;
}

uint32_t gnttab_resource_frames(const struct domain *d, uint32_t id)
{
    const struct grant_table *t = d->gnttab;

    if (!t) {
        return 0;
    }
    switch (id) {
    case XENMEM_resource_grant_table_id_shared:
        return t->max_frames;
    case XENMEM_resource_grant_table_id_status:
        return t->max_version < 2 ? 0 : status_frames_of(t->max_frames);
    default:
        return 0;
    }
}
