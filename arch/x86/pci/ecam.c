/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration space in memory (PCI Express 3.0, 7.2.2): a page a function, as ACPI's MCFG places
 * them. The hardware domain reads it directly; what it writes comes here, since address and data of
 * the hypervisor's messages are among it.
 *
 * No state of its own. Locks: those of the ways to configuration space.
 */
#include <hv/acpi.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <asm/io.h>
#include <asm/mmio-ro.h>
#include <asm/msi.h>
#include <asm/pci.h>
#include "device.h"

#define FUNCTIONS_OF_A_BUS 256UL
#define CFG1_SIZE          256U

static unsigned long frames_of(const struct acpi_ecam *e)
{
    return (e->last_bus - e->first_bus + 1UL) * FUNCTIONS_OF_A_BUS;
}

/* The base is bus 0's, whichever the first is. */
static mfn_t first_frame(const struct acpi_ecam *e)
{
    return mfn_add(maddr_to_mfn(e->base), e->first_bus * FUNCTIONS_OF_A_BUS);
}

int __init pci_ecam_guard(void)
{
    int rc = 0;

    for (unsigned int i = 0; !rc && i < acpi_info.nr_ecams; i++) {
        const struct acpi_ecam *e = &acpi_info.ecams[i];

        rc = mmio_ro_add(first_frame(e), frames_of(e));
    }
    return rc;
}

/* The function whose page it is; false when it is none's. */
static bool find_function(mfn_t mfn, struct pci_address *a)
{
    for (unsigned int i = 0; i < acpi_info.nr_ecams; i++) {
        const struct acpi_ecam *e = &acpi_info.ecams[i];
        unsigned long n = mfn_x(mfn) - mfn_x(first_frame(e));

        if (mfn_x(mfn) >= mfn_x(first_frame(e)) && n < frames_of(e)) {
            *a = (struct pci_address){ .segment = e->segment,
                                       .bus = (uint8_t)(e->first_bus + n / FUNCTIONS_OF_A_BUS),
                                       .devfn = (uint8_t)n };
            return true;
        }
    }
    return false;
}

/* What mechanism 1 does not reach. A write that finds no room for its mapping is lost. */
static void write_mapped(maddr_t at, unsigned int bytes, uint32_t val)
{
    char *reg = ioremap(at, bytes);

    if (!reg) {
        printk(XENLOG_G_WARNING "PCI: no memory to write at %#lx\n", maddr_x(at));
        return;
    }
    switch (bytes) {
    case 1:
        *(volatile uint8_t *)reg = (uint8_t)val;
        break;
    case 2:
        *(volatile uint16_t *)reg = (uint16_t)val;
        break;
    default:
        mmio_write32(reg, val);
        break;
    }
    iounmap(reg);
}

bool pci_ecam_write(maddr_t at, unsigned int bytes, uint32_t val)
{
    unsigned int reg = (unsigned int)(maddr_x(at) & ~PAGE_MASK);
    struct pci_address a;

    if (!find_function(maddr_to_mfn(at), &a)) {
        return false;
    }
    /* The specification leaves accesses across words open. Messages are not written by them. */
    if ((reg & 3) + bytes > 4) {
        return true;
    }
    if (a.segment || reg >= CFG1_SIZE) {
        write_mapped(at, bytes, val);
    } else if (msi_config_write(a.bus, a.devfn, reg, bytes, &val)) {
        pci_write(a, reg, bytes, val);
    }
    return true;
}
