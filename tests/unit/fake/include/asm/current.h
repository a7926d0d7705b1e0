/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: who runs here. A host thread is a CPU: fake_cpu says which, so that a test may
 * play several CPUs in turn or run one thread for each.
 */
#ifndef ASM_CURRENT_H
#define ASM_CURRENT_H

#include <hv/compiler.h>
#include <public/xen.h>
#include <asm/layout.h>

struct vcpu;

extern _Thread_local unsigned int fake_cpu;
extern _Thread_local bool fake_irqs_off;
extern struct vcpu *fake_current[];
extern struct cpu_user_regs fake_guest_regs[];

#define current               (fake_current[fake_cpu])
#define smp_processor_id()    (fake_cpu)
#define guest_cpu_user_regs() (&fake_guest_regs[fake_cpu])

static inline void local_irq_disable(void)
{
    fake_irqs_off = true;
}

static inline void local_irq_enable(void)
{
    fake_irqs_off = false;
}

static inline unsigned long local_save_flags(void)
{
    return fake_irqs_off ? 0 : 0x200;
}

static inline unsigned long local_irq_save(void)
{
    unsigned long flags = local_save_flags();

    local_irq_disable();
    return flags;
}

static inline void local_irq_restore(unsigned long flags)
{
    fake_irqs_off = !(flags & 0x200);
}

static inline bool local_irq_is_enabled(void)
{
    return !fake_irqs_off;
}

void cpu_relax(void);

#endif
