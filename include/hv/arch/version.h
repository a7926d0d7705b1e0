/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/ owes to xen_version. */
#ifndef HV_ARCH_VERSION_H
#define HV_ARCH_VERSION_H

#include <hv/compiler.h>

struct domain;

/* Kinds of guests, as XENVER_capabilities says them. */
extern const char arch_capabilities[];
extern const unsigned long arch_hypervisor_start;
/* XENFEAT_* bits of this architecture for d. */
uint32_t arch_features(const struct domain *d);
/* The image's build id, NULL when it has none. */
const void *arch_build_id(unsigned int *len);

#endif
