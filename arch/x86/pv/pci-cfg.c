/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration mechanism 1 for PV guests (PCI 3.0, 3.2.2.3): the address register at 0xcf8 is
 * each domain's own, and an access to the data register at 0xcfc is done for the hardware domain,
 * under the lock that the hypervisor's own accesses take. For others there is no bus.
 * Where messages of the hypervisor's go is not for it to change.
 */
#include <hv/domain.h>
#include <asm/msi.h>
#include <asm/pci.h>
#include <asm/pv.h>
#include "emul.h"

bool pv_pci_port(unsigned int port, unsigned int bytes)
{
    return (port == PCI_ADDRESS_PORT && bytes == 4) ||
           (port >= PCI_DATA_PORT && port + bytes <= PCI_DATA_PORT + 4);
}

static bool reaches_bus(const struct domain *d)
{
    return is_hardware_domain(d) && (READ_ONCE(d->arch.pv.pci_address) & PCI_ADDRESS_ENABLE);
}

/* The register that an access to the data port means. */
static uint32_t register_at(const struct domain *d, unsigned int port)
{
    return (READ_ONCE(d->arch.pv.pci_address) & ~3U) | (port & 3);
}

uint32_t pv_pci_in(struct domain *d, unsigned int port, unsigned int bytes)
{
    if (port == PCI_ADDRESS_PORT) {
        return READ_ONCE(d->arch.pv.pci_address);
    }
    return reaches_bus(d) ? pci_cfg1_read(register_at(d, port), bytes) : ~0U >> (32 - 8 * bytes);
}

void pv_pci_out(struct domain *d, unsigned int port, unsigned int bytes, uint32_t val)
{
    if (port == PCI_ADDRESS_PORT) {
        WRITE_ONCE(d->arch.pv.pci_address, val);
    } else if (reaches_bus(d)) {
        uint32_t at = register_at(d, port);

        if (msi_config_write((uint8_t)(at >> 16), (uint8_t)(at >> 8), at & 0xff, bytes, &val)) {
            pci_cfg1_write(at, bytes, val);
        }
    }
}
