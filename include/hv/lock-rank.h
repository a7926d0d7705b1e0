/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock order of the whole hypervisor: a lock may be taken only while every lock held on this
 * CPU stands on an earlier line. Two locks of one rank are never held together, but where the
 * rank's comment says how they are ordered. Checked at run time in debug builds; docs/locking.md
 * explains.
 */
#ifndef HV_LOCK_RANK_H
#define HV_LOCK_RANK_H

enum lock_rank {
    RANK_NONE,          /* not checked: the console in a dying machine */
    RANK_CTL_GLOBAL,    /* one control operation of its kind at a time */
    RANK_DOMCTL,        /* one domain's control-plane lock (d->ctl_lock) */
    RANK_DOMLIST,       /* creation and removal of domain ids */
    RANK_HOTPLUG,       /* CPUs coming and going */
    RANK_PCI_DEVICES,   /* the list of PCI functions and their interrupts by message */
    RANK_IOMMU_DEVICES, /* which device is whose, and what it goes by */
    RANK_EVTCHN,        /* d->evtchn.lock; two domains: the lower address first */
    RANK_PIRQ_BIND,     /* whose an interrupt is */
    RANK_GRANT,         /* a grant table: frames, version; never two */
    RANK_GRANT_ENTRY,   /* one grant entry's users; never two */
    RANK_MAPTRACK,      /* a domain's shared maptrack handles; pages are allocated under it */
    RANK_RANGESET,      /* one set of ranges */
    RANK_PAGETABLE,     /* a page-table page being validated or written (in its type word) */
    RANK_VCPU_LDT,      /* the LDT half of one vCPU's descriptor window */
    RANK_DOMPAGES,      /* d->page_lock: page lists and counts; two domains: lower address first */
    RANK_IOMMU_CONTEXT, /* tables and pins of one context; never two */
    RANK_IPI,           /* a function call to other CPUs is going round */
    RANK_SHUTDOWN,      /* d->shutdown_lock, d->watchdog_lock */
    RANK_HEAP_CACHE,    /* a CPU's single frames */
    RANK_HEAP,          /* one node of the buddy heap; never two */
    RANK_XMALLOC,       /* small objects */
    RANK_VMAP,          /* virtual address allocation */
    RANK_IDLE_PT,       /* the hypervisor's own page tables */
    RANK_IOMMU_IDS,     /* ids of contexts */
    RANK_IOMMU_QUEUE,   /* a unit's queue of commands */
    RANK_VIRQ_OWNER,    /* owner records of global VIRQs: a leaf for writers */
    RANK_VCPU_VIRQ,     /* v->virq_lock */
    RANK_PIRQ,          /* the guests of one interrupt, taken in interrupt context */
    RANK_EVTCHN_PORT,   /* one port's lock, taken in interrupt context */
    RANK_EVTCHN_MOVE,   /* a domain's FIFO events changing their vCPU */
    RANK_EVTCHN_FIFO,   /* a vCPU's FIFO queues; two: lower vCPU id first */
    RANK_IRQ,           /* one interrupt's descriptor */
    RANK_IRQ_CHIP,      /* IO-APIC, vector allocation */
    RANK_IOMMU_FAULT,   /* counts of a unit's faults, in interrupt context */
    RANK_PCI_CFG,       /* configuration address and data ports */
    RANK_SCHED,         /* a CPU's run queue; never two */
    RANK_SCHED_CAP,     /* a domain's CPU budget */
    RANK_TIMER,         /* a CPU's timer heap; two: lower CPU first */
    RANK_MCE_BANKS,     /* banks of machine-check registers that CPUs share */
    RANK_MCE_LOG,       /* errors that dom0 has not been told of */
    RANK_WALLCLOCK,     /* the wall clock and domains' copies of it */
    RANK_RCU,           /* which CPUs a grace period still waits for */
    RANK_TASKLET,       /* queues of tasklets */
    RANK_RATELIMIT,     /* console input, debug keys, a domain's line of output */
    RANK_CONSOLE,       /* what is printed: the ring and the devices */
    RANK_SERIAL,        /* one serial port */
    NR_LOCK_RANKS
};

#endif
