/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices behind units: which function is whose, and which requester ids its accesses carry.
 *
 * Invariant: a requester that no device on the list uses goes nowhere (I16); all requesters of a
 * device go by its one context, or nowhere. A device changes its context without a moment in which
 * it reaches both or, where it had reserved regions, neither.
 *
 * Locks: devices_lock, RANK_IOMMU_DEVICES, for the list and what requesters go by.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/lib.h>

#include "device.h"

#define PCI_HEADER_TYPE     0x0e
#define PCI_HEADER_BRIDGE   1U
#define PCI_SECONDARY_BUS   0x19
#define PCI_SUBORDINATE_BUS 0x1a
#define PCI_STATUS          0x06
#define PCI_STATUS_CAPS     0x10U
#define PCI_FIRST_CAP       0x34
#define PCI_CAP_EXPRESS     0x10U
#define EXPRESS_FLAGS       2
#define EXPRESS_TYPE(flags) ((flags) >> 4 & 0xfU)
#define EXPRESS_TO_PCI      7U
#define PCI_TO_EXPRESS      8U
#define MAX_CAPS            48
#define MAX_DEPTH           32 /* of bridges behind each other */

static DEFINE_LIST(devices);
static DEFINE_SPINLOCK(devices_lock, RANK_IOMMU_DEVICES);
static struct iommu_context *quarantine;

static struct iommu_device *find(struct pci_address a)
{
    struct iommu_device *dev;

    list_for_each (dev, &devices, link) {
        if (pci_address_eq(dev->address, a)) {
            return dev;
        }
    }
    return NULL;
}

/* The Express capability's type of port, -1: a function of conventional PCI. */
static int express_type(struct pci_address a)
{
    uint32_t at;

    if (!(pci_read(a, PCI_STATUS, 2) & PCI_STATUS_CAPS)) {
        return -1;
    }
    at = pci_read(a, PCI_FIRST_CAP, 1) & 0xfc;
    for (unsigned int i = 0; i < MAX_CAPS && at >= 0x40; i++) {
        uint32_t head = pci_read(a, at, 2);

        if ((head & 0xff) == PCI_CAP_EXPRESS) {
            return (int)EXPRESS_TYPE(pci_read(a, at + EXPRESS_FLAGS, 2));
        }
        at = (head >> 8) & 0xfc;
    }
    return -1;
}

static bool is_bridge(struct pci_address a)
{
    return (pci_read(a, PCI_HEADER_TYPE, 1) & 0x7f) == PCI_HEADER_BRIDGE;
}

/* The registered bridge that leads to a's bus. */
static struct iommu_device *bridge_above(struct pci_address a)
{
    struct iommu_device *dev;

    list_for_each (dev, &devices, link) {
        if (dev->address.segment == a.segment && dev->address.bus != a.bus &&
            is_bridge(dev->address) && pci_read(dev->address, PCI_SECONDARY_BUS, 1) == a.bus) {
            return dev;
        }
    }
    return NULL;
}

/*
 * What a bridge to conventional PCI puts in place of the requester ids behind it: its own, or its
 * secondary bus's (PCI Express to PCI Bridge 1.0, 2.3). The bridge nearest the root has the last
 * word. Without one on the way the function's own id is all there is.
 */
static uint16_t requester_alias(struct pci_address a)
{
    uint16_t alias = pci_source(a);
    struct iommu_device *up;

    for (unsigned int i = 0; i < MAX_DEPTH && (up = bridge_above(a)); i++) {
        int type = express_type(up->address);

        if (type == (int)EXPRESS_TO_PCI) {
            alias = (uint16_t)(a.bus << 8);
        } else if (type < 0 || type == (int)PCI_TO_EXPRESS) {
            alias = pci_source(up->address);
        }
        a = up->address;
    }
    return alias;
}

/* Is a requester also another listed device's? */
static bool is_shared(const struct iommu_device *dev, uint16_t source)
{
    struct iommu_device *other;

    list_for_each (other, &devices, link) {
        if (other != dev && other->unit == dev->unit &&
            (pci_source(other->address) == source || other->alias == source)) {
            return true;
        }
    }
    return false;
}

/* Have two devices a requester id in common? */
static bool share_id(const struct iommu_device *a, const struct iommu_device *b)
{
    return a->unit == b->unit && (a->alias == b->alias || pci_source(a->address) == b->alias ||
                                  a->alias == pci_source(b->address));
}

bool iommu_device_is_entangled(const struct iommu_device *dev, const struct domain *owner)
{
    struct iommu_device *other;

    list_for_each (other, &devices, link) {
        /* A bridge's own id stands for what is behind it; it asks for nothing itself. */
        if (other != dev && share_id(dev, other) && other->owner != owner &&
            !is_bridge(other->address)) {
            return true;
        }
    }
    return false;
}

struct iommu_device *iommu_device_in_group(const struct domain *d, const struct iommu_device *of,
                                           unsigned int n)
{
    struct iommu_device *other;

    list_for_each (other, &devices, link) {
        if (other != of && other->owner == d && share_id(of, other) && !n--) {
            return other;
        }
    }
    return NULL;
}

struct domain *iommu_device_owner(struct pci_address a)
{
    struct domain *owner = hardware_domain;
    struct iommu_device *dev;

    if (iommu_enabled) {
        spin_lock(&devices_lock);
        dev = find(a);
        if (dev) {
            owner = dev->owner;
        }
        spin_unlock(&devices_lock);
    }
    return owner;
}

/* Points one requester of a unit at a context; counts tell who is to be flushed. */
static int point(struct iommu_unit *u, uint16_t source, struct iommu_context *from,
                 struct iommu_context *to, bool quiet)
{
    int rc;

    if (to) {
        (void)__atomic_add_fetch(&to->attached[u->index], 1, __ATOMIC_SEQ_CST);
    }
    rc = u->driver->attach(u, source, to, quiet);
    if (rc && to) {
        (void)__atomic_sub_fetch(&to->attached[u->index], 1, __ATOMIC_SEQ_CST);
    }
    if (!rc && from) {
        (void)__atomic_sub_fetch(&from->attached[u->index], 1, __ATOMIC_SEQ_CST);
    }
    return rc;
}

/* The requester id that a bridge uses for it; other devices may go on using that one. */
static int point_alias(struct iommu_device *dev, struct iommu_context *to)
{
    int rc = 0;

    if (dev->alias == pci_source(dev->address)) {
        return 0;
    }
    if (to || !is_shared(dev, dev->alias)) {
        rc = point(dev->unit, dev->alias, dev->alias_ctx, to, false);
    } else if (dev->alias_ctx) {
        (void)__atomic_sub_fetch(&dev->alias_ctx->attached[dev->unit->index], 1, __ATOMIC_SEQ_CST);
    }
    if (!rc) {
        dev->alias_ctx = to;
    }
    return rc;
}

/* All of a device's requesters; on failure they go nowhere, or by what they went by before. */
static int move(struct iommu_device *dev, struct iommu_context *to)
{
    int rc = point(dev->unit, pci_source(dev->address), dev->ctx, to, false);

    if (rc) {
        return rc;
    }
    rc = point_alias(dev, to);
    if (rc) {
        /* A requester that goes nowhere needs no memory. */
        (void)point(dev->unit, pci_source(dev->address), to, NULL, false);
        to = NULL;
    }
    dev->ctx = to;
    dev->quiet = false;
    return rc;
}

struct iommu_device *iommu_device_find(struct pci_address a)
{
    return find(a);
}

void iommu_devices_lock(void) __no_lock_analysis
{
    spin_lock(&devices_lock);
}

void iommu_devices_unlock(void) __no_lock_analysis
{
    spin_unlock(&devices_lock);
}

int iommu_device_give(struct iommu_device *dev, struct domain *d)
{
    struct iommu_context *to = d ? d->iommu : quarantine;
    int rc = move(dev, to);

    if (!rc) {
        dev->owner = d;
    }
    return rc;
}

/* through: whose unit it is, another's for a virtual function. */
static int add(struct pci_address a, struct pci_address through, struct domain *owner)
{
    struct iommu_device *dev = find(a);
    struct iommu_unit *unit;
    int rc;

    if (dev) {
        return 0;
    }
    unit = iommu_units[0]->driver->find(through);
    if (!unit) {
        return -ENODEV;
    }
    dev = xzalloc(struct iommu_device);
    if (!dev) {
        return -ENOMEM;
    }
    dev->address = a;
    dev->unit = unit;
    dev->alias = requester_alias(a);
    list_add_tail(&dev->link, &devices);
    rc = iommu_device_give(dev, owner);
    if (rc) {
        list_del(&dev->link);
        xfree(dev);
    }
    return rc;
}

int iommu_device_add(struct pci_address a, struct pci_address through)
{
    int rc;

    if (!iommu_enabled) {
        return 0;
    }
    spin_lock(&devices_lock);
    rc = add(a, through, hardware_domain);
    spin_unlock(&devices_lock);
    if (rc == -ENODEV) {
        printk(XENLOG_WARNING "IOMMU: " PRI_pci " is behind no unit\n", PCI_ARGS(a));
    } else if (iommu_options.verbose || rc) {
        printk(XENLOG_INFO "IOMMU: " PRI_pci " added: %d\n", PCI_ARGS(a), rc);
    }
    return rc;
}

void iommu_device_remove(struct pci_address a)
{
    struct iommu_device *dev;

    if (!iommu_enabled) {
        return;
    }
    spin_lock(&devices_lock);
    dev = find(a);
    if (dev) {
        if (move(dev, NULL)) {
            BUG(); /* taking away needs no memory */
        }
        list_del(&dev->link);
        xfree(dev);
    }
    spin_unlock(&devices_lock);
}

void __init iommu_device_early(struct pci_address a, struct domain *hwdom)
{
    int rc;

    spin_lock(&devices_lock);
    rc = add(a, a, hwdom);
    spin_unlock(&devices_lock);
    if (rc) {
        printk(XENLOG_WARNING "IOMMU: " PRI_pci " has a reserved region and cannot be served: %d\n",
               PCI_ARGS(a), rc);
    }
}

/* One that is to be released: found anew each time, since the lock is dropped between. */
static struct iommu_device *owned_by(const struct domain *d)
{
    struct iommu_device *dev;

    list_for_each (dev, &devices, link) {
        if (dev->owner == d) {
            return dev;
        }
    }
    return NULL;
}

int iommu_devices_release(struct domain *d)
{
    struct domain *to = iommu_options.quarantine == QUARANTINE_OFF ? hardware_domain : NULL;
    struct iommu_device *dev;

    for (;;) {
        spin_lock(&devices_lock);
        dev = owned_by(d);
        if (dev && iommu_device_give(dev, to)) {
            /* It reaches nothing at least. */
            if (move(dev, NULL)) {
                BUG();
            }
            dev->owner = NULL;
        }
        spin_unlock(&devices_lock);
        if (!dev) {
            return 0;
        }
        if (hypercall_preempt_check()) {
            return -ERESTART;
        }
    }
}

/* The same context again, or nothing, but silently. */
void iommu_device_quiet(struct iommu_unit *u, uint16_t source)
{
    struct iommu_context *ctx = NULL;
    struct iommu_device *dev;

    spin_lock(&devices_lock);
    list_for_each (dev, &devices, link) {
        if (dev->unit == u && (pci_source(dev->address) == source || dev->alias == source)) {
            ctx = pci_source(dev->address) == source ? dev->ctx : dev->alias_ctx;
            dev->quiet = true;
        }
    }
    /* No guest repeats this: a flood is told once. */
    if (u->driver->attach(u, source, ctx, true)) {
        printk(XENLOG_WARNING "IOMMU: no memory to quiet it\n");
    }
    spin_unlock(&devices_lock);
}

/* Where devices are that nobody may use: nothing is there, or one page to be read. */
void __init iommu_devices_init(void)
{
    struct page_info *scratch;

    if (iommu_options.quarantine == QUARANTINE_OFF) {
        return;
    }
    quarantine = iommu_context_new(NULL);
    if (!quarantine) {
        panic("IOMMU: no memory for the quarantine\n");
    }
    if (iommu_options.quarantine == QUARANTINE_SCRATCH) {
        scratch = alloc_domheap_page(NULL, 0);
        if (!scratch || iommu_table_fill(&quarantine->table, page_to_mfn(scratch))) {
            panic("IOMMU: no memory for the quarantine\n");
        }
    }
}
