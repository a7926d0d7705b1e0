/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The DMAR table (VT-d 3.3, ch. 8): which units there are, which functions are behind each, and
 * what memory firmware keeps devices reaching. A mistake is named. One in a unit's entry has the
 * table refused as a whole: a unit too few would leave devices unguarded that look guarded. One in
 * a reserved region's loses that region, for the devices that the mistake hides.
 *
 * Address translation services (ATSR) are not used, so that no device answers for what it caches;
 * affinities (RHSA) and namespace devices change nothing here.
 *
 * Start-up, one CPU; the list of scopes is read-only afterwards.
 */
#include <hv/lib.h>

#include "acpi.h"

#define DMAR_HEADER 48
enum { DMAR_DRHD, DMAR_RMRR, DMAR_ATSR, DMAR_RHSA, DMAR_ANDD };
#define DRHD_ALL         1U
#define MAX_ADDRESS_BITS 52
#define MAX_REGION       (16UL << 30) /* more than any device has work in */

struct dmar_sub {
    uint16_t type, length;
} __packed;

struct drhd {
    struct dmar_sub sub;
    uint8_t flags, size;
    uint16_t segment;
    uint64_t registers;
} __packed;
_Static_assert(sizeof(struct drhd) == 16, "8.3");

struct rmrr {
    struct dmar_sub sub;
    uint16_t reserved, segment;
    uint64_t first, last;
} __packed;
_Static_assert(sizeof(struct rmrr) == 24, "8.4");

enum { SCOPE_ENDPOINT = 1, SCOPE_BRIDGE, SCOPE_IOAPIC, SCOPE_HPET, SCOPE_NAMESPACE };
struct scope {
    uint8_t type, length;
    uint16_t reserved;
    uint8_t id, bus;
    uint8_t path[][2]; /* device, function */
} __packed;
#define SCOPE_HEAD 6

#define PCI_SECONDARY_BUS   0x19
#define PCI_SUBORDINATE_BUS 0x1a

static DEFINE_LIST(scopes);

static struct vtd_scope *__init new_scope(struct iommu_unit *u)
{
    struct vtd_scope *s = xzalloc(struct vtd_scope);

    if (s) {
        s->unit = u;
        list_add_tail(&s->link, &scopes);
    }
    return s;
}

static void __init forget_scopes(void)
{
    struct vtd_scope *s, *next;

    list_for_each_safe (s, next, &scopes, link) {
        list_del(&s->link);
        xfree(s);
    }
}

/* Each scope of an entry; fn says 0 to go on. */
static int __init for_each_scope(const uint8_t *at, const uint8_t *end,
                                 int (*fn)(const struct scope *s, unsigned int depth, void *data),
                                 void *data)
{
    int rc = 0;

    while (!rc && at < end) {
        const struct scope *s = (const struct scope *)at;

        if (end - at < SCOPE_HEAD || s->length < SCOPE_HEAD + 2 || s->length > end - at ||
            s->length % 2) {
            printk(XENLOG_ERR "VT-d: a device scope has a wrong length\n");
            return -EINVAL;
        }
        rc = fn(s, (s->length - SCOPE_HEAD) / 2U, data);
        at += s->length;
    }
    return rc;
}

int __init vtd_scope_all(struct iommu_unit *u)
{
    struct vtd_scope *s;

    list_for_each (s, &scopes, link) {
        if (s->all && s->unit->segment == u->segment) {
            s->unit = u;
            return 0;
        }
    }
    s = new_scope(u);
    if (!s) {
        return -ENOMEM;
    }
    s->all = true;
    return 0;
}

/* A path leads from bridge to bridge, whose buses firmware has numbered. */
static int __init resolve(const struct scope *s, unsigned int depth, uint16_t segment,
                          struct pci_address *a)
{
    *a = (struct pci_address){ segment, s->bus, 0 };
    for (unsigned int i = 0; i < depth; i++) {
        if (s->path[i][0] > 31 || s->path[i][1] > 7) {
            printk(XENLOG_ERR "VT-d: a device scope names device %u function %u\n", s->path[i][0],
                   s->path[i][1]);
            return -EINVAL;
        }
        if (i) {
            a->bus = (uint8_t)pci_read(*a, PCI_SECONDARY_BUS, 1);
        }
        a->devfn = PCI_DEVFN(s->path[i][0], s->path[i][1]);
    }
    return 0;
}

static int __init drhd_scope(const struct scope *s, unsigned int depth, void *data)
{
    struct iommu_unit *u = data;
    struct pci_address device;
    struct vtd_scope *new;
    int rc;

    if (s->type != SCOPE_ENDPOINT && s->type != SCOPE_BRIDGE) {
        return 0; /* interrupt sources, and devices that are not on PCI */
    }
    rc = resolve(s, depth, u->segment, &device);
    if (rc) {
        return rc;
    }
    new = new_scope(u);
    if (!new) {
        return -ENOMEM;
    }
    new->device = device;
    new->below = s->type == SCOPE_BRIDGE;
    return 0;
}

/* The unit of an entry: one that another entry has named is not made ready twice. */
static int __init unit_of(const struct drhd *d, struct iommu_unit **u)
{
    for (unsigned int i = 0; i < iommu_nr_units; i++) {
        *u = iommu_units[i];
        if (maddr_x((*u)->registers) != d->registers) {
            continue;
        }
        printk(XENLOG_WARNING "VT-d: DMAR names the unit at %#lx twice\n", d->registers);
        return (*u)->segment == d->segment ? 0 : -EINVAL;
    }
    return vtd_unit_init(d->segment, _maddr(d->registers), u);
}

static int __init read_drhd(const struct drhd *d)
{
    struct iommu_unit *u;
    int rc;

    if (d->sub.length < sizeof(*d) || !d->registers || (d->registers & ~PAGE_MASK)) {
        printk(XENLOG_ERR "VT-d: DMAR: a unit at %#lx, of %u bytes\n",
               d->sub.length < sizeof(*d) ? 0 : d->registers, d->sub.length);
        return -EINVAL;
    }
    rc = unit_of(d, &u);
    if (rc) {
        return rc;
    }
    rc = d->flags & DRHD_ALL ? vtd_scope_all(u) : 0;
    if (rc) {
        return rc;
    }
    return for_each_scope((const uint8_t *)(d + 1), (const uint8_t *)d + d->sub.length, drhd_scope,
                          u);
}

static int __init rmrr_scope(const struct scope *s, unsigned int depth, void *data)
{
    const struct rmrr *r = data;
    struct pci_address a;

    if ((s->type != SCOPE_ENDPOINT && s->type != SCOPE_BRIDGE) ||
        resolve(s, depth, r->segment, &a)) {
        return 0;
    }
    return iommu_reserved_add(a, maddr_to_mfn(_maddr(r->first)), maddr_to_mfn(_maddr(r->last)),
                              IOMMU_READ | IOMMU_WRITE);
}

static int __init read_rmrr(struct rmrr *r)
{
    int rc;

    if (r->sub.length < sizeof(*r) || (r->first & ~PAGE_MASK) || (~r->last & ~PAGE_MASK) ||
        r->last < r->first || r->last >> MAX_ADDRESS_BITS || r->last - r->first > MAX_REGION) {
        printk(XENLOG_WARNING "VT-d: DMAR: a reserved region of %u bytes, %#lx to %#lx: ignored\n",
               r->sub.length, r->sub.length < sizeof(*r) ? 0 : r->first,
               r->sub.length < sizeof(*r) ? 0 : r->last);
        return 0;
    }
    rc = for_each_scope((const uint8_t *)(r + 1), (const uint8_t *)r + r->sub.length, rmrr_scope,
                        r);
    return rc == -EINVAL ? 0 : rc;
}

static int __init read_entry(struct dmar_sub *sub)
{
    switch (sub->type) {
    case DMAR_DRHD:
        return read_drhd((struct drhd *)sub);
    case DMAR_RMRR:
        return read_rmrr((struct rmrr *)sub);
    default:
        return 0;
    }
}

/* Entries' lengths first, so that no unit is touched for a table that ends in the middle. */
static bool __init lengths_fit(uint8_t *table, size_t len)
{
    size_t at = DMAR_HEADER;

    while (at < len) {
        const struct dmar_sub *sub = (const struct dmar_sub *)(table + at);

        if (len - at < sizeof(*sub) || sub->length < sizeof(*sub) || sub->length > len - at) {
            printk(XENLOG_ERR "VT-d: DMAR: the entry at offset %lu has a wrong length\n", at);
            return false;
        }
        at += sub->length;
    }
    return at == len && len > DMAR_HEADER;
}

int __init vtd_read_dmar(void *data, size_t len)
{
    uint8_t *table = data;
    int rc = 0;

    forget_scopes();
    if (!lengths_fit(table, len)) {
        return -EINVAL;
    }
    for (size_t at = DMAR_HEADER; !rc && at < len;
         at += ((struct dmar_sub *)(table + at))->length) {
        rc = read_entry((struct dmar_sub *)(table + at));
    }
    if (!rc && !iommu_nr_units) {
        rc = -ENODEV;
    }
    if (!rc && !vtd_units_agree()) {
        rc = -EOPNOTSUPP;
    }
    if (!rc) {
        vtd_format_init(iommu_options.snoop);
    }
    return rc;
}

int __init vtd_probe(void)
{
    size_t len;
    void *table = acpi_iommu_table("DMAR", &len);

    return table ? vtd_read_dmar(table, len) : -ENODEV;
}

/* Behind the scope's bridge: on one of the buses that it leads to. */
static bool is_below(struct pci_address a, struct pci_address bridge)
{
    return a.bus >= pci_read(bridge, PCI_SECONDARY_BUS, 1) &&
           a.bus <= pci_read(bridge, PCI_SUBORDINATE_BUS, 1);
}

struct iommu_unit *vtd_find(struct pci_address a)
{
    struct iommu_unit *rest = NULL;
    const struct vtd_scope *s;

    list_for_each (s, &scopes, link) {
        if (s->unit->segment != a.segment) {
            continue;
        }
        if (s->all) {
            rest = s->unit;
        } else if (pci_address_eq(s->device, a) || (s->below && is_below(a, s->device))) {
            return s->unit;
        }
    }
    return rest;
}
