/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serial controllers on the PCI bus, found through configuration mechanism 1 before anything else
 * knows the bus. A controller is taken by its class (communication, serial); its first BAR is its
 * registers, in ports or in memory.
 */
#include <hv/lib.h>
#include <asm/pci.h>
#include "ns16550.h"

#define PCI_ID        0x00
#define PCI_COMMAND   0x04
#define PCI_CLASS     0x08
#define PCI_HEADER    0x0c
#define PCI_BAR0      0x10
#define PCI_INTERRUPT 0x3c

#define PCI_COMMAND_IO     0x1
#define PCI_COMMAND_MEM    0x2
#define PCI_CLASS_SERIAL   0x0700 /* upper half of the class register */
#define PCI_MULTI_FUNCTION (1u << 23)
#define BAR_IS_IO          0x1
#define BAR_IS_64          0x4

static uint32_t __init pci_read(uint32_t bdf, unsigned int reg)
{
    return pci_cfg1_read(PCI_ADDRESS_ENABLE | bdf << 8 | reg, 4);
}

static void __init pci_write(uint32_t bdf, unsigned int reg, uint32_t v)
{
    pci_cfg1_write(PCI_ADDRESS_ENABLE | bdf << 8 | reg, 4, v);
}

static bool __init take_device(uint32_t bdf, struct uart *u, bool *device_memory)
{
    uint32_t bar = pci_read(bdf, PCI_BAR0);
    uint32_t command = pci_read(bdf, PCI_COMMAND) & 0xffff;
    uint32_t line = pci_read(bdf, PCI_INTERRUPT) & 0xff;

    *device_memory = !(bar & BAR_IS_IO);
    if (bar & BAR_IS_IO) {
        u->config.base = bar & ~3u;
        command |= PCI_COMMAND_IO;
    } else {
        u->config.base = bar & ~15u;
        if (bar & BAR_IS_64) {
            u->config.base |= (uint64_t)pci_read(bdf, PCI_BAR0 + 4) << 32;
        }
        command |= PCI_COMMAND_MEM;
    }
    if (!u->config.base) {
        return false;
    }
    pci_write(bdf, PCI_COMMAND, command);
    if (!u->config.irq && line && line < 16) {
        u->config.irq = (uint16_t)line;
    }
    u->config.pci_bdf = bdf;
    return true;
}

bool __init uart_pci_find(struct uart *u, bool *device_memory)
{
    uint32_t wanted = u->config.pci_bdf;

    for (uint32_t bdf = 0; bdf < 0x10000; bdf++) {
        uint32_t id = pci_read(bdf, PCI_ID);

        if ((id & 0xffff) == 0xffff) {
            if (!(bdf & 7)) {
                bdf |= 7; /* no function 0, no other */
            }
            continue;
        }
        if ((wanted == UART_ANY_BDF ? pci_read(bdf, PCI_CLASS) >> 16 == PCI_CLASS_SERIAL
                                    : wanted == bdf) &&
            take_device(bdf, u, device_memory)) {
            return true;
        }
        if (!(bdf & 7) && !(pci_read(bdf, PCI_HEADER) & PCI_MULTI_FUNCTION)) {
            bdf |= 7;
        }
    }
    return false;
}
