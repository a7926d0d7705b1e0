/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What devices may reach. A context is the core object: a set of mappings from frames of a device's
 * address space (dfn) to machine frames, with the id by which the units know it. Each domain that
 * has devices, or may get some, has one; devices are attached to one context each.
 *
 * Mappings change under the context's lock and are not in effect, and not gone, before
 * iommu_flush(): map and unmap gather in a struct iommu_flush what is to be flushed and the table
 * frames that this sets free, and one flush serves a whole batch (I12).
 *
 * Without a unit, or without CONFIG_IOMMU, contexts do not exist and every call is a test of
 * `iommu_enabled` or of d->iommu at most.
 */
#ifndef HV_IOMMU_H
#define HV_IOMMU_H

#include <hv/compiler.h>
#include <hv/frame.h>
#include <hv/mm.h>
#include <hv/pci.h>

struct domain;
struct iommu_context;

#define IOMMU_READ  (1U << 0)
#define IOMMU_WRITE (1U << 1)

#define IOMMU_FLUSH_ADDED    (1U << 0) /* entries where none was */
#define IOMMU_FLUSH_MODIFIED (1U << 1) /* entries that were there, or tables */

struct iommu_flush {
    unsigned int what;
    dfn_t first, last; /* frames concerned */
    struct page_list freed;
};
#define IOMMU_FLUSH_INIT                                                                           \
    {                                                                                              \
        .first = { ~0UL }, .freed = { PAGE_LIST_END, PAGE_LIST_END, 0 }                            \
    }

#ifdef CONFIG_IOMMU

extern bool iommu_enabled; /* units drive the machine's devices; constant after start-up */

/*
 * iommu_map: count frames from dfn on are mfn and up, with perms (IOMMU_*); what was mapped there
 * before is replaced. 0, or -ENOMEM, -EINVAL (beyond what the tables reach): then none of these
 * frames is mapped.
 * iommu_unmap: nothing is mapped there any more. 0, or -ENOMEM: a large mapping could not be
 * divided and has gone as a whole.
 * count is bounded by the caller. Process context, the context's lock not held.
 */
int iommu_map(struct iommu_context *ctx, dfn_t dfn, mfn_t mfn, unsigned long count,
              unsigned int perms, struct iommu_flush *flush) __must_check;
int iommu_unmap(struct iommu_context *ctx, dfn_t dfn, unsigned long count,
                struct iommu_flush *flush) __must_check;
/* All units see the changes; then the gathered frames are freed, and *flush is as new. */
void iommu_flush(struct iommu_context *ctx, struct iommu_flush *flush);
/* Frames that tables can name: one past the highest. */
unsigned long iommu_frames(void);
/* What dfn is for the context's devices: the frame, and *perms (0: nothing). */
mfn_t iommu_lookup(struct iommu_context *ctx, dfn_t dfn, unsigned int *perms);

/*
 * A domain's own context. iommu_domain_create: made for a domain that asks for one (or the hardware
 * domain); 0, -ENOMEM, -ENOSPC no id is left. iommu_domain_relinquish: a dying domain's devices go,
 * then its mappings: 0, or -ERESTART. iommu_domain_destroy: the rest; any state of creation.
 */
int iommu_domain_create(struct domain *d, bool wanted) __must_check;
int iommu_domain_relinquish(struct domain *d) __must_check;
void iommu_domain_destroy(struct domain *d);
/* Whether a domain's context follows which of its frames are writable (see iommu_page_*). */
#define iommu_domain_tracked(d) READ_ONCE((d)->dma_tracked)

/*
 * The frame mfn, which is d's, may be written by d's devices from now on; or `count` frames no
 * more, and when this returns none of the devices can. At transitions of the page-type machine, and
 * where frames leave their owner. Only where iommu_domain_tracked(). 0, or -ENOMEM: then the first
 * has changed nothing, and in the second d has been crashed with the frame, and perhaps neighbours,
 * gone from its devices.
 */
int iommu_page_writable(struct domain *d, mfn_t mfn) __must_check;
int iommu_page_gone(struct domain *d, mfn_t mfn, unsigned long count) __must_check;

/*
 * A frame of another domain that d has a grant on is reachable by d's devices while d has it mapped
 * for them, writable while there is a writable mapping: each is counted. iommu_grant_get: 0,
 * -ENOMEM; in effect at once. iommu_grant_put: gone with the flush; iommu_grant_put_now: when it
 * returns. The caller holds the mapping's references throughout. A domain's own frames, and what it
 * reaches anyway, need no count.
 */
int iommu_grant_get(struct domain *d, mfn_t mfn, bool writable) __must_check;
void iommu_grant_put(struct domain *d, mfn_t mfn, bool writable, struct iommu_flush *flush);
void iommu_grant_put_now(struct domain *d, mfn_t mfn, bool writable);
void iommu_domain_flush(struct domain *d, struct iommu_flush *flush);

/*
 * The hardware domain has found a function, or lost it: it becomes its device, or nobody's.
 * through: the function whose unit it uses, itself but for a virtual function. 0, or -ENOMEM,
 * -ENODEV no unit is its. Process context.
 */
int iommu_device_add(struct pci_address a, struct pci_address through) __must_check;
void iommu_device_remove(struct pci_address a);
/* Whose it is: the hardware domain's unless it was given away; NULL: nobody's. */
struct domain *iommu_device_owner(struct pci_address a);

/*
 * Start-up. iommu_init: units found and made ready, devices not yet behind them; with interrupts
 * on. iommu_start: the hardware domain's mappings are there, so that they do their work.
 * iommu_stop: they no longer do; when the machine ends in any way, so without locks.
 */
void iommu_init(void) __init;
void iommu_start(struct domain *hwdom) __init;
void iommu_stop(void);
/* dom0-iommu=map-inclusive, map-reserved. */
bool iommu_hwdom_inclusive(void);
bool iommu_hwdom_reserved(void);
/* Calls fn for each frame range of the units' registers; stops at an error, which it returns. */
int iommu_for_each_register_range(int (*fn)(mfn_t mfn, unsigned long frames, void *data),
                                  void *data) __init;

#else

#define iommu_enabled           false

static inline void iommu_flush(struct iommu_context *ctx, struct iommu_flush *flush)
{
}
static inline int __must_check iommu_domain_create(struct domain *d, bool wanted)
{
    return 0;
}
static inline int __must_check iommu_domain_relinquish(struct domain *d)
{
    return 0;
}
static inline void iommu_domain_destroy(struct domain *d)
{
}
#define iommu_domain_tracked(d) false
static inline int __must_check iommu_page_writable(struct domain *d, mfn_t mfn)
{
    return 0;
}
static inline int __must_check iommu_page_gone(struct domain *d, mfn_t mfn, unsigned long count)
{
    return 0;
}
static inline int __must_check iommu_grant_get(struct domain *d, mfn_t mfn, bool writable)
{
    return 0;
}
static inline void iommu_grant_put(struct domain *d, mfn_t mfn, bool writable,
                                   struct iommu_flush *flush)
{
}
static inline void iommu_grant_put_now(struct domain *d, mfn_t mfn, bool writable)
{
}
static inline void iommu_domain_flush(struct domain *d, struct iommu_flush *flush)
{
}
static inline int __must_check iommu_device_add(struct pci_address a, struct pci_address through)
{
    return 0;
}
static inline void iommu_device_remove(struct pci_address a)
{
}
#define iommu_device_owner(a)   hardware_domain
static inline void iommu_init(void)
{
}
static inline void iommu_start(struct domain *hwdom)
{
}
static inline void iommu_stop(void)
{
}
static inline int __must_check iommu_for_each_register_range(
    int (*fn)(mfn_t mfn, unsigned long frames, void *data), void *data)
{
    return 0;
}
#endif
#endif
