/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NMIs: whose they are, and what follows. A dying machine tells its CPUs by NMI to show themselves
 * or to stop; the watchdog has its own; the rest is told by hardware (SERR, IOCHK: port 61h, which
 * only CPU 0 is wired to) or has no known cause, and nmi= says what becomes of it.
 *
 * do_nmi() may have come between any two instructions: it takes no locks and, unless the machine
 * ends there, leaves everything else to SOFTIRQ_NMI.
 */
#include <hv/bitops.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/sched.h>
#include <hv/smp.h>
#include <hv/percpu.h>
#include <hv/softirq.h>
#include <asm/entry.h>
#include <asm/fatal.h>
#include <asm/io.h>
#include <asm/nmi.h>
#include <asm/watchdog.h>
#include <public/nmi.h>

#define PORT_61       0x61
#define PORT_61_SERR  0x80
#define PORT_61_IOCHK 0x40
#define PORT_61_WRITE 0x0f /* what may be written */
#define NO_IOCHK      0x08 /* clears it, and keeps it off while set */
#define NO_SERR       0x04

enum nmi_action { NMI_FATAL, NMI_DOM0, NMI_IGNORE };
static enum nmi_action nmi_action __ro_after_init = NMI_DEFAULT_FATAL ? NMI_FATAL : NMI_DOM0;
static const char *const reasons[] = {
    [_XEN_NMIREASON_io_error] = "an I/O error (IOCHK)",
    [_XEN_NMIREASON_pci_serr] = "a PCI system error (SERR)",
    [_XEN_NMIREASON_unknown] = "an unknown reason",
};

/* Reasons that each CPU has met and not told yet: bits as in nmi_reason of public/nmi.h. */
static DEFINE_PER_CPU(unsigned long, untold);

static int __init parse_nmi(const char *s, enum nmi_action *action)
{
    static const char *const words[] = {
        [NMI_FATAL] = "fatal", [NMI_DOM0] = "dom0", [NMI_IGNORE] = "ignore"
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcmp(s, words[i])) {
            *action = (enum nmi_action)i;
            return 0;
        }
    }
    return -EINVAL;
}
custom_param("nmi", parse_nmi, nmi_action);

/* Reads and acknowledges what hardware says on the one CPU that it tells. */
static unsigned long take_reasons(void)
{
    unsigned long found = 0;
    uint8_t status;

    if (smp_processor_id()) {
        return XEN_NMIREASON_unknown;
    }
    status = inb(PORT_61);
    if (status & PORT_61_SERR) {
        found |= XEN_NMIREASON_pci_serr;
        outb((status & PORT_61_WRITE) | NO_SERR, PORT_61);
    }
    if (status & PORT_61_IOCHK) {
        found |= XEN_NMIREASON_io_error;
        /* Off and on again, so that the next is told. */
        outb((status & PORT_61_WRITE) | NO_IOCHK, PORT_61);
        outb(status & PORT_61_WRITE & (uint8_t)~NO_IOCHK, PORT_61);
    }
    return found ? found : XEN_NMIREASON_unknown;
}

static void tell_dom0(unsigned long found)
{
    struct vcpu *v = hardware_domain ? hardware_domain->vcpu[0] : NULL;

    if (!v) {
        return;
    }
    (void)__atomic_or_fetch(&hardware_domain->shared_info->arch.nmi_reason, found,
                            __ATOMIC_SEQ_CST);
    if (!__atomic_exchange_n(&v->nmi_pending, true, __ATOMIC_SEQ_CST)) {
        vcpu_kick(v);
    }
}

static void tell(unsigned long found)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++) {
        if (found & BIT(i)) {
            printk(XENLOG_G_WARNING "CPU%u: NMI for %s\n", smp_processor_id(), reasons[i]);
        }
    }
}

static void nmi_softirq(void)
{
    unsigned long found = __atomic_exchange_n(&this_cpu(untold), 0, __ATOMIC_SEQ_CST);

    tell(found);
    if (nmi_action == NMI_DOM0) {
        tell_dom0(found);
    }
}

void __init nmi_init(void)
{
    softirq_register(SOFTIRQ_NMI, nmi_softirq);
}

void do_nmi(struct cpu_user_regs *regs)
{
    unsigned long found;

    fatal_nmi(regs);
    if (watchdog_nmi(regs)) {
        return;
    }
    found = take_reasons();
    if (nmi_action == NMI_FATAL) {
        fatal_trap_because(regs, found & XEN_NMIREASON_pci_serr   ? ": PCI system error (SERR)"
                                 : found & XEN_NMIREASON_io_error ? ": I/O error (IOCHK)"
                                                                  : ": unknown reason");
    }
    (void)__atomic_or_fetch(&this_cpu(untold), found, __ATOMIC_SEQ_CST);
    raise_softirq(SOFTIRQ_NMI);
}
