/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls as common code sees them. A handler gets its arguments by value; to be continued it
 * stores changed arguments with hypercall_set_arg() and returns -ERESTART: the entry path then
 * makes the guest issue the call again (or, in a multicall, resume at that element). Progress that
 * the guest could forge is kept in the object's own record instead, or checked again on entry (I5).
 * A handler does at least one unit of work before it asks hypercall_preempt_check().
 */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include <hv/guest-access.h>
#include <hv/softirq.h>

/* Dispatch by table row (generated). Returns the handler's answer, -ENOSYS for an unknown number.
 */
long hypercall_dispatch(unsigned int nr, unsigned long a1, unsigned long a2, unsigned long a3,
                        unsigned long a4, unsigned long a5);

/* Argument idx (0..4) that the call is to be issued with again. Current vCPU, before -ERESTART. */
void hypercall_set_arg(unsigned int idx, unsigned long value);

/* True when this CPU has other work: a softirq, or an event that the current vCPU would take. */
bool hypercall_preempt_check(void);

#endif
