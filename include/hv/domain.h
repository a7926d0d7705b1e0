/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and vCPUs: what they are made of and how long they live.
 *
 * A domain id is looked up lock-free under RCU (rcu_lock_domain_by_id); a longer hold takes a
 * counted reference (get_domain, fails once the domain is dead). Life: created paused -> running ->
 * (shutdown)
 * -> kill begins (DOMDYING_dying, relinquish, preemptible) -> DOMDYING_dead -> last reference ->
 * freed after a grace period. A dying domain gains no new resource.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <hv/bitops.h>
#include <hv/evtchn.h>
#include <hv/gnttab.h>
#include <hv/list.h>
#include <hv/lock.h>
#include <hv/mm.h>
#include <hv/multicall.h>
#include <hv/nospec.h>
#include <hv/rcu.h>
#include <hv/sched.h>
#include <hv/tasklet.h>
#include <public/domctl.h>
#include <public/vcpu.h>
#include <public/xen.h>

#include <asm/domain.h> /* struct arch_domain, struct arch_vcpu */

enum dying_state { DOMDYING_alive, DOMDYING_dying, DOMDYING_dead };

struct rangeset;      /* hv/rangeset.h */
struct iommu_context; /* hv/iommu.h */

struct domain {
    domid_t domain_id;
    uint16_t max_vcpus;     /* size of vcpu[]; constant after creation */
    bool is_privileged;     /* may control others (dom0) */
    bool is_hardware;       /* owns the machine's devices and global VIRQs by default */
    bool creation_finished; /* first unpause done */
    bool is_shutting_down;  /* under shutdown_lock */
    union {
        struct {
            bool is_xenstore;
            bool debugger_attached;
            bool is_shut_down; /* under shutdown_lock */
            uint8_t dying;     /* enum dying_state; written under ctl lock, read anywhere */
        };
        uint32_t unusual; /* all four at a glance: 0 of most domains */
    };
    uint32_t shutdown_code;
    uint32_t options; /* XEN_DOMCTL_CDF_* */
    uint32_t ssidref;
    uint64_t unique_id; /* never used twice while the host runs */
    int refcnt;
    int pause_count;
    unsigned int controller_pauses; /* of pause_count: the control domain's */
    spinlock_t shutdown_lock;
    spinlock_t ctl_lock; /* serialises control operations on this one domain */

    struct shared_info *shared_info; /* direct-map address of the frame */
    struct vcpu **vcpu; /* [max_vcpus], entries published with release, constant after */

    /* Memory: page_lock guards lists and counts. */
    spinlock_t page_lock;
    struct page_list page_list;    /* RAM of the domain */
    struct page_list extra_list;   /* PGC_extra */
    struct page_list xenpage_list; /* hypervisor frames shared with it */
    struct page_list relmem_list;  /* being given back at death */
    uint64_t node_affinity;        /* memory nodes that its memory comes from, if they have any */
    unsigned long tot_pages, max_pages, extra_pages, xenheap_pages, outstanding_pages;
    uint8_t relmem_state; /* progress of relinquish */

    struct evtchn_domain evtchn;
    struct grant_table *gnttab;  /* constant after creation; NULL: a system domain */
    bool dma_tracked;            /* its context follows which of its frames are writable */
    struct iommu_context *iommu; /* constant after creation; NULL: it has no devices */
    struct sched_domain sched;
    struct rangeset *iomem_caps, *irq_caps; /* architecture has the I/O ports */

    s_time_t creation_time;
    s_time_t time_offset_ns; /* domain's wall clock offset (settimeoffset) */
    struct timer watchdog[2];
    uint32_t watchdog_inuse, watchdog_timeout[2];
    spinlock_t watchdog_lock;

    unsigned long vm_assist;
    xen_domain_handle_t handle;
    char *console_line; /* guest console line buffer */
    unsigned int console_len;
    spinlock_t console_lock;

    cpumask_t dirty_cpus; /* CPUs that run one of its vCPUs: where its TLB entries may be */
    struct list link;     /* all domains by their ids, RCU; common/domain/table.c */
    struct rcu_head rcu;
    struct tasklet shutdown_tasklet;

    struct arch_domain arch;
};

struct vcpu {
    unsigned int vcpu_id;
    unsigned int processor; /* CPU it runs, or last ran, on */
    struct domain *domain;
    struct vcpu_info *vcpu_info; /* in shared_info, registered, or the dummy one */
    mfn_t vcpu_info_mfn;         /* registered frame, or INVALID_MFN */
    unsigned long pause_flags;   /* VPF_* */
    int pause_count;             /* vcpu_pause() holders */
    bool is_running;             /* state is on a CPU */
    bool is_initialised;
    bool is_urgent;
    bool defer_shutdown, paused_for_shutdown;
    bool fpu_initialised, fpu_dirtied;
    uint32_t poll_evtchn; /* while it polls: the port, or ~0: several; its own CPU writes */
    bool force_context_switch;

    struct vcpu_runstate_info runstate;
    guest_ptr_t runstate_guest; /* registered area (0: none) */
    guest_ptr_t time_info_guest;

    struct timer periodic_timer, singleshot_timer, poll_timer;
    s_time_t periodic_period, periodic_last_event;
    s_time_t singleshot_due, poll_due; /* by the guest's clock: what the timers were set to */

    struct evtchn_vcpu evtchn;
    struct gnttab_vcpu gnttab;
    struct sched_vcpu sched;
    struct mc_state mc_state;
    struct tasklet continue_tasklet;
    unsigned long trap_priority, async_exception_mask;
    bool nmi_pending, mce_pending;
    cpumask_t dirty_cpu_mask; /* CPU whose TLB or registers may hold its state: at most one */

    struct arch_vcpu arch;
};

extern struct domain *hardware_domain;
extern struct domain *dom_xen; /* owns hypervisor frames that guests may see */
extern struct domain *dom_io;  /* owns MMIO frames */
extern struct domain *dom_idle;
extern struct vcpu *idle_vcpu[];

/* Creation flags beyond the ABI's: the first domain. */
#define CDF_privileged (1U << 0)
#define CDF_hardware   (1U << 1)

/*
 * domain_create: a paused domain without vCPUs, or ERR_PTR(-errno). config is validated by
 * domain_sanitise_config() before. domid is free. Process context.
 */
struct domain *domain_create(domid_t domid, const struct xen_domctl_createdomain *config,
                             unsigned int flags) __must_check;
int domain_sanitise_config(struct xen_domctl_createdomain *config) __must_check;
struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id) __must_check;
/* Kills: stops it for ever, gives everything back. -ERESTART when preempted: call again. */
int domain_kill(struct domain *d) __must_check;
void domain_shutdown(struct domain *d, uint32_t reason);
void domain_resume(struct domain *d);
/* The guest broke: message once, dump when verbose, shutdown with SHUTDOWN_crash. */
void domain_crash_at(struct domain *d, const char *why) __cold;
#define domain_crash(d, why) domain_crash_at(d, why)
void domain_pause_for_debugger(void);

void domain_pause(struct domain *d);
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);
int domain_pause_by_systemcontroller(struct domain *d) __must_check;
int domain_unpause_by_systemcontroller(struct domain *d) __must_check;

/* Lookup. The rcu_ forms hold until rcu_unlock_domain() on the same CPU without sleeping.
 * DOMID_SELF is understood by the _any_ form only. remote: -EPERM when it is the caller itself. */
struct domain *rcu_lock_domain_by_id(domid_t id) __must_check;
struct domain *rcu_lock_domain_by_any_id(domid_t id) __must_check;
int rcu_lock_remote_domain_by_id(domid_t id, struct domain **d) __must_check;
struct domain *rcu_lock_current_domain(void);
static inline void rcu_unlock_domain(struct domain *d)
{
    (void)d;
    rcu_read_unlock();
}
struct domain *get_domain_by_id(domid_t id) __must_check;
bool get_domain(struct domain *d) __must_check;
void put_domain(struct domain *d);
/* The existing domain with the lowest id from that one on, under RCU; NULL: there is none. */
struct domain *domain_at_or_after(domid_t from);
/* The one behind d, which was found in the same RCU section; NULL: d is the last. */
struct domain *domain_after(struct domain *d);
#define for_each_domain(d) for ((d) = domain_at_or_after(0); (d); (d) = domain_after(d))
#define for_each_vcpu(d, v)                                                                        \
    for (unsigned int vi_ = 0; vi_ < (d)->max_vcpus; vi_++)                                        \
        if (!((v) = smp_load_acquire(&(d)->vcpu[vi_]))) {                                          \
        } else

/* v of d by guest-controlled id, clamped; NULL when there is none. */
static inline struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? smp_load_acquire(&d->vcpu[array_index_nospec(id, d->max_vcpus)])
                             : NULL;
}

/* Start-up: dom_idle, dom_xen, dom_io. */
void system_domains_init(void) __init;
/* An id that no domain has, round robin: 0 or -ENOMEM. */
int domain_free_id(domid_t *id) __must_check;
/* Releases the hypervisor frames that d could map: d is dying, its mappings are gone. */
void domain_drop_shared_frames(struct domain *d);
/* Watchdogs: SCHEDOP_watchdog. */
void domain_watchdogs_init(struct domain *d);
void domain_watchdogs_kill(struct domain *d);
long domain_watchdog(struct domain *d, uint32_t id, uint32_t timeout);
/* VCPUOP_register_vcpu_info, and its end. 0 or -EINVAL. */
int vcpu_info_register(struct vcpu *v, gfn_t gfn, uint32_t offset) __must_check;
void vcpu_info_reset(struct vcpu *v);

#define MAX_VIRT_CPUS 8192

void domain_getinfo(struct domain *d, struct xen_domctl_getdomaininfo *info);

#define ERR_PTR(e) ((void *)(long)(e))
#define PTR_ERR(p) ((long)(p))
#define IS_ERR(p)  ((unsigned long)(p) >= (unsigned long)-4095L)

#define is_control_domain(d)  ((d)->is_privileged)
#define is_hardware_domain(d) ((d) == hardware_domain)
#define is_system_domain(d)   ((d)->domain_id >= DOMID_FIRST_RESERVED)

#include <asm/current.h>

#endif
