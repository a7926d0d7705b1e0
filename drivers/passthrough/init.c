/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start and end: the units of either kind are found and made ready, the hardware domain gets its
 * context, and only then are they switched on. What cannot be used as a whole is not used at all,
 * and the machine runs as one without units, unless `iommu=required` says otherwise.
 *
 * Start-up, one CPU; iommu_stop() when the machine ends.
 */
#include <hv/domain.h>
#include <hv/lib.h>

#include "private.h"

__ro_after_init bool iommu_enabled;
__ro_after_init struct iommu_unit *iommu_units[IOMMU_MAX_UNITS];
__ro_after_init unsigned int iommu_nr_units;
__ro_after_init struct iommu_limits iommu_limits = {
    .levels = 4,
    .largest = 3,
    .coherent = true,
    .domain_ids = 65536,
    .passthrough = true,
};

struct iommu_unit *__init iommu_unit_new(const struct iommu_driver *driver, uint16_t segment,
                                         maddr_t registers, size_t bytes)
{
    struct iommu_unit *u;

    if (iommu_nr_units == IOMMU_MAX_UNITS) {
        printk(XENLOG_ERR "IOMMU: more than %u units\n", IOMMU_MAX_UNITS);
        return NULL;
    }
    u = xzalloc(struct iommu_unit);
    if (!u) {
        return NULL;
    }
    u->index = iommu_nr_units;
    u->driver = driver;
    u->segment = segment;
    u->registers = registers;
    u->register_frames = 1;
    u->regs = ioremap(registers, bytes);
    if (!u->regs || iommu_faults_init(u)) {
        xfree(u);
        return NULL;
    }
    iommu_units[iommu_nr_units++] = u;
    return u;
}

void __init iommu_init(void)
{
    int rc = -ENODEV;

    if (iommu_options.enable) {
        rc = vtd_probe();
    }
    if (rc) {
        if (iommu_options.required) {
            panic("iommu=required: there is none that can be used\n");
        }
        if (rc != -ENODEV) {
            printk(XENLOG_ERR "IOMMU: not used (%d)\n", rc);
        }
        iommu_nr_units = 0;
        return;
    }
    if (!iommu_options.superpages) {
        iommu_limits.largest = 1;
    }
    iommu_enabled = true;
    iommu_devices_init();
    if (iommu_options.hwdom_passthrough && !iommu_limits.passthrough) {
        printk(XENLOG_WARNING "IOMMU: dom0-iommu=passthrough: not all units can, ignored\n");
    }
    printk(XENLOG_INFO "IOMMU: %s, %u units, %u levels, %u ids, mappings to %s%s\n",
           iommu_units[0]->driver->name, iommu_nr_units, iommu_limits.levels,
           iommu_limits.domain_ids,
           iommu_limits.largest == 3   ? "1 GiB"
           : iommu_limits.largest == 2 ? "2 MiB"
                                       : "4 KiB",
           iommu_limits.coherent ? "" : ", tables written back");
}

void __init iommu_start(struct domain *hwdom)
{
    if (!iommu_enabled) {
        return;
    }
    iommu_reserved_map(hwdom->iommu);
    iommu_reserved_attach(hwdom);
    for (unsigned int i = 0; i < iommu_nr_units; i++) {
        iommu_units[i]->driver->enable(iommu_units[i]);
        iommu_units[i]->on = true;
    }
    printk(XENLOG_INFO "IOMMU: on; dom0's devices reach %s\n",
           hwdom->iommu->identity        ? "everything"
           : iommu_domain_tracked(hwdom) ? "its own memory"
                                         : "all memory but the hypervisor's");
}

void iommu_stop(void)
{
    for (unsigned int i = 0; i < iommu_nr_units; i++) {
        if (iommu_units[i]->on) {
            iommu_units[i]->driver->disable(iommu_units[i]);
            iommu_units[i]->on = false;
        }
    }
}

int __init iommu_for_each_register_range(int (*fn)(mfn_t mfn, unsigned long frames, void *data),
                                         void *data)
{
    int rc = 0;

    for (unsigned int i = 0; !rc && i < iommu_nr_units; i++) {
        rc = fn(maddr_to_mfn(iommu_units[i]->registers), iommu_units[i]->register_frames, data);
    }
    return rc;
}
