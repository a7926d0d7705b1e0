/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: what it keeps in each domain and vCPU, so that tests can count its calls. */
#ifndef ASM_DOMAIN_H
#define ASM_DOMAIN_H

#include <hv/frame.h>
#include <hv/lock.h>
#include <hv/guest-access.h>
#include <public/xen.h>
#include <asm/page.h>

struct page_info;
struct rangeset;

struct arch_domain {
    bool created;
    unsigned int relinquish_calls;
    bool events_masked;
    struct pirq_table *pirqs;
    /* What arch/x86/mm has there, for the tests that link files of it. */
    struct {
        bool check_l1tf, xpti;
        uint64_t linear_slots[512 / 64];
    } pv;
    struct rangeset *ioport_caps;
};

#define TF_kernel_mode 1U

struct arch_vcpu {
    unsigned int flags;
    struct cpu_user_regs user_regs;
    bool created;
    bool events_masked;
    bool context_set;
    unsigned int time_updates;
    struct page_info *old_guest_table;
};

#endif
