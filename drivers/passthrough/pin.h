/* SPDX-License-Identifier: GPL-2.0-only */
/* How often a context's domain has each foreign frame mapped for its devices. */
#ifndef PASSTHROUGH_PIN_H
#define PASSTHROUGH_PIN_H

#include <hv/frame.h>

struct iommu_pins {
    void *root; /* NULL: nothing was ever counted */
};

struct iommu_pin {
    uint32_t readers, writers;
};

/* The counts of a frame; with `make` they are there afterwards, or NULL: no memory. The caller
 * has the context's lock; what it gets holds until the pins are freed. */
struct iommu_pin *iommu_pin_find(struct iommu_pins *pins, mfn_t mfn, bool make) __must_check;
/* Frees some; true when none is left. */
bool iommu_pins_free_some(struct iommu_pins *pins, unsigned int budget);

#endif
