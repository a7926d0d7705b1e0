/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev_op's part on interrupts: how a domain's kernel gets pirqs, serves them, and tells what
 * ACPI says of a line. Locks: the event lock of the domain whose table changes.
 */
#include <hv/arch/guest-frame.h>
#include <hv/arch/iommu.h>
#include <hv/evtchn.h>
#include <hv/guest-access.h>
#include <hv/iommu.h>
#include <hv/rangeset.h>
#include <public/physdev.h>
#include <gen/physdev_op-dispatch.h>
#include <asm/msi.h>

#include "pirq.h"

long physdev_op_irq_status_query(struct physdev_irq_status_query *arg)
{
    struct domain *d = current->domain;

    if (arg->irq >= d->arch.pirqs->nr) {
        return -EINVAL;
    }
    /* A guest that does not look at the page of bits asks for each end, to be safe. */
    arg->flags = XENIRQSTAT_needs_eoi;
    if (pirq_is_shared(d, arg->irq)) {
        arg->flags |= XENIRQSTAT_shared;
    }
    return 0;
}

long physdev_op_eoi(struct physdev_eoi *arg)
{
    struct domain *d = current->domain;
    int rc = pirq_eoi(d, arg->irq);

    if (!rc && d->arch.pirqs->unmask_at_eoi) {
        uint32_t port = READ_ONCE(pirq_find(d, arg->irq)->port);

        if (port) {
            evtchn_unmask_pirq(d, port);
        }
    }
    return rc;
}

static long set_eoi_page(uint64_t gmfn, bool unmask)
{
    struct domain *d = current->domain;
    struct pirq_table *t = d->arch.pirqs;
    long rc = -EBUSY;
    void *va;

    spin_lock(&d->evtchn.lock);
    if (t->eoi_page) {
        goto unlock;
    }
    rc = map_guest_frame(d, _gfn(gmfn), &t->eoi_page, &va);
    if (rc) {
        t->eoi_page = NULL;
        goto unlock;
    }
    t->unmask_at_eoi = unmask;
    smp_store_release(&t->eoi_map, va);
unlock:
    spin_unlock(&d->evtchn.lock);
    return rc;
}

long physdev_op_pirq_eoi_gmfn_v1(struct physdev_pirq_eoi_gmfn *arg)
{
    return set_eoi_page(arg->gmfn, true);
}

long physdev_op_pirq_eoi_gmfn_v2(struct physdev_pirq_eoi_gmfn *arg)
{
    return set_eoi_page(arg->gmfn, false);
}

void pirq_domain_relinquish(struct domain *d)
{
    struct pirq_table *t = d->arch.pirqs;

    if (t && t->eoi_page) {
        t->eoi_map = NULL;
        unmap_guest_frame(t->eoi_page);
        t->eoi_page = NULL;
    }
    for (unsigned int i = 0; t && i < t->nr; i++) {
        int irq = t->pirq[i].irq;

        if (irq >= (int)nr_irqs_gsi) {
            t->pirq[i].irq = NO_IRQ;
            msi_delete((unsigned int)irq);
        }
    }
}

long physdev_op_setup_gsi(struct physdev_setup_gsi *arg)
{
    return arg->gsi < 0 ? -EINVAL
                        : irq_set_trigger((unsigned int)arg->gsi, arg->triggering, arg->polarity);
}

static int free_pirq(const struct domain *d)
{
    const struct pirq_table *t = d->arch.pirqs;

    for (unsigned int i = nr_irqs_gsi; i < t->nr; i++) {
        if (t->pirq[i].irq == NO_IRQ) {
            return (int)i;
        }
    }
    return -ENOSPC;
}

/* Does another of d's numbers stand for it? */
static bool irq_is_mapped(const struct domain *d, unsigned int irq)
{
    const struct pirq_table *t = d->arch.pirqs;

    for (unsigned int i = 0; i < t->nr; i++) {
        if (t->pirq[i].irq == (int)irq) {
            return true;
        }
    }
    return false;
}

/* d's pirq becomes line irq, and d has the right to that line. Event lock. */
static int map_line(struct domain *d, uint32_t pirq, unsigned int irq)
{
    struct pirq *p = pirq_find(d, pirq);
    int rc;

    /* A dying domain has given its lines back, or does so once it has our lock. */
    if (!p || d->dying) {
        return -EINVAL;
    }
    if (p->irq == (int)irq) {
        return 0;
    }
    if (p->irq != NO_IRQ || irq_is_mapped(d, irq)) {
        return -EEXIST;
    }
    rc = rangeset_add(d->irq_caps, irq, irq);
    if (!rc) {
        p->irq = (int16_t)irq;
    }
    /* Who has an interrupt has a device, perhaps without an IOMMU. */
    if (!rc && !is_hardware_domain(d)) {
        arch_iommu_device_given();
    }
    return rc;
}

static long map_gsi(struct domain *d, struct physdev_map_pirq *arg)
{
    unsigned int irq = (unsigned int)arg->index;
    int pirq = arg->pirq;
    long rc;

    if (arg->index < 0 || irq >= nr_irqs_gsi) {
        return -EINVAL;
    }
    /* One gives what one has. */
    if (!rangeset_contains(current->domain->irq_caps, irq, irq)) {
        return -EPERM;
    }
    spin_lock(&d->evtchn.lock);
    if (pirq < 0) {
        pirq = irq < d->arch.pirqs->nr ? (int)irq : free_pirq(d);
    }
    rc = pirq < 0 ? pirq : map_line(d, (uint32_t)pirq, irq);
    if (!rc) {
        arg->pirq = pirq;
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}

/* Messages are devices', and devices are the hardware domain's: it alone may give one. */
static long map_message(struct domain *d, struct physdev_map_pirq *arg)
{
    struct msi_request r = { .bus = (uint8_t)arg->bus,
                             .devfn = (uint8_t)arg->devfn,
                             .owner = iommu_enabled ? d : hardware_domain,
                             .msix = arg->table_base != 0,
                             .entry = (unsigned int)arg->entry_nr };
    int pirq = arg->pirq, irq;
    long rc;

    if (!is_hardware_domain(current->domain)) {
        return -EPERM;
    }
    if (arg->index != -1 || (r.msix && (arg->entry_nr < 0 || arg->entry_nr > 0xffff))) {
        return -EINVAL;
    }
    r.segment = arg->type == MAP_PIRQ_TYPE_MSI ? 0 : (uint16_t)((uint32_t)arg->bus >> 16);
    irq = msi_new(&r);
    if (irq < 0) {
        return irq;
    }
    spin_lock(&d->evtchn.lock);
    if (pirq < 0) {
        pirq = free_pirq(d);
    }
    rc = pirq < 0 ? pirq : map_line(d, (uint32_t)pirq, (unsigned int)irq);
    spin_unlock(&d->evtchn.lock);
    if (rc) {
        msi_delete((unsigned int)irq);
    } else {
        arg->pirq = pirq;
    }
    return rc;
}

/* Several messages of one device would want their vectors in one row: the guest takes one. */
static long map_messages(struct domain *d, struct physdev_map_pirq *arg)
{
    int nr = arg->entry_nr;
    long rc;

    if (nr <= 0 || nr > 32) {
        return -EDOM;
    }
    if (nr > 1) {
        return -EOPNOTSUPP;
    }
    arg->entry_nr = 0;
    arg->table_base = 0;
    rc = map_message(d, arg);
    arg->entry_nr = nr;
    return rc;
}

long physdev_op_map_pirq(struct domain *d, struct physdev_map_pirq *arg)
{
    switch (arg->type) {
    case MAP_PIRQ_TYPE_GSI:
        return map_gsi(d, arg);
    case MAP_PIRQ_TYPE_MSI:
    case MAP_PIRQ_TYPE_MSI_SEG:
        return map_message(d, arg);
    case MAP_PIRQ_TYPE_MULTI_MSI:
        return map_messages(d, arg);
    default:
        return -EINVAL;
    }
}

long physdev_op_unmap_pirq(struct domain *d, struct physdev_unmap_pirq *arg)
{
    int irq = NO_IRQ;
    struct pirq *p;
    long rc = 0;

    spin_lock(&d->evtchn.lock);
    p = arg->pirq < 0 ? NULL : pirq_find(d, (uint32_t)arg->pirq);
    if (!p || p->irq == NO_IRQ) {
        rc = -EINVAL;
    } else if (p->port) {
        rc = -EBUSY;
    } else {
        /* The right came with the number and goes with it. */
        rc = rangeset_remove(d->irq_caps, (unsigned int)p->irq, (unsigned int)p->irq);
        if (!rc) {
            irq = p->irq;
            p->irq = NO_IRQ;
        }
    }
    spin_unlock(&d->evtchn.lock);
    if (irq >= (int)nr_irqs_gsi) {
        msi_delete((unsigned int)irq);
    }
    return rc;
}

long physdev_op_get_free_pirq(struct physdev_get_free_pirq *arg)
{
    struct domain *d = current->domain;
    int pirq;

    spin_lock(&d->evtchn.lock);
    pirq = free_pirq(d);
    spin_unlock(&d->evtchn.lock);
    if (pirq < 0) {
        return pirq;
    }
    arg->pirq = (uint32_t)pirq;
    return 0;
}

/* Vectors are the hypervisor's own business: the guest is given a number to call it by. */
long physdev_op_alloc_irq_vector(struct physdev_irq *arg)
{
    arg->vector = arg->irq;
    return 0;
}

long physdev_op_apic_read(struct physdev_apic *arg)
{
    return ioapic_read_register(_maddr(arg->apic_physbase), arg->reg, &arg->value);
}
