/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners of global VIRQs, and the bitmap of changed domains behind VIRQ_DOM_EXC. Everything that
 * raises a global VIRQ does so through send_global_virq().
 */
#ifndef HV_VIRQ_H
#define HV_VIRQ_H

#include <hv/compiler.h>
#include <public/xen.h>

struct domain;
struct vcpu;

/* VIRQs that every vCPU has for itself; all other numbers exist once per host. */
#define VCPU_VIRQS (1U << VIRQ_TIMER | 1U << VIRQ_DEBUG | 1U << VIRQ_XENOPROF | 1U << VIRQ_XENPMU)

/* Is it one that exists once per host and may be handed to a domain? */
static inline bool virq_is_global(unsigned int virq)
{
    return virq < NR_VIRQS && !(VCPU_VIRQS >> virq & 1);
}

/* Raises at the owner, or latches it there until the owner binds. Any context but NMI; lock-free
 * towards writers of the record. */
void send_global_virq(unsigned int virq);

/* Hands virq to d: 0, -EINVAL (not global, or d is dying). Caller holds a reference on d. */
int virq_set_handler(struct domain *d, unsigned int virq) __must_check;
/* d is being killed: what it owns falls back to the hardware domain. Idempotent. */
void virq_release_all(struct domain *d);
/* d has just bound virq on v: delivers the latch if d is the owner. */
void virq_bound(struct vcpu *v, unsigned int virq);
/* Owner's domain id for display; the hardware domain's when it fell back. */
domid_t virq_owner_id(unsigned int virq);

/* All domains count as changed that exist when the owner next asks: DOM_EXC has a new one. */
void domain_state_mark_all(void);

/* Marks d changed and raises VIRQ_DOM_EXC: shutdown, kill, final destroy. Any context but NMI. */
void domain_changed(struct domain *d);

#endif
