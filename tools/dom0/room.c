/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for new domains. Where dom0 was given nearly all of the host's, it gives back what a new
 * domain needs: pages out of its own allocator, unmapped, and from then on holes in its p2m.
 *
 * Invariant: a page is given back only when nothing of ours maps it or will hand it out again.
 */
#include <errno.h>
#include <guest/hypercall.h>
#include <guest/mm.h>

#include "domains.h"
#include "room.h"

#define BATCH 256u

/* What the host keeps besides: tables, vCPUs and shared pages of a new domain. */
#define SLACK_PAGES 256ul

/* What dom0 keeps for itself: images, logs, and the p2m of a domain while it is built. */
#define OWN_PAGES 2048ul

static int unmap(const void *va)
{
    long rc = hv_update_va_mapping((unsigned long)va, 0, UVMF_INVLPG | UVMF_ALL);

    errno = rc ? (int)-rc : errno;
    return rc ? -1 : 0;
}

/* Takes up to count pages out of use and answers their frames; fewer when our own memory ends. */
static unsigned int take_pages(xen_pfn_t *frames, unsigned int count)
{
    unsigned int taken = 0;

    while (taken < count) {
        void *page = page_alloc(1);

        if (!page) {
            break;
        }
        frames[taken] = virt_to_mfn(page);
        if (unmap(page)) {
            page_free(page, 1);
            break;
        }
        mm_p2m[virt_to_pfn(page)] = INVALID_P2M;
        taken++;
    }
    return taken;
}

int room_make(unsigned long pages)
{
    static xen_pfn_t frames[BATCH];
    xc_physinfo_t info;
    unsigned long missing;

    if (xc_physinfo(xch, &info)) {
        return -1;
    }
    pages += SLACK_PAGES;
    missing = info.free_pages < pages ? pages - (unsigned long)info.free_pages : 0;
    if (missing && page_free_count() < missing + pages / 512 + OWN_PAGES) {
        errno = ENOMEM;
        return -1;
    }
    while (missing) {
        unsigned int count = take_pages(frames, missing < BATCH ? (unsigned int)missing : BATCH);

        if (!count) {
            errno = ENOMEM;
            return -1;
        }
        if (xc_domain_decrease_reservation_exact(xch, DOMID_SELF, count, 0, frames)) {
            return -1;
        }
        missing -= count;
    }
    return 0;
}
