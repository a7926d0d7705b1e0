/* SPDX-License-Identifier: GPL-2.0-only */
/* A batch of hypercalls; the state that lets one element be continued (struct vcpu has one). */
#ifndef HV_MULTICALL_H
#define HV_MULTICALL_H

#include <public/xen.h>

struct mc_state {
    bool active;                 /* the current hypercall is an element of a batch */
    struct multicall_entry call; /* private copy of that element */
};

#endif
