/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control operations on devices: whose a device is. Only functions that the hardware domain has
 * reported can be given; one that is a guest's goes back before it is another's. DOMID_IO stands
 * for quarantine. The operation's rights were asked for before (I4).
 *
 * No unit is made to remap interrupts, so a guest's device may send any message. Vectors are the
 * architecture's to doubt (I29); what stays open is told at each gift, or refused.
 *
 * Locks: the target's control lock, held by the caller; the devices' lock.
 */
#include <gen/domctl-dispatch.h>
#include <hv/arch/iommu.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/lib.h>

#include "device.h"

/* Bus, device and function as the ABI packs them. */
static struct pci_address address_of(uint32_t sbdf)
{
    return (struct pci_address){ (uint16_t)(sbdf >> 16), (uint8_t)(sbdf >> 8), (uint8_t)sbdf };
}

static bool has_context(const struct domain *d)
{
    return d == dom_io ? iommu_options.quarantine != QUARANTINE_OFF : d->iommu != NULL;
}

/* What is the same for all three: no device is looked at yet. */
static int check_request(const struct domain *d, const struct xen_domctl_assign_device *r)
{
    if (!iommu_enabled || !has_context(d)) {
        return -EOPNOTSUPP;
    }
    if (d == current->domain) {
        return -EINVAL;
    }
    if (r->dev != XEN_DOMCTL_DEV_PCI) {
        return -ENODEV;
    }
    return r->flags & ~XEN_DOMCTL_DEV_RDM_RELAXED ? -EINVAL : 0;
}

/* Nobody's and the hardware domain's can be given. Devices' lock. */
static int find_free(struct pci_address a, struct iommu_device **dev)
{
    *dev = iommu_device_find(a);
    if (!*dev) {
        return -ENODEV;
    }
    return (*dev)->owner && (*dev)->owner != hardware_domain ? -EBUSY : 0;
}

static int check_messages(const struct domain *d, struct pci_address a)
{
    if (d == dom_io || is_hardware_domain(d)) {
        return 0;
    }
    if (iommu_options.remap_required) {
        printk(XENLOG_G_WARNING "IOMMU: iommu=intremap-required: the interrupts of " PRI_pci
                                " are not remapped\n",
               PCI_ARGS(a));
        return -EPERM;
    }
    printk(XENLOG_G_WARNING "IOMMU: the interrupts of " PRI_pci " are not remapped: %pd can send"
                            " NMI, SMI and INIT to every CPU\n",
           PCI_ARGS(a), d);
    arch_iommu_device_given();
    return 0;
}

static int assign(struct domain *d, struct pci_address a)
{
    struct domain *owner = d == dom_io ? NULL : d;
    struct iommu_device *dev;
    int rc = find_free(a, &dev);

    if (rc) {
        return rc;
    }
    /* Looked at under the lock that death's release of devices takes (I17). */
    if (READ_ONCE(d->dying)) {
        return -EINVAL;
    }
    /* Its firmware goes on reaching that memory, whoever has the device (I16). */
    if (iommu_reserved_has(a)) {
        return -EPERM;
    }
    /* What cannot be told apart goes nowhere alone. */
    if (iommu_device_is_entangled(dev, owner)) {
        return -EBUSY;
    }
    rc = check_messages(d, a);
    return rc ? rc : iommu_device_give(dev, owner);
}

int domctl_assign_device(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_assign_device *r = &op->u.assign_device;
    struct pci_address a = address_of(r->u.pci.machine_sbdf);
    int rc = check_request(d, r);

    if (rc) {
        return rc;
    }
    arch_iommu_device_goes(a);
    iommu_devices_lock();
    rc = assign(d, a);
    iommu_devices_unlock();
    if (rc) {
        printk(XENLOG_G_WARNING "IOMMU: " PRI_pci " cannot be given to %pd: %d\n", PCI_ARGS(a), d,
               rc);
    }
    return rc;
}

int domctl_test_assign_device(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_assign_device *r = &op->u.assign_device;
    struct iommu_device *dev;
    int rc = check_request(d, r);

    if (rc) {
        return rc;
    }
    iommu_devices_lock();
    rc = find_free(address_of(r->u.pci.machine_sbdf), &dev) ? -EINVAL : 0;
    iommu_devices_unlock();
    return rc;
}

/* A guest's device goes to quarantine, whence it can be given on; from there to the hardware
 * domain. */
int domctl_deassign_device(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_assign_device *r = &op->u.assign_device;
    struct domain *owner = d == dom_io ? NULL : d;
    struct domain *to = owner && iommu_options.quarantine != QUARANTINE_OFF ? NULL
                                                                            : hardware_domain;
    struct iommu_device *dev;
    int rc = check_request(d, r);

    if (rc) {
        return rc;
    }
    iommu_devices_lock();
    dev = iommu_device_find(address_of(r->u.pci.machine_sbdf));
    rc = dev && dev->owner == owner ? iommu_device_give(dev, to) : -ENODEV;
    iommu_devices_unlock();
    return rc;
}

/* The next device of d's from *n on that cannot be told apart from that one. */
static bool next_of_group(const struct domain *d, const struct iommu_device *of, uint32_t *n,
                          uint32_t *sbdf)
{
    const struct iommu_device *dev = iommu_device_in_group(d, of, (*n)++);

    if (dev) {
        *sbdf = (uint32_t)dev->address.segment << 16 | pci_source(dev->address);
    }
    return dev;
}

int domctl_get_device_group(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_get_device_group *g = &op->u.get_device_group;
    guest_ptr_t to = guest_handle(g->sdev_array);
    uint32_t nr = 0, found = 0, sbdf;
    int rc = 0;

    if (!iommu_enabled || !d->iommu) {
        return -EOPNOTSUPP;
    }
    while (!rc && nr < g->max_sdevs) {
        const struct iommu_device *of;
        bool more;

        iommu_devices_lock();
        of = iommu_device_find(address_of(g->machine_sbdf));
        more = of && next_of_group(d, of, &found, &sbdf);
        iommu_devices_unlock();
        if (!more) {
            break;
        }
        rc = copy_to_guest_elem(to, nr, &sbdf);
        nr += !rc;
    }
    g->num_sdevs = rc ? 0 : nr;
    return rc;
}
