/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules that the core chooses from. */
#ifndef XSM_INTERNAL_H
#define XSM_INTERNAL_H

#include <hv/xsm.h>

extern const struct xsm_ops xsm_dummy;

#endif
