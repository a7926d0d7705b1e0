/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hardware dom0 may touch: all that the hypervisor does not drive itself. Start-up, one CPU.
 */
#include <hv/acpi.h>
#include <hv/iommu.h>
#include <hv/lib.h>
#include <hv/rangeset.h>
#include <hv/serial.h>
#include <asm/boot.h>
#include <asm/irq.h>
#include <asm/mmio-ro.h>
#include <asm/pci.h>
#include <asm/processor.h>

#include "build.h"

/* Ports of the PICs, the PIT, and configuration mechanism 1, which is emulated. */
static const struct {
    uint16_t first, last;
} own_ports[] __initconst = {
    { 0x20, 0x21 },
    { 0x40, 0x43 },
    { 0xa0, 0xa1 },
    { 0xcf8, 0xcff },
};

/* Writes to these are messages to local APICs (SDM vol. 3, 11.11.1). */
#define MSI_ADDRESSES      0xfee00000UL
#define MSI_ADDRESSES_SIZE 0x100000UL

static int __init give_ports(struct rangeset *ports)
{
    int rc = rangeset_add(ports, 0, 0xffff);

    for (unsigned int i = 0; !rc && i < ARRAY_SIZE(own_ports); i++) {
        rc = rangeset_remove(ports, own_ports[i].first, own_ports[i].last);
    }
    for (unsigned int port = 0; !rc && port < 0x10000; port += 8) {
        if (ns16550_owns_port(port, port + 7)) {
            rc = rangeset_remove(ports, port, port + 7);
        }
    }
    return rc;
}

static int __init take_frames(struct rangeset *mem, maddr_t ma, unsigned long count)
{
    unsigned long frame = mfn_x(maddr_to_mfn(ma));

    return rangeset_remove(mem, frame, frame + count - 1);
}

static int __init take_unit(mfn_t first, unsigned long nr, void *mem)
{
    return rangeset_remove(mem, mfn_x(first), mfn_x(first) + nr - 1);
}

/* Frames that are RAM need an owner's consent whatever this set says. */
static int __init give_memory(struct rangeset *mem)
{
    unsigned int bits = cpuid(0x80000008, 0).eax & 0xff;
    int rc = rangeset_add(mem, 0, (1UL << (bits - PAGE_SHIFT)) - 1);

    if (!rc) {
        rc = take_frames(mem, acpi_info.lapic_addr, 1);
    }
    if (!rc) {
        rc = take_frames(mem, _maddr(MSI_ADDRESSES), MSI_ADDRESSES_SIZE >> PAGE_SHIFT);
    }
    for (unsigned int i = 0; !rc && i < acpi_info.nr_ioapics; i++) {
        rc = take_frames(mem, acpi_info.ioapics[i].addr, 1);
    }
    if (!rc) {
        rc = iommu_for_each_register_range(take_unit, mem);
    }
    /* Low memory is dom0's to map, but for the code that starts CPUs, which it may read. */
    if (!rc && maddr_x(trampoline_maddr)) {
        rc = mmio_ro_add(maddr_to_mfn(trampoline_maddr), 1);
    }
    /* ACPI's own code reads the timer to find out whether it is there. */
    if (!rc && maddr_x(acpi_info.hpet)) {
        rc = mmio_ro_add(maddr_to_mfn(acpi_info.hpet), 1);
    }
    return rc ? rc : pci_ecam_guard();
}

int __init dom0_permissions(struct domain *d)
{
    int rc = give_ports(d->arch.ioport_caps);

    if (!rc) {
        rc = give_memory(d->iomem_caps);
    }
    if (!rc) {
        rc = rangeset_add(d->irq_caps, 1, nr_irqs_gsi - 1);
    }
    return rc;
}
