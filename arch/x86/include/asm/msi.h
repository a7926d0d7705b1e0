/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts by message (PCI 3.0, 6.8): MSI and MSI-X of devices on the list. Each is an irq number
 * from nr_irqs_gsi on, which irq.c gives a vector.
 */
#ifndef ASM_MSI_H
#define ASM_MSI_H

#include <hv/compiler.h>

struct domain;
struct pci_dev;

struct msi_request {
    uint16_t segment;
    uint8_t bus, devfn;
    struct domain *owner; /* who is to have it, and must have the device */
    bool msix;
    unsigned int entry; /* of the MSI-X table */
};

/*
 * Makes an irq of a device's message; it is masked where that can be, and has a vector. The number,
 * or -ENODEV the device is not registered or has no such capability, -EINVAL no such entry, -EEXIST
 * it is in use already, -EBUSY the device is held for another domain, -ENXIO its table cannot be
 * reached, -ENOSPC no number or vector left, -ENOMEM. Process context, no lock of ours.
 */
int msi_new(const struct msi_request *r) __must_check;
/* Undoes it; nobody has requested the irq. The same context. */
void msi_delete(unsigned int irq);

/* A message of the hypervisor's own, which no device on the list sends: its number, where it goes
 * and what it says; -ENOSPC. Start-up. */
int msi_new_own(uint32_t *address, uint32_t *data) __must_check;

/* For irq.c, under its lock or in interrupt context: where the message goes, and masking. */
void msi_route(unsigned int irq, uint8_t vector, uint32_t dest_apic);
void msi_mask(unsigned int irq, bool masked);

/* The device is about to leave the list, which is locked: its irqs stay, and fire no more. */
void msi_device_gone(struct pci_dev *dev);

/*
 * What the hardware domain may write to a register of a function: false when the write is to be
 * dropped, since it would change a message of ours; *val may lose bits. reg: 0 to 255.
 */
bool msi_config_write(uint8_t bus, uint8_t devfn, unsigned int reg, unsigned int bytes,
                      uint32_t *val);

#endif
