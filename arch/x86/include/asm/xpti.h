/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table isolation (arch/x86/mm/xpti.c): guests run without the hypervisor's mappings. */
#ifndef ASM_XPTI_H
#define ASM_XPTI_H

#include <asm/cpufeature.h>
#include <hv/domain.h>

/* First CPU, before alternatives_apply(): decides, and says what it decided. */
void xpti_init(bool needed) __init;

/* Is any domain isolated? Constant after xpti_init(). */
static inline bool xpti_on(void)
{
    return cpu_has(X86_FEATURE_XPTI);
}

/* Is d to be? */
bool xpti_domain(const struct domain *d);

/* Makes cpu's shadow table, its stack block being mapped. 0 or -ENOMEM. As cpu_stack_init(). */
int xpti_cpu_init(unsigned int cpu) __must_check;

/* An entry of a level-4 table of d is new, or a frame becomes or ceases to be one. After the write,
 * and before the old entry's frame is given back. Interrupts on where `live`: CPUs that may run on
 * the table have then left it. */
void xpti_root_changed_slow(struct domain *d, bool live);
static inline void xpti_root_changed(struct domain *d, bool live)
{
    if (unlikely(d->arch.pv.xpti)) {
        xpti_root_changed_slow(d, live);
    }
}

/* Exit path, interrupts off: brings this CPU's shadow table up to date for v. Its CR3 value, 0 for
 * a guest that is not isolated. */
unsigned long xpti_exit(struct vcpu *v);

#endif
