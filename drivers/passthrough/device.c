/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices behind units: which function is whose, and which requester ids its accesses carry.
 *
 * Invariant: all requester ids of a device are its owner's (requester.c), so that devices that
 * share one have one owner; a device that would part them is nobody's, and uses none. A bridge that
 * puts its own id in place of others' has none itself: the id is theirs. A device changes its
 * context without a moment in which it reaches both or, where it had reserved regions, neither.
 *
 * Locks: devices_lock, RANK_IOMMU_DEVICES, for the list and the table of requester ids.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/lib.h>

#include "device.h"
#include "requester.h"

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

/* The reported bridge that leads to a's bus. Its registers are believed while it is dom0's. */
static bool reported_above(struct pci_address a, struct iommu_hop *hop)
{
    struct iommu_device *dev;

    list_for_each (dev, &devices, link) {
        if (dev->bridge != BRIDGE_NONE && dev->owner == hardware_domain &&
            dev->address.segment == a.segment && dev->address.bus != a.bus &&
            iommu_bridge_secondary(dev->address) == a.bus) {
            *hop = (struct iommu_hop){ dev->address, dev->bridge };
            return true;
        }
    }
    return false;
}

static bool __init any_above(struct pci_address a, struct iommu_hop *hop)
{
    return reported_above(a, hop) || iommu_hop_by_scan(a, hop);
}

static bool has_id(const struct iommu_ids *ids, uint16_t id)
{
    for (unsigned int i = 0; i < ids->nr; i++) {
        if (ids->id[i] == id) {
            return true;
        }
    }
    return false;
}

static void add_id(struct iommu_ids *ids, uint16_t id)
{
    if (!has_id(ids, id)) {
        ids->id[ids->nr++] = id;
    }
}

/* By what ids a device's accesses may arrive, with its bridges as they are now. */
static struct iommu_ids ids_of(const struct iommu_device *dev,
                               bool (*above)(struct pci_address a, struct iommu_hop *hop))
{
    unsigned int stride = iommu_phantom_stride(dev->address), function = dev->address.devfn & 7U;
    struct iommu_ids ids = { .nr = 0 };

    if (dev->bridge == BRIDGE_OWN_ID) {
        return ids;
    }
    add_id(&ids, pci_source(dev->address));
    add_id(&ids, iommu_requester_alias(dev->address, above));
    for (unsigned int f = function + stride; stride && f < 8; f += stride) {
        add_id(&ids, (uint16_t)(pci_source(dev->address) + f - function));
    }
    return ids;
}

/* Have two devices a requester id in common? */
static bool share_id(const struct iommu_device *a, const struct iommu_device *b)
{
    for (unsigned int i = 0; a->unit == b->unit && i < a->ids.nr; i++) {
        if (has_id(&b->ids, a->ids.id[i])) {
            return true;
        }
    }
    return false;
}

bool iommu_device_is_entangled(const struct iommu_device *dev, const struct domain *owner)
{
    for (unsigned int i = 0; i < dev->ids.nr; i++) {
        const struct iommu_requester *r = iommu_requester_find(dev->unit, dev->ids.id[i]);

        if (r && r->users > (dev->user ? 1U : 0U) && r->owner != owner) {
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

/* The first n of these ids are used by one device less. */
static void put_ids(struct iommu_unit *u, const struct iommu_ids *ids, unsigned int n)
{
    while (n--) {
        iommu_requester_put(iommu_requester_find(u, ids->id[n]));
    }
}

/* It becomes a user of its ids: 0, -ENOMEM. */
static int use_ids(struct iommu_device *dev)
{
    for (unsigned int i = 0; i < dev->ids.nr; i++) {
        if (!iommu_requester_get(dev->unit, dev->ids.id[i])) {
            put_ids(dev->unit, &dev->ids, i);
            return -ENOMEM;
        }
    }
    dev->user = true;
    return 0;
}

static void leave_ids(struct iommu_device *dev)
{
    if (dev->user) {
        put_ids(dev->unit, &dev->ids, dev->ids.nr);
        dev->user = false;
    }
}

static int point_all(struct iommu_device *dev, struct domain *owner, struct iommu_context *to)
{
    int rc = 0;

    for (unsigned int i = 0; !rc && i < dev->ids.nr; i++) {
        rc = iommu_requester_point(iommu_requester_find(dev->unit, dev->ids.id[i]), owner, to);
    }
    return rc;
}

static void point_nowhere(struct iommu_device *dev, struct domain *owner)
{
    if (point_all(dev, owner, NULL)) {
        BUG(); /* taking away needs no memory */
    }
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
    int rc = 0;

    /* To quarantine with all that share its ids, if need be: nobody reaches more by it. */
    if ((d || !dev->user) && iommu_device_is_entangled(dev, d)) {
        return -EBUSY;
    }
    if (!dev->user) {
        rc = use_ids(dev);
    }
    if (rc) {
        return rc;
    }
    rc = point_all(dev, d, d ? d->iommu : quarantine);
    if (rc) {
        point_nowhere(dev, dev->owner);
    } else {
        dev->owner = d;
    }
    return rc;
}

/* It is nobody's, and what it sends goes by no id of its own. */
static void hold(struct iommu_device *dev)
{
    leave_ids(dev);
    dev->owner = NULL;
    printk(XENLOG_WARNING "IOMMU: " PRI_pci " shares a requester id with another domain's device,"
                          " or there is no memory for it: it is nobody's\n",
           PCI_ARGS(dev->address));
}

/* Its ids again, where a bridge above it was reported later, or leads to other buses now. Without
 * one it keeps what the scan at start-up has found. */
static void find_ids_again(struct iommu_device *dev)
{
    struct iommu_ids old = dev->ids, new = ids_of(dev, reported_above);
    bool used = dev->user;
    struct iommu_hop hop;

    if (!reported_above(dev->address, &hop) ||
        (old.nr == new.nr && !memcmp(old.id, new.id, old.nr * sizeof(old.id[0])))) {
        return;
    }
    /* The new ones before the old ones go, so that it is never without those in both. */
    dev->ids = new;
    dev->user = false;
    if (used && iommu_device_give(dev, dev->owner)) {
        hold(dev);
    }
    if (used) {
        put_ids(dev->unit, &old, old.nr);
    }
}

static void find_ids_behind(const struct iommu_device *bridge)
{
    struct iommu_device *dev;

    list_for_each (dev, &devices, link) {
        if (dev->address.segment == bridge->address.segment &&
            iommu_bridge_leads_to(bridge->address, dev->address.bus)) {
            find_ids_again(dev);
        }
    }
}

static struct iommu_device *new_device(struct pci_address a, struct iommu_unit *unit,
                                       bool (*above)(struct pci_address a, struct iommu_hop *hop))
{
    struct iommu_device *dev = xzalloc(struct iommu_device);

    if (dev) {
        dev->address = a;
        dev->unit = unit;
        dev->bridge = iommu_bridge_kind(a);
        dev->ids = ids_of(dev, above);
    }
    return dev;
}

/* through: whose unit it is, another's for a virtual function. */
static int add(struct pci_address a, struct pci_address through, struct domain *owner,
               bool (*above)(struct pci_address a, struct iommu_hop *hop))
{
    struct iommu_device *dev = find(a);
    struct iommu_unit *unit;
    int rc;

    if (dev) {
        find_ids_again(dev);
        return 0;
    }
    unit = iommu_units[0]->driver->find(through);
    if (!unit) {
        return -ENODEV;
    }
    dev = new_device(a, unit, above);
    if (!dev) {
        return -ENOMEM;
    }
    list_add_tail(&dev->link, &devices);
    rc = iommu_device_give(dev, owner);
    if (rc == -EBUSY) {
        hold(dev);
        rc = 0;
    }
    if (rc) {
        leave_ids(dev);
        list_del(&dev->link);
        xfree(dev);
        return rc;
    }
    if (dev->bridge != BRIDGE_NONE) {
        find_ids_behind(dev);
    }
    return 0;
}

int iommu_device_add(struct pci_address a, struct pci_address through)
{
    int rc;

    if (!iommu_enabled) {
        return 0;
    }
    spin_lock(&devices_lock);
    rc = add(a, through, hardware_domain, reported_above);
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
        leave_ids(dev);
        list_del(&dev->link);
        xfree(dev);
    }
    spin_unlock(&devices_lock);
}

void __init iommu_device_early(struct pci_address a, struct domain *hwdom)
{
    int rc;

    spin_lock(&devices_lock);
    rc = add(a, a, hwdom, any_above);
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
            point_nowhere(dev, NULL);
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

void iommu_device_quiet(struct iommu_unit *u, uint16_t source)
{
    spin_lock(&devices_lock);
    /* No guest repeats this: a flood is told once. */
    if (iommu_requester_quiet(u, source)) {
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
