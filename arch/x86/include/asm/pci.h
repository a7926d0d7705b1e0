/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space of the host by mechanism 1: an address port and a data port. */
#ifndef ASM_PCI_H
#define ASM_PCI_H

#include <hv/compiler.h>

#define PCI_ADDRESS_PORT   0xcf8
#define PCI_DATA_PORT      0xcfc
#define PCI_ADDRESS_ENABLE (1U << 31)

/* 1, 2 or 4 bytes that lie in one word; address: enable bit, bus, device, function, register. Any
 * context. */
uint32_t pci_cfg1_read(uint32_t address, unsigned int bytes);
void pci_cfg1_write(uint32_t address, unsigned int bytes, uint32_t val);

#endif
