/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free references, as a list through an array of links, and who waits for some.
 *
 * refs_lock guards all of it and is taken with events masked; callbacks run without it.
 */
#include <errno.h>
#include <guest/lock.h>
#include <guest/mm.h>
#include "gnttab_refs.h"

static struct spinlock refs_lock;
static grant_ref_t *links; /* of a free reference: the next free one */
static grant_ref_t head = GNTTAB_NO_REF;
static unsigned int nr_free;
static struct gnttab_callback *waiting;

long gnttab_refs_init(unsigned long max)
{
    if (!links) {
        links = page_alloc((max * sizeof(*links) + PAGE_SIZE - 1) / PAGE_SIZE);
    }
    return links ? 0 : -ENOMEM;
}

void gnttab_refs_add(grant_ref_t from, grant_ref_t to)
{
    bool masked = spin_lock_events(&refs_lock);

    while (to > from) {
        links[--to] = head;
        head = to;
        nr_free++;
    }
    spin_unlock_events(&refs_lock, masked);
}

grant_ref_t gnttab_refs_pop(void)
{
    bool masked = spin_lock_events(&refs_lock);
    grant_ref_t ref = head;

    if (ref != GNTTAB_NO_REF) {
        head = links[ref];
        nr_free--;
    }
    spin_unlock_events(&refs_lock, masked);
    return ref;
}

unsigned int gnttab_free_refs(void)
{
    return nr_free;
}

/* Takes out the first that can be served; NULL when none. */
static struct gnttab_callback *next_served(void)
{
    bool masked = spin_lock_events(&refs_lock);
    struct gnttab_callback **at = &waiting, *cb;

    while (*at && (*at)->count > nr_free) {
        at = &(*at)->next;
    }
    cb = *at;
    if (cb) {
        *at = cb->next;
        cb->queued = false;
    }
    spin_unlock_events(&refs_lock, masked);
    return cb;
}

void gnttab_refs_call_back(void)
{
    /* Those that ask again while being called wait for the next reference given back. */
    struct gnttab_callback *cb = next_served();

    while (cb) {
        cb->fn(cb->arg);
        cb = cb->queued ? NULL : next_served();
    }
}

void gnttab_give(grant_ref_t ref)
{
    gnttab_refs_add(ref, ref + 1);
    gnttab_refs_call_back();
}

void gnttab_request_callback(struct gnttab_callback *cb, void (*fn)(void *arg), void *arg,
                             unsigned int count)
{
    bool masked = spin_lock_events(&refs_lock);

    if (!cb->queued) {
        cb->fn = fn;
        cb->arg = arg;
        cb->count = count;
        cb->queued = true;
        cb->next = waiting;
        waiting = cb;
    }
    spin_unlock_events(&refs_lock, masked);
}

void gnttab_cancel_callback(struct gnttab_callback *cb)
{
    bool masked = spin_lock_events(&refs_lock);
    struct gnttab_callback **at = &waiting;

    while (*at && *at != cb) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = cb->next;
        cb->queued = false;
    }
    spin_unlock_events(&refs_lock, masked);
}
