/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where functions are: behind which bridges, and by what requester ids their accesses arrive. What
 * a function is, is asked of it once, when it is reported, while it is the hardware domain's (I29):
 * the caller keeps the answer. No state but pci-phantom=, no locks.
 */
#include <hv/init.h>
#include <hv/lib.h>
#include <hv/param.h>

#include "topology.h"

#define PCI_HEADER_TYPE     0x0e
#define PCI_HEADER_BRIDGE   1U
#define PCI_HEADER_CARDBUS  2U
#define PCI_SECONDARY_BUS   0x19
#define PCI_SUBORDINATE_BUS 0x1a
#define PCI_STATUS          0x06
#define PCI_STATUS_CAPS     0x10U
#define PCI_FIRST_CAP       0x34
#define PCI_CAP_EXPRESS     0x10U
#define EXPRESS_FLAGS       2
#define EXPRESS_TYPE(flags) ((flags) >> 4 & 0xfU)
#define EXPRESS_TO_PCI      7U
#define PCI_TO_EXPRESS      8U
#define MAX_CAPS            48
#define MAX_DEPTH           32 /* of bridges behind each other */

/* The Express capability's type of port, -1: a function of conventional PCI. */
static int express_type(struct pci_address a)
{
    uint32_t at;

    if (!(pci_read(a, PCI_STATUS, 2) & PCI_STATUS_CAPS)) {
        return -1;
    }
    at = pci_read(a, PCI_FIRST_CAP, 1) & 0xfc;
    for (unsigned int i = 0; i < MAX_CAPS && at >= 0x40; i++) {
        uint32_t head = pci_read(a, at, 2);

        if ((head & 0xff) == PCI_CAP_EXPRESS) {
            return (int)EXPRESS_TYPE(pci_read(a, at + EXPRESS_FLAGS, 2));
        }
        at = (head >> 8) & 0xfc;
    }
    return -1;
}

enum iommu_bridge iommu_bridge_kind(struct pci_address a)
{
    uint32_t header = pci_read(a, PCI_HEADER_TYPE, 1) & 0x7f;
    int type;

    if (header == PCI_HEADER_CARDBUS) {
        return BRIDGE_OWN_ID;
    }
    if (header != PCI_HEADER_BRIDGE) {
        return BRIDGE_NONE;
    }
    type = express_type(a);
    if (type == (int)EXPRESS_TO_PCI) {
        return BRIDGE_BUS_ID;
    }
    return type < 0 || type == (int)PCI_TO_EXPRESS ? BRIDGE_OWN_ID : BRIDGE_PORT;
}

uint8_t iommu_bridge_secondary(struct pci_address bridge)
{
    return (uint8_t)pci_read(bridge, PCI_SECONDARY_BUS, 1);
}

bool iommu_bridge_leads_to(struct pci_address bridge, uint8_t bus)
{
    return bus >= iommu_bridge_secondary(bridge) && bus <= pci_read(bridge, PCI_SUBORDINATE_BUS, 1);
}

/*
 * PCI Express to PCI Bridge 1.0, 2.3: such a bridge puts its secondary bus's id in place of those
 * behind it, others their own. The bridge nearest the root has the last word.
 */
uint16_t iommu_requester_alias(struct pci_address a,
                               bool (*above)(struct pci_address a, struct iommu_hop *hop))
{
    uint16_t alias = pci_source(a);
    struct iommu_hop hop;

    for (unsigned int i = 0; i < MAX_DEPTH && above(a, &hop); i++) {
        if (hop.kind == BRIDGE_BUS_ID) {
            alias = (uint16_t)(a.bus << 8);
        } else if (hop.kind == BRIDGE_OWN_ID) {
            alias = pci_source(hop.address);
        }
        a = hop.address;
    }
    return alias;
}

bool __init iommu_hop_by_scan(struct pci_address a, struct iommu_hop *hop)
{
    /* A bridge's own bus has a lower number than those that it leads to. */
    for (unsigned int at = 0; at < (unsigned int)a.bus << 8; at++) {
        *hop = (struct iommu_hop){ .address = { a.segment, (uint8_t)(at >> 8), (uint8_t)at } };
        hop->kind = iommu_bridge_kind(hop->address);
        if (hop->kind != BRIDGE_NONE && iommu_bridge_secondary(hop->address) == a.bus) {
            return true;
        }
    }
    return false;
}

#define MAX_PHANTOMS 8

static struct phantoms {
    unsigned int nr;
    struct phantom {
        uint16_t segment;
        uint8_t bus, slot, stride;
    } function[MAX_PHANTOMS];
} phantoms __ro_after_init;

unsigned int iommu_phantom_stride(struct pci_address a)
{
    for (unsigned int i = 0; i < phantoms.nr; i++) {
        const struct phantom *p = &phantoms.function[i];

        if (p->segment == a.segment && p->bus == a.bus && p->slot == a.devfn >> 3) {
            return p->stride;
        }
    }
    return 0;
}

/* A hexadecimal number that ends with `end`. */
static bool __init number(const char **s, char end, uint64_t most, uint64_t *val)
{
    if (parse_number(*s, s, 16, most, val) || **s != end) {
        return false;
    }
    *s += end != '\0';
    return true;
}

/* pci-phantom=[SEGMENT:]BUS:DEVICE,STRIDE, in hexadecimal; may be given several times. */
static int __init parse_phantom(const char *s, struct phantoms *to)
{
    const char *colon = strchr(s, ':');
    bool segment_given = colon && strchr(colon + 1, ':');
    uint64_t segment = 0, bus, slot, stride;

    if ((segment_given && !number(&s, ':', 0xffff, &segment)) || !number(&s, ':', 0xff, &bus) ||
        !number(&s, ',', 0x1f, &slot) || !number(&s, '\0', 4, &stride) ||
        (stride != 1 && stride != 2 && stride != 4)) {
        return -EINVAL;
    }
    if (to->nr == MAX_PHANTOMS) {
        return -ENOSPC;
    }
    to->function[to->nr++] = (struct phantom){ (uint16_t)segment, (uint8_t)bus, (uint8_t)slot,
                                               (uint8_t)stride };
    return 0;
}
custom_param("pci-phantom", parse_phantom, phantoms);
