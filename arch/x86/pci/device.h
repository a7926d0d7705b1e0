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
    uint32_t node;                      /* XEN_INVALID_NODE_ID: firmware does not say */
    uint8_t msi, msix;                  /* where the capabilities are; 0: none */
    uint16_t msi_vectors, msix_vectors; /* that are mapped */
    mfn_t msix_page;                    /* first frame of the MSI-X table, while there are any */
    unsigned int msix_pages;
    bool msix_held; /* prepare_msix: another domain will have it */
};

/* The list's lock is held around these, and while a device is used. */
void pci_lock_devices(void);
void pci_unlock_devices(void);
struct pci_dev *pci_find(struct pci_address a);

#endif
