/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First header of every hypervisor translation unit (given by -include): the configuration, and
 * hidden visibility for all symbols, so that position-independent code never goes through a GOT.
 */
#ifndef HV_CONFIG_H
#define HV_CONFIG_H

#include <gen/autoconf.h>

/* The ABI's hypervisor-side view: control interfaces, newest layouts. */
#define __XEN_TOOLS__ 1

#pragma GCC visibility push(hidden)

#include <hv/compiler.h>

#endif
