/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arch/ owes to common/evtchn for physical interrupts. A pirq is a domain's name for one; the
 * architecture knows which interrupt that is, and whether the domain may have it. But for
 * the one that says otherwise, calls are made with d's event lock held, which keeps mapping and
 * binding still.
 */
#ifndef HV_ARCH_PIRQ_H
#define HV_ARCH_PIRQ_H

#include <hv/compiler.h>

struct domain;
struct vcpu;

/* 0; -EINVAL: no such number; -EPERM: none is mapped, or not d's; -EEXIST: bound to a port. */
int arch_pirq_check(const struct domain *d, uint32_t pirq) __must_check;
/* The interrupt that d knows by this number, which is what rights are kept by; -EPERM: none. Needs
 * no lock: it may have changed when the caller looks at it. */
int arch_pirq_irq(const struct domain *d, uint32_t pirq) __must_check;
/* The interrupt of that line of an IO-APIC; -EINVAL: no such line, or no interrupt's. No lock. */
int arch_gsi_irq(uint32_t gsi) __must_check;
/* The interrupt, which was checked, becomes port's. 0; -EBUSY: the hypervisor's, or another's that
 * is not shared on both sides; -ENOSPC: no vector is left. */
int arch_pirq_bind(struct domain *d, uint32_t pirq, uint32_t port, bool share) __must_check;
/* Undoes it; the interrupt is masked when nobody else has it. */
void arch_pirq_unbind(struct domain *d, uint32_t pirq);
/* The interrupt is to arrive where v runs. */
void arch_pirq_follow(struct domain *d, uint32_t pirq, const struct vcpu *v);

#endif
