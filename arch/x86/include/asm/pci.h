/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space of the host by mechanism 1: an address port and a data port. */
#ifndef ASM_PCI_H
#define ASM_PCI_H

#include <hv/compiler.h>
#include <hv/frame.h>

#define PCI_ADDRESS_PORT   0xcf8
#define PCI_DATA_PORT      0xcfc
#define PCI_ADDRESS_ENABLE (1U << 31)

/* 1, 2 or 4 bytes that lie in one word; address: enable bit, bus, device, function, register. Any
 * context. */
uint32_t pci_cfg1_read(uint32_t address, unsigned int bytes);
void pci_cfg1_write(uint32_t address, unsigned int bytes, uint32_t val);

/*
 * Configuration space in memory. Guests map it read-only from pci_ecam_guard() on: 0 or -ENOMEM;
 * after acpi_init(), before there are guests.
 */
int pci_ecam_guard(void) __init __must_check;
/*
 * The hardware domain writes 1, 2 or 4 bytes there: done, or dropped when they are a message of the
 * hypervisor's. False: no configuration space is there. Process context.
 */
bool pci_ecam_write(maddr_t at, unsigned int bytes, uint32_t val);

#endif
