/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of PCI functions that the hardware domain has registered, and the operations that make
 * it. A function is on it once. Its interrupts by message are msi.c's, which count them in it: one
 * that has any stays.
 *
 * Locks: the list's, RANK_PCI_DEVICES.
 */
#include <gen/physdev_op-dispatch.h>
#include <gen/sysctl-dispatch.h>
#include <hv/arch/iommu.h>
#include <hv/domain.h>
#include <hv/guest-access.h>
#include <hv/hypercall.h>
#include <hv/iommu.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/numa.h>
#include <asm/msi.h>
#include "device.h"

#define PCI_STATUS      0x06
#define PCI_STATUS_CAPS 0x10
#define PCI_FIRST_CAP   0x34
#define CAP_MSI         0x05
#define CAP_MSIX        0x11
#define MAX_CAPS        48 /* as many as there is room for */
#define MAX_DEVICES     8192

static DEFINE_LIST(devices);
static unsigned int nr_devices;
static DEFINE_SPINLOCK(devices_lock, RANK_PCI_DEVICES);

void pci_lock_devices(void) __no_lock_analysis
{
    spin_lock(&devices_lock);
}

void pci_unlock_devices(void) __no_lock_analysis
{
    spin_unlock(&devices_lock);
}

static uint32_t cfg1_address(struct pci_address a, unsigned int reg)
{
    return PCI_ADDRESS_ENABLE | (uint32_t)a.bus << 16 | (uint32_t)a.devfn << 8 | reg;
}

uint32_t pci_read(struct pci_address a, unsigned int reg, unsigned int bytes)
{
    return a.segment || reg > 0xff ? ~0U >> (32 - 8 * bytes)
                                   : pci_cfg1_read(cfg1_address(a, reg), bytes);
}

void pci_write(struct pci_address a, unsigned int reg, unsigned int bytes, uint32_t val)
{
    if (!a.segment && reg <= 0xff) {
        pci_cfg1_write(cfg1_address(a, reg), bytes, val);
    }
}

struct pci_dev *pci_find(struct pci_address a)
{
    struct pci_dev *dev;

    list_for_each (dev, &devices, link) {
        if (dev->address.segment == a.segment && dev->address.bus == a.bus &&
            dev->address.devfn == a.devfn) {
            return dev;
        }
    }
    return NULL;
}

/* The device's own list; its length is bounded here, since it might be a ring. */
static uint8_t find_cap(struct pci_address a, uint8_t id)
{
    uint32_t at;

    if (pci_read(a, 0, 4) == ~0U || !(pci_read(a, PCI_STATUS, 2) & PCI_STATUS_CAPS)) {
        return 0;
    }
    at = pci_read(a, PCI_FIRST_CAP, 1) & 0xfc;
    for (unsigned int i = 0; i < MAX_CAPS && at >= 0x40; i++) {
        uint32_t head = pci_read(a, at, 2);

        if ((head & 0xff) == id) {
            return (uint8_t)at;
        }
        at = (head >> 8) & 0xfc;
    }
    return 0;
}

/* The hardware domain's, and nothing hangs on what it has said of itself. */
static bool is_untouched(const struct pci_dev *dev)
{
    return iommu_device_owner(dev->address) == hardware_domain && !dev->msi_vectors &&
           !dev->msix_vectors && !dev->msix_held;
}

/* through: as iommu_device_add() has it. A function that no unit answers for is none of ours to
 * refuse: its accesses go nowhere. */
static int add_device(struct pci_address a, struct pci_address through, uint32_t node)
{
    struct pci_dev *dev;
    bool is_new;
    int rc = 0;

    pci_lock_devices();
    dev = pci_find(a);
    is_new = !dev;
    if (is_new && nr_devices == MAX_DEVICES) {
        rc = -ENOSPC;
    } else if (is_new) {
        dev = xzalloc(struct pci_dev);
        rc = dev ? 0 : -ENOMEM;
        if (dev) {
            dev->address = a;
            dev->node = node;
            list_add_tail(&dev->link, &devices);
            nr_devices++;
        }
    }
    if (!rc) {
        rc = iommu_device_add(a, through);
        rc = rc == -ENODEV ? 0 : rc;
    }
    if (!rc && (is_new || is_untouched(dev))) {
        dev->msi = find_cap(a, CAP_MSI);
        dev->msix = find_cap(a, CAP_MSIX);
        msi_look(dev);
    }
    pci_unlock_devices();
    return rc;
}

void arch_iommu_device_goes(struct pci_address a)
{
    struct pci_dev *dev;
    maddr_t before;

    pci_lock_devices();
    dev = pci_find(a);
    if (dev && is_untouched(dev)) {
        before = dev->msix_table;
        msi_look(dev);
        /* One whose memory is switched off says nothing. */
        if (!maddr_x(dev->msix_table)) {
            dev->msix_table = before;
        }
    }
    pci_unlock_devices();
}

static int remove_device(struct pci_address a)
{
    struct pci_dev *dev;
    int rc = 0;

    pci_lock_devices();
    dev = pci_find(a);
    if (!dev) {
        rc = -ENODEV;
    } else {
        iommu_device_remove(a);
        msi_device_gone(dev);
        list_del(&dev->link);
        nr_devices--;
        xfree(dev);
    }
    pci_unlock_devices();
    return rc;
}

/* The one optional word is the proximity domain that firmware names for it. */
long physdev_op_pci_device_add(guest_ptr_t arg)
{
    struct physdev_pci_device_add add;
    uint32_t pxm, node = XEN_INVALID_NODE_ID;

    if (copy_from_guest(&add, arg, offsetof(struct physdev_pci_device_add, optarr))) {
        return -EFAULT;
    }
    if (add.flags & XEN_PCI_DEV_PXM) {
        if (copy_from_guest(&pxm,
                            guest_ptr_add(arg, offsetof(struct physdev_pci_device_add, optarr)),
                            sizeof(pxm))) {
            return -EFAULT;
        }
        node = numa_node_of_proximity(pxm, XEN_INVALID_NODE_ID);
    }
    return add_device((struct pci_address){ add.seg, add.bus, add.devfn },
                      add.flags & XEN_PCI_DEV_VIRTFN
                          ? (struct pci_address){ add.seg, add.physfn.bus, add.physfn.devfn }
                          : (struct pci_address){ add.seg, add.bus, add.devfn },
                      node);
}

long physdev_op_pci_device_remove(struct physdev_pci_device *arg)
{
    return remove_device((struct pci_address){ arg->seg, arg->bus, arg->devfn });
}

long physdev_op_manage_pci_add(struct physdev_manage_pci *arg)
{
    struct pci_address a = { 0, arg->bus, arg->devfn };

    return add_device(a, a, XEN_INVALID_NODE_ID);
}

long physdev_op_manage_pci_remove(struct physdev_manage_pci *arg)
{
    return remove_device((struct pci_address){ 0, arg->bus, arg->devfn });
}

long physdev_op_manage_pci_add_ext(struct physdev_manage_pci_ext *arg)
{
    struct pci_address a = { 0, arg->bus, arg->devfn };
    struct pci_address of = { 0, arg->physfn.bus, arg->physfn.devfn };

    return arg->is_extfn > 1 || arg->is_virtfn > 1
               ? -EINVAL
               : add_device(a, arg->is_virtfn ? of : a, XEN_INVALID_NODE_ID);
}

static uint32_t device_node(struct pci_address a)
{
    const struct pci_dev *dev;
    uint32_t node;

    pci_lock_devices();
    dev = pci_find(a);
    node = dev ? dev->node : XEN_INVALID_DEV;
    pci_unlock_devices();
    return node;
}

/* As many as come before the CPU has other work: the answer's count says how many. */
int sysctl_pcitopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_pcitopoinfo *t = &op->u.pcitopoinfo;
    guest_ptr_t from = guest_handle(t->devs), to = guest_handle(t->nodes);
    uint32_t i = 0;

    if (guest_ptr_is_null(from) || guest_ptr_is_null(to)) {
        return -EINVAL;
    }
    while (i < t->num_devs) {
        struct physdev_pci_device dev;
        uint32_t node;

        if (copy_from_guest_elem(&dev, from, i)) {
            return -EFAULT;
        }
        node = device_node((struct pci_address){ dev.seg, dev.bus, dev.devfn });
        if (copy_to_guest_elem(to, i, &node)) {
            return -EFAULT;
        }
        i++;
        if (hypercall_preempt_check()) {
            break;
        }
    }
    t->num_devs = i;
    return 0;
}
