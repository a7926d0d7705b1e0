/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A hypervisor with one domain, for libxc's tests: the back end's contract over a memory file
 * whose pages are the domain's frames. It counts what is held, and can refuse any call.
 */
#ifndef XC_FAKE_H
#define XC_FAKE_H

#include "../private.h"

#define FAKE_FIRST_MFN 0x1000UL
#define FAKE_PAGES     4096UL
#define FAKE_SHARED    (FAKE_FIRST_MFN + FAKE_PAGES - 1)

struct fake {
    unsigned long buffers, mappings; /* held now */
    unsigned long calls;
    unsigned long fail_at; /* this call (from 1) is refused; 0 none */
    int fail_with;
    long xen_version; /* as XENVER_version answers */
    unsigned long populated, populate_limit;
    unsigned long pinned_mfn, hypercall_mfn;
    unsigned long max_vcpus, max_memkb, address_size;
    bool unpaused;
    struct xen_domctl last_domctl;
    struct xen_sysctl last_sysctl;
    struct vcpu_guest_context context;
};

extern struct fake fake;

void fake_reset(void);
/* A frame's bytes, for the test to look at. */
void *fake_frame(unsigned long mfn);

#endif
