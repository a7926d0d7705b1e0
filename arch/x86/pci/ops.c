/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev_op's small part on PCI: what the hardware domain says of MMCFG areas, and of the debug
 * port's controller, which the hypervisor has no driver for. No state, no locks.
 */
#include <gen/physdev_op-dispatch.h>
#include <hv/acpi.h>
#include <hv/lib.h>

/* ACPI says where the areas are (ecam.c); what the guest has found is compared with that. */
long physdev_op_pci_mmcfg_reserved(struct physdev_pci_mmcfg_reserved *arg)
{
    if (arg->flags & ~XEN_PCI_MMCFG_RESERVED) {
        return -EINVAL;
    }
    for (unsigned int i = 0; i < acpi_info.nr_ecams; i++) {
        const struct acpi_ecam *e = &acpi_info.ecams[i];

        if (e->segment != arg->segment || e->first_bus != arg->start_bus ||
            e->last_bus != arg->end_bus) {
            continue;
        }
        return maddr_x(e->base) == arg->address ? 0 : -EIO;
    }
    return -ENODEV;
}

long physdev_op_dbgp_op(struct physdev_dbgp_op *arg)
{
    return 0;
}
