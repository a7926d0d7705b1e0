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

struct arch_domain {
    bool created;
    unsigned int relinquish_calls;
    bool events_masked;
    struct pirq_table *pirqs;
    struct {
        bool check_l1tf;
    } pv;
};

struct arch_vcpu {
    struct cpu_user_regs user_regs;
    bool created;
    bool events_masked;
    bool context_set;
    unsigned int time_updates;
    struct page_info *old_guest_table;
};

#endif
