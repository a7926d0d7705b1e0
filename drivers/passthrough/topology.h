/* SPDX-License-Identifier: GPL-2.0-only */
/* Bridges, and what they make of the requester ids behind them: what device.c asks topology.c. */
#ifndef PASSTHROUGH_TOPOLOGY_H
#define PASSTHROUGH_TOPOLOGY_H

#include "private.h"

enum iommu_bridge {
    BRIDGE_NONE,
    BRIDGE_PORT,   /* of PCI Express: ids pass as they are */
    BRIDGE_OWN_ID, /* puts its own id in the place of those behind it */
    BRIDGE_BUS_ID, /* puts its secondary bus's in their place */
};

/* A function's kind, as its registers say now. */
enum iommu_bridge iommu_bridge_kind(struct pci_address a);
/* Does a bridge lead to that bus, perhaps by others behind it? */
bool iommu_bridge_leads_to(struct pci_address bridge, uint8_t bus);
uint8_t iommu_bridge_secondary(struct pci_address bridge);

/* A bridge on the way from a function to the root. */
struct iommu_hop {
    struct pci_address address;
    enum iommu_bridge kind;
};

/*
 * What a bridge to conventional PCI puts in the place of a's requester id; its own id without one.
 * above finds the bridge that leads to a function's bus, false: none.
 */
uint16_t iommu_requester_alias(struct pci_address a,
                               bool (*above)(struct pci_address a, struct iommu_hop *hop));
/* Start-up: such a bridge, as configuration space shows it, before it was reported. */
bool iommu_hop_by_scan(struct pci_address a, struct iommu_hop *hop) __init;

/* pci-phantom=: the step between the function numbers that a's requests may carry, 0: one alone. */
unsigned int iommu_phantom_stride(struct pci_address a);

#endif
