/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI functions that the hardware domain has registered: what device.c, msi.c and ops.c share. */
#ifndef PCI_DEVICE_H
#define PCI_DEVICE_H

#include <hv/compiler.h>
#include <hv/frame.h>
#include <hv/list.h>
#include <hv/pci.h>
#include <asm/pci.h>

struct pci_dev {
    struct list link;
    struct pci_address address;
    uint32_t node; /* XEN_INVALID_NODE_ID: firmware does not say */
    /* As the function said while it was the hardware domain's: it is not asked again (I29). */
    uint8_t msi, msix;     /* where the capabilities are; 0: none */
    uint32_t msi_control;  /* which registers the former has */
    maddr_t msix_table;    /* 0: not found */
    uint16_t msix_entries; /* of the table */

    uint16_t msi_vectors, msix_vectors; /* that are mapped */
    unsigned int msix_pages;            /* of the table that guests may not write */
    bool msix_held;                     /* prepare_msix: it counts as an entry that is mapped */
};

/* The list's lock is held around these, and while a device is used. */
void pci_lock_devices(void);
void pci_unlock_devices(void);
struct pci_dev *pci_find(struct pci_address a);

/* msi.c: what dev says of its capabilities is found out, or again: the hardware domain has it, and
 * nothing is mapped. */
void msi_look(struct pci_dev *dev);

#endif
