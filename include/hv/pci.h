/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI functions by their address, and their configuration registers, which the architecture reads.
 */
#ifndef HV_PCI_H
#define HV_PCI_H

#include <hv/compiler.h>

/* Segment, bus, device and function. */
struct pci_address {
    uint16_t segment;
    uint8_t bus, devfn;
};

#define PRI_pci         "%04x:%02x:%02x.%u"
#define PCI_ARGS(a)     (a).segment, (a).bus, (a).devfn >> 3, (a).devfn & 7U
#define PCI_DEVFN(d, f) ((uint8_t)((d) << 3 | (f)))

static inline bool pci_address_eq(struct pci_address a, struct pci_address b)
{
    return a.segment == b.segment && a.bus == b.bus && a.devfn == b.devfn;
}

/* What a function says its requests come from (PCI Express 3.0, 2.2.6.2): bus, device, function. */
static inline uint16_t pci_source(struct pci_address a)
{
    return (uint16_t)(a.bus << 8 | a.devfn);
}

/* Registers of a function, 1, 2 or 4 bytes; all ones where there is none, or beyond what the
 * architecture reaches. Any context but NMI. */
uint32_t pci_read(struct pci_address a, unsigned int reg, unsigned int bytes);
void pci_write(struct pci_address a, unsigned int reg, unsigned int bytes, uint32_t val);

#endif
