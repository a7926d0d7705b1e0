/* SPDX-License-Identifier: GPL-2.0-only */
/* The version that guests and tools are given: xen-version=. */
#ifndef HV_VERSION_H
#define HV_VERSION_H

#include <hv/compiler.h>

/* major << 16 | minor, as XENVER_version and CPUID give it. Set once, by the command line. */
extern uint32_t abi_version;

#endif
