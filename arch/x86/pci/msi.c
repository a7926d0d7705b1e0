/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts by message. The hardware domain turns the capabilities on and off; address, data and
 * mask of a message are written here alone.
 *
 * Invariant: an irq number that is in use and has a device is counted in that device, and while a
 * device has MSI-X entries in use, its table is on the list of what no guest may map writable.
 *
 * Locks: the list of devices for which numbers are in use; msis_lock, which interrupt handlers
 * take, for what is written to devices.
 */
#include <gen/physdev_op-dispatch.h>
#include <hv/domain.h>
#include <hv/iommu.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/rangeset.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/mmio-ro.h>
#include <asm/msi.h>
#include "device.h"

#define PCI_COMMAND        0x04
#define PCI_COMMAND_MEMORY 0x2
#define PCI_BAR(n)         (0x10 + 4 * (n))
#define BAR_IS_PORT        0x1U
#define BAR_64             0x4U
#define BAR_TYPE           0x6U
#define BAR_FLAGS          0xfU

/* From the capability's start. */
#define CAP_CONTROL      2
#define MSI_64BIT        0x0080U
#define MSI_MASKABLE     0x0100U
#define MSI_MULTIPLE     0x0070U
#define MSI_ADDRESS      4
#define MSI_ADDRESS_HIGH 8
#define MSIX_TABLE       4
#define MSIX_TABLE_BIR   0x7U
#define MSIX_SIZE        0x07ffU

#define ENTRY_SIZE    16U
#define ENTRY_ADDRESS 0
#define ENTRY_HIGH    4
#define ENTRY_DATA    8
#define ENTRY_CONTROL 12
#define ENTRY_MASKED  1U

/* Fixed delivery, physical destination, edge (SDM vol. 3A, 10.11). */
#define MESSAGE_ADDRESS(apic) (0xfee00000U | (apic) << 12)

struct msi {
    bool used, msix, masked;
    uint16_t entry;
    struct pci_dev *dev; /* NULL: it has gone */
    char *slot;          /* MSI-X: the entry */
    uint32_t address, data;
};

static struct msi msis[NR_IRQS];
static DEFINE_IRQLOCK(msis_lock, RANK_IRQ_CHIP);

static unsigned int msi_data_reg(uint32_t control)
{
    return control & MSI_64BIT ? 12 : 8;
}

static unsigned int msi_mask_reg(uint32_t control)
{
    return control & MSI_64BIT ? 16 : 12;
}

static void write_mask(const struct msi *m)
{
    if (m->msix) {
        mmio_write32(m->slot + ENTRY_CONTROL, m->masked ? ENTRY_MASKED : 0);
    } else {
        uint32_t control = m->dev->msi_control;

        if (control & MSI_MASKABLE) {
            pci_write(m->dev->address, m->dev->msi + msi_mask_reg(control), 4, m->masked);
        }
    }
}

/* An entry must not be in use while its words differ: it is masked, and then as it was. */
static void write_message(const struct msi *m)
{
    if (m->msix) {
        mmio_write32(m->slot + ENTRY_CONTROL, ENTRY_MASKED);
        mmio_write32(m->slot + ENTRY_ADDRESS, m->address);
        mmio_write32(m->slot + ENTRY_HIGH, 0);
        mmio_write32(m->slot + ENTRY_DATA, m->data);
    } else {
        struct pci_address a = m->dev->address;
        unsigned int at = m->dev->msi;
        uint32_t control = m->dev->msi_control;

        pci_write(a, at + CAP_CONTROL, 2, pci_read(a, at + CAP_CONTROL, 2) & ~MSI_MULTIPLE);
        pci_write(a, at + MSI_ADDRESS, 4, m->address);
        if (control & MSI_64BIT) {
            pci_write(a, at + MSI_ADDRESS_HIGH, 4, 0);
        }
        pci_write(a, at + msi_data_reg(control), 2, m->data);
    }
    write_mask(m);
}

void msi_route(unsigned int irq, uint8_t vector, uint32_t dest_apic)
{
    struct msi *m = &msis[irq];
    unsigned long flags = irq_lock(&msis_lock);

    m->address = MESSAGE_ADDRESS(dest_apic);
    m->data = vector;
    if (m->dev) {
        write_message(m);
    }
    irq_unlock(&msis_lock, flags);
}

void msi_mask(unsigned int irq, bool masked)
{
    struct msi *m = &msis[irq];
    unsigned long flags = irq_lock(&msis_lock);

    m->masked = masked;
    if (m->dev) {
        write_mask(m);
    }
    irq_unlock(&msis_lock, flags);
}

/* Frames of the table, from its first on. */
static unsigned int table_pages(const struct pci_dev *dev)
{
    unsigned long bytes = (maddr_x(dev->msix_table) & ~PAGE_MASK) + dev->msix_entries * ENTRY_SIZE;

    return (unsigned int)(ROUNDUP(bytes, PAGE_SIZE) >> PAGE_SHIFT);
}

/* The MSI-X table in memory: the device's own, and no domain's nor the hypervisor's. */
static bool is_devices_own(const struct pci_dev *dev)
{
    mfn_t first = maddr_to_mfn(dev->msix_table);
    unsigned int pages = table_pages(dev);

    for (unsigned int i = 0; i < pages; i++) {
        if (mfn_valid(mfn_add(first, i))) {
            return false;
        }
    }
    return rangeset_contains(hardware_domain->iomem_caps, mfn_x(first), mfn_x(first) + pages - 1);
}

/* Where its registers say that the table is; 0: nowhere. */
static maddr_t table_of(const struct pci_dev *dev)
{
    uint32_t where = pci_read(dev->address, dev->msix + MSIX_TABLE, 4);
    unsigned int bir = where & MSIX_TABLE_BIR;
    uint64_t base;

    if (bir > 5 || !(pci_read(dev->address, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY)) {
        return _maddr(0);
    }
    base = pci_read(dev->address, PCI_BAR(bir), 4);
    if (base & BAR_IS_PORT) {
        return _maddr(0);
    }
    if ((base & BAR_TYPE) == BAR_64 && bir < 5) {
        base |= (uint64_t)pci_read(dev->address, PCI_BAR(bir + 1), 4) << 32;
    }
    base &= ~(uint64_t)BAR_FLAGS;
    return _maddr(base ? base + (where & ~MSIX_TABLE_BIR) : 0);
}

void msi_look(struct pci_dev *dev)
{
    dev->msi_control = dev->msi ? pci_read(dev->address, dev->msi + CAP_CONTROL, 2) : 0;
    dev->msix_entries = 0;
    dev->msix_table = _maddr(0);
    if (dev->msix) {
        dev->msix_entries =
            (uint16_t)((pci_read(dev->address, dev->msix + CAP_CONTROL, 2) & MSIX_SIZE) + 1);
        dev->msix_table = table_of(dev);
    }
}

static bool msix_in_use(const struct pci_dev *dev)
{
    return dev->msix_vectors || dev->msix_held;
}

/*
 * Before the first entry is in use, or prepared for another domain: the table is where the hardware
 * domain has it now, and is not written by guests from then on.
 */
static int guard_table(struct pci_dev *dev)
{
    int rc;

    if (msix_in_use(dev)) {
        return 0;
    }
    if (iommu_device_owner(dev->address) == hardware_domain) {
        msi_look(dev);
    }
    if (!maddr_x(dev->msix_table) || !is_devices_own(dev)) {
        return -ENXIO;
    }
    rc = mmio_ro_add(maddr_to_mfn(dev->msix_table), table_pages(dev));
    if (!rc) {
        dev->msix_pages = table_pages(dev);
    }
    return rc;
}

static void unguard_table(struct pci_dev *dev)
{
    if (!msix_in_use(dev) && dev->msix_pages) {
        mmio_ro_remove(maddr_to_mfn(dev->msix_table), dev->msix_pages);
        dev->msix_pages = 0;
    }
}

static struct msi *find_msi(const struct pci_dev *dev, bool msix, unsigned int entry)
{
    for (unsigned int irq = nr_irqs_gsi; irq < NR_IRQS; irq++) {
        struct msi *m = &msis[irq];

        if (m->used && m->dev == dev && m->msix == msix && (!msix || m->entry == entry)) {
            return m;
        }
    }
    return NULL;
}

static int free_number(void)
{
    for (unsigned int irq = nr_irqs_gsi; irq < NR_IRQS; irq++) {
        if (!msis[irq].used) {
            return (int)irq;
        }
    }
    return -ENOSPC;
}

static int check_request(const struct pci_dev *dev, const struct msi_request *r)
{
    if (!dev || !(r->msix ? dev->msix : dev->msi) || iommu_device_owner(dev->address) != r->owner) {
        return -ENODEV;
    }
    if (r->msix && r->entry >= dev->msix_entries) {
        return -EINVAL;
    }
    return find_msi(dev, r->msix, r->entry) ? -EEXIST : 0;
}

/* Finds and guards the device's table, and maps the one entry. */
static int map_entry(struct pci_dev *dev, unsigned int entry, char **slot)
{
    int rc = guard_table(dev);

    if (rc) {
        return rc;
    }
    *slot = ioremap(_maddr(maddr_x(dev->msix_table) + entry * ENTRY_SIZE), ENTRY_SIZE);
    if (!*slot) {
        unguard_table(dev);
        return -ENOMEM;
    }
    return 0;
}

static void count_out(struct pci_dev *dev, bool msix)
{
    if (msix) {
        dev->msix_vectors--;
        unguard_table(dev);
    } else {
        dev->msi_vectors--;
    }
}

static int new_locked(const struct msi_request *r)
{
    struct pci_dev *dev = pci_find((struct pci_address){ r->segment, r->bus, r->devfn });
    char *slot = NULL;
    int irq, rc;

    rc = check_request(dev, r);
    if (rc) {
        return rc;
    }
    irq = free_number();
    if (irq < 0) {
        return irq;
    }
    rc = r->msix ? map_entry(dev, r->entry, &slot) : 0;
    if (rc) {
        return rc;
    }
    msis[irq] = (struct msi){ .used = true,
                              .msix = r->msix,
                              .masked = true,
                              .entry = (uint16_t)r->entry,
                              .dev = dev,
                              .slot = slot };
    if (r->msix) {
        dev->msix_vectors++;
    } else {
        dev->msi_vectors++;
    }
    rc = irq_prepare((unsigned int)irq);
    if (rc) {
        count_out(dev, r->msix);
        msis[irq].used = false;
        if (slot) {
            iounmap(slot);
        }
    }
    return rc ? rc : irq;
}

int msi_new(const struct msi_request *r)
{
    int irq;

    pci_lock_devices();
    irq = new_locked(r);
    pci_unlock_devices();
    return irq;
}

int msi_new_own(uint32_t *address, uint32_t *data)
{
    int irq, rc;

    pci_lock_devices();
    irq = free_number();
    if (irq >= 0) {
        msis[irq] = (struct msi){ .used = true };
        rc = irq_prepare((unsigned int)irq);
        *address = msis[irq].address;
        *data = msis[irq].data;
        if (rc) {
            msis[irq].used = false;
            irq = rc;
        }
    }
    pci_unlock_devices();
    return irq;
}

/* The interrupt no longer reaches the device: its number stays. */
static void detach(struct msi *m)
{
    struct pci_dev *dev = m->dev;
    char *slot = m->slot;
    unsigned long flags;

    if (!dev) {
        return;
    }
    flags = irq_lock(&msis_lock);
    m->masked = true;
    write_mask(m);
    m->dev = NULL;
    m->slot = NULL;
    irq_unlock(&msis_lock, flags);
    if (slot) {
        iounmap(slot);
    }
    count_out(dev, m->msix);
}

void msi_delete(unsigned int irq)
{
    pci_lock_devices();
    detach(&msis[irq]);
    irq_unprepare(irq);
    msis[irq].used = false;
    pci_unlock_devices();
}

void msi_device_gone(struct pci_dev *dev)
{
    dev->msix_held = false;
    for (unsigned int irq = nr_irqs_gsi; irq < NR_IRQS; irq++) {
        if (msis[irq].used && msis[irq].dev == dev) {
            detach(&msis[irq]);
        }
    }
    unguard_table(dev);
}

/* Of a capability with a message of ours: what follows its control word is not the guest's. */
static bool msi_write(const struct pci_dev *dev, unsigned int reg, unsigned int bytes,
                      uint32_t *val)
{
    unsigned int at = dev->msi, end;
    uint32_t control = dev->msi_control;

    end = at + (control & MSI_MASKABLE ? msi_mask_reg(control) + 4 : msi_data_reg(control) + 2);
    if (reg + bytes <= at + CAP_CONTROL || reg >= end) {
        return true;
    }
    if (reg >= at + MSI_ADDRESS) {
        return false;
    }
    /* One message a device: the bits that would multiply it stay clear. */
    if (reg <= at + CAP_CONTROL) {
        *val &= ~(MSI_MULTIPLE << 8 * (at + CAP_CONTROL - reg));
    }
    return true;
}

bool msi_config_write(uint8_t bus, uint8_t devfn, unsigned int reg, unsigned int bytes,
                      uint32_t *val)
{
    struct pci_dev *dev;
    bool allowed = true;

    if (reg < 0x40) {
        return true;
    }
    pci_lock_devices();
    dev = pci_find((struct pci_address){ 0, bus, devfn });
    if (dev && dev->msi_vectors) {
        allowed = msi_write(dev, reg, bytes, val);
    }
    pci_unlock_devices();
    return allowed;
}

/* What firmware or a sleep may have changed is written again. */
static int restore(struct pci_address a, int unknown)
{
    struct pci_dev *dev;
    unsigned long flags;

    pci_lock_devices();
    dev = pci_find(a);
    for (unsigned int irq = nr_irqs_gsi; dev && irq < NR_IRQS; irq++) {
        if (msis[irq].used && msis[irq].dev == dev) {
            flags = irq_lock(&msis_lock);
            write_message(&msis[irq]);
            irq_unlock(&msis_lock, flags);
        }
    }
    pci_unlock_devices();
    return dev ? 0 : unknown;
}

long physdev_op_restore_msi(struct physdev_restore_msi *arg)
{
    return restore((struct pci_address){ 0, arg->bus, arg->devfn }, -ENODEV);
}

long physdev_op_restore_msi_ext(struct physdev_pci_device *arg)
{
    return restore((struct pci_address){ arg->seg, arg->bus, arg->devfn }, -ENODEV);
}

/* Before a device goes to another domain: nobody has its MSI-X entries, and no guest writes them.
 */
static int hold_msix(const struct physdev_pci_device *arg, bool hold)
{
    struct pci_dev *dev;
    int rc = 0;

    pci_lock_devices();
    dev = pci_find((struct pci_address){ arg->seg, arg->bus, arg->devfn });
    if (!dev || !dev->msix) {
        rc = -ENODEV;
    } else if (dev->msix_vectors || dev->msix_held == hold) {
        rc = -EBUSY;
    } else {
        rc = hold ? guard_table(dev) : 0;
    }
    if (!rc) {
        dev->msix_held = hold;
        unguard_table(dev);
    }
    pci_unlock_devices();
    return rc;
}

long physdev_op_prepare_msix(struct physdev_pci_device *arg)
{
    return hold_msix(arg, true);
}

long physdev_op_release_msix(struct physdev_pci_device *arg)
{
    return hold_msix(arg, false);
}
