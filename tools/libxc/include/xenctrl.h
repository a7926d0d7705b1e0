/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * libxc: one thin function an operation of the tools interface, and a builder for PV domains.
 *
 * Functions answer 0 (or a number that is not negative) for success, and -1 with errno and a
 * message (xc_get_last_error_message()) for failure, unless they say otherwise. A handle is used
 * by one thread at a time. Pointers are to ordinary memory: what the hypervisor reads or writes
 * is copied to and from hypercall buffers inside. CPU and node bitmaps are bytes, bit 0 of byte 0
 * first.
 *
 * The same source serves Linux (through /dev/xen/privcmd) and the embedded dom0 (direct
 * hypercalls).
 */
#ifndef XENCTRL_H
#define XENCTRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <public/domctl.h>
#include <public/event_channel.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>
#include <public/xen.h>

typedef struct xc_interface xc_interface;
typedef struct xentoollog_logger xentoollog_logger;

/*
 * Handle
 */
#define XC_OPENFLAG_DUMMY         (1U << 0) /* no hypervisor: every operation fails with ENOSYS */
#define XC_OPENFLAG_NON_REENTRANT (1U << 1)

/* NULL and errno when this is no domain that may ask. The loggers are not used. */
xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
                                unsigned int open_flags);
int xc_interface_close(xc_interface *xch);
/* What the last failure was, in one line: operation, object, error. */
const char *xc_get_last_error_message(const xc_interface *xch);
int xc_get_last_errno(const xc_interface *xch);

/* Memory that the hypervisor may be given the address of. */
void *xc_hypercall_buffer_alloc(xc_interface *xch, size_t size);
void xc_hypercall_buffer_free(xc_interface *xch, void *p, size_t size);

/*
 * Domains
 */
typedef struct xen_domctl_getdomaininfo xc_domaininfo_t;

typedef struct xc_dominfo {
    uint32_t domid;
    uint32_t ssidref;
    bool dying, crashed, shutdown, paused, blocked, running, hvm, debugged, xenstore;
    unsigned int shutdown_reason; /* SHUTDOWN_*, when shutdown */
    unsigned long nr_pages, nr_outstanding_pages, nr_shared_pages, nr_paged_pages;
    unsigned long shared_info_frame;
    uint64_t cpu_time; /* ns */
    unsigned long max_memkb;
    unsigned int nr_online_vcpus, max_vcpu_id;
    xen_domain_handle_t handle;
    unsigned int cpupool;
} xc_dominfo_t;

/* Makes a paused domain without vCPUs. *pdomid is a wish (0: any), and then the id. */
int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config);
int xc_domain_destroy(xc_interface *xch, uint32_t domid);
int xc_domain_pause(xc_interface *xch, uint32_t domid);
int xc_domain_unpause(xc_interface *xch, uint32_t domid);
int xc_domain_resume(xc_interface *xch, uint32_t domid, int fast);
int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason);
int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max);
int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb);
/* Domains from an id on; answers how many. */
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
                          xc_domaininfo_t *info);
int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms,
                      xc_dominfo_t *info);
int xc_domain_sethandle(xc_interface *xch, uint32_t domid, xen_domain_handle_t handle);
int xc_domain_setdebugging(xc_interface *xch, uint32_t domid, unsigned int enable);
int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t seconds);
/* The domain receives this global virtual interrupt from now on. */
int xc_domain_set_virq_handler(xc_interface *xch, uint32_t domid, int virq);
/*
 * Corbel's own: the state of *domid; with DOMID_INVALID, of the next domain that has changed,
 * whose id is put there (ENOENT: no more; EACCES: the caller does not receive VIRQ_DOM_EXC).
 * ENOSYS or EOPNOTSUPP where the hypervisor has no such operation.
 */
int xc_get_domain_state(xc_interface *xch, uint32_t *domid,
                        struct xen_domctl_get_domain_state *state);
/* Corbel's own: what the domain uses of its grant table, the peaks, the limits. ENOSYS elsewhere.
 */
int xc_domain_get_grant_usage(xc_interface *xch, uint32_t domid,
                              struct xen_domctl_get_grant_usage *usage);
int xc_domain_ioport_permission(xc_interface *xch, uint32_t domid, uint32_t first_port,
                                uint32_t nr_ports, uint32_t allow_access);
int xc_domain_iomem_permission(xc_interface *xch, uint32_t domid, unsigned long first_mfn,
                               unsigned long nr_mfns, uint8_t allow_access);
int xc_domain_irq_permission(xc_interface *xch, uint32_t domid, uint32_t pirq, bool allow_access);
int xc_domain_hypercall_init(xc_interface *xch, uint32_t domid, uint64_t gmfn);
int xc_domain_set_address_size(xc_interface *xch, uint32_t domid, unsigned int bits);
int xc_domain_get_address_size(xc_interface *xch, uint32_t domid, unsigned int *bits);
/* Frame numbers in, XEN_DOMCTL_PFINFO_* out. */
int xc_get_pfn_type_batch(xc_interface *xch, uint32_t domid, unsigned int num, xen_pfn_t *array);

/*
 * vCPUs
 */
typedef struct xen_domctl_getvcpuinfo xc_vcpuinfo_t;
typedef uint8_t *xc_cpumap_t;

/* A null context resets the vCPU. */
int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                       vcpu_guest_context_t *ctxt);
int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                       vcpu_guest_context_t *ctxt);
int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info);
/* Maps of xc_get_cpumap_size() bytes; those that flags (XEN_VCPUAFFINITY_*) name. Set gives the
 * effective ones back. */
int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
                        xc_cpumap_t soft, uint32_t flags);
int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
                        xc_cpumap_t soft, uint32_t flags);

/*
 * The host
 */
typedef struct xen_sysctl_physinfo xc_physinfo_t;
typedef struct xen_sysctl_cputopo xc_cputopo_t;
typedef struct xen_sysctl_meminfo xc_meminfo_t;
typedef struct xen_sysctl_cpuinfo xc_cpuinfo_t;

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info);
int xc_get_max_cpus(xc_interface *xch);
int xc_get_cpumap_size(xc_interface *xch);
/* Room in, number out; with a null array only the number. */
int xc_cputopoinfo(xc_interface *xch, unsigned int *max_cpus, xc_cputopo_t *cputopo);
int xc_numainfo(xc_interface *xch, unsigned int *max_nodes, xc_meminfo_t *meminfo,
                uint32_t *distance);
int xc_getcpuinfo(xc_interface *xch, int max_cpus, xc_cpuinfo_t *info, int *nr_cpus);
int xc_availheap(xc_interface *xch, int min_width, int max_width, int node, uint64_t *bytes);
/* Console ring: *pnr_chars is room and then bytes; *pindex, when incremental, where to go on. */
int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars, int clear,
                       int incremental, uint32_t *pindex);
int xc_send_debug_keys(xc_interface *xch, const char *keys);
/* xen_version(); arg is the command's structure. */
int xc_version(xc_interface *xch, int cmd, void *arg);

/*
 * Scheduling
 */
int xc_sched_id(xc_interface *xch, int *sched_id);
int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom);
int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom);
int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom);
int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom);
/* What holds for the whole pool; it is read back after a set. */
int xc_sched_credit2_params_set(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule);
int xc_sched_credit2_params_get(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule);

/*
 * Memory. The plain forms answer how many extents were done, the _exact ones fail unless it is all.
 */
int xc_domain_increase_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, unsigned int mem_flags,
                                   xen_pfn_t *extent_start);
int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                   unsigned int extent_order, xen_pfn_t *extent_start);
int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                               unsigned int extent_order, unsigned int mem_flags,
                               xen_pfn_t *extent_start);
int xc_domain_increase_reservation_exact(xc_interface *xch, uint32_t domid,
                                         unsigned long nr_extents, unsigned int extent_order,
                                         unsigned int mem_flags, xen_pfn_t *extent_start);
int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid,
                                         unsigned long nr_extents, unsigned int extent_order,
                                         xen_pfn_t *extent_start);
int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid, unsigned long nr_extents,
                                     unsigned int extent_order, unsigned int mem_flags,
                                     xen_pfn_t *extent_start);
int xc_domain_memory_exchange_pages(xc_interface *xch, uint32_t domid, unsigned long nr_in_extents,
                                    unsigned int in_order, xen_pfn_t *in_extents,
                                    unsigned long nr_out_extents, unsigned int out_order,
                                    xen_pfn_t *out_extents);
int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfn);
int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn);

int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr_ops, uint32_t dom);
/* Page-table writes in batches. */
struct xc_mmu;
struct xc_mmu *xc_alloc_mmu_updates(xc_interface *xch, unsigned int subject);
int xc_add_mmu_update(xc_interface *xch, struct xc_mmu *mmu, unsigned long long ptr,
                      unsigned long long val);
int xc_flush_mmu_updates(xc_interface *xch, struct xc_mmu *mmu);
void xc_free_mmu_updates(xc_interface *xch, struct xc_mmu *mmu);

/* Frames of another domain in the caller's address space; NULL and errno. All or nothing. */
#define XC_PROT_READ  0x1
#define XC_PROT_WRITE 0x2
void *xc_map_foreign_pages(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr,
                           int num);
void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot, unsigned long mfn);
int xc_unmap_foreign(xc_interface *xch, void *addr, int num);

/*
 * Event channels: of other domains through xc_evtchn_*, the caller's own through xenevtchn_*.
 */
typedef evtchn_port_t xc_evtchn_port_t;
typedef struct evtchn_status xc_evtchn_status_t;
typedef int evtchn_port_or_error_t;

/* Answers the port. */
int xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom, uint32_t remote_dom);
int xc_evtchn_reset(xc_interface *xch, uint32_t dom);
int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status);

typedef struct xenevtchn_handle xenevtchn_handle;
xenevtchn_handle *xenevtchn_open(xentoollog_logger *logger, unsigned int open_flags);
int xenevtchn_close(xenevtchn_handle *xce);
/* A file descriptor to poll; -1 in the embedded dom0. */
int xenevtchn_fd(xenevtchn_handle *xce);
int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port);
evtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid);
evtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
                                                  evtchn_port_t remote_port);
evtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq);
int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port);
/* The next port that was notified, masked until xenevtchn_unmask(); EAGAIN when there is none. */
evtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce);
int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port);

/*
 * PV domain builder: a kernel with Xen notes into a domain that was just created. On failure the
 * domain is left for the caller to destroy.
 */
struct xc_pv_image {
    /* In. The kernel is an ELF image; initrd may be NULL. */
    const void *kernel;
    size_t kernel_size;
    const void *initrd;
    size_t initrd_size;
    const char *cmdline;
    uint64_t memory_kb;
    unsigned int vcpus;
    uint32_t flags;          /* SIF_* */
    uint32_t console_evtchn; /* ports of the new domain, 0 for none */
    uint32_t store_evtchn;
    /* Out. */
    xen_pfn_t console_mfn, store_mfn, shared_info_mfn;
    unsigned long entry, virt_base, virt_end;
};

/* Gives the domain vCPUs, memory, kernel, page tables, start_info, and vCPU 0 its registers. */
int xc_dom_build_pv(xc_interface *xch, uint32_t domid, struct xc_pv_image *image);

#endif
