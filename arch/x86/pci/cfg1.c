/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's configuration ports: address and data are two accesses, which a lock keeps together.
 */
#include <hv/lock.h>
#include <asm/io.h>
#include <asm/pci.h>

static DEFINE_IRQLOCK(cfg1_lock, RANK_PCI_CFG);

uint32_t pci_cfg1_read(uint32_t address, unsigned int bytes)
{
    uint16_t port = (uint16_t)(PCI_DATA_PORT + (address & 3));
    unsigned long flags = irq_lock(&cfg1_lock);
    uint32_t val;

    outl(address & ~3U, PCI_ADDRESS_PORT);
    val = bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
    irq_unlock(&cfg1_lock, flags);
    return val;
}

void pci_cfg1_write(uint32_t address, unsigned int bytes, uint32_t val)
{
    uint16_t port = (uint16_t)(PCI_DATA_PORT + (address & 3));
    unsigned long flags = irq_lock(&cfg1_lock);

    outl(address & ~3U, PCI_ADDRESS_PORT);
    switch (bytes) {
    case 1:
        outb((uint8_t)val, port);
        break;
    case 2:
        outw((uint16_t)val, port);
        break;
    default:
        outl(val, port);
        break;
    }
    irq_unlock(&cfg1_lock, flags);
}
