/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which access-control module decides: `xsm=NAME`, dummy where nothing is said.
 *
 * Invariant: xsm_active always names a module, and does not change once start-up is over.
 * Locks: none. Called by the command-line parser.
 */
#include <hv/lib.h>
#include <hv/param.h>

#include "internal.h"

static const struct xsm_ops *const modules[] = { &xsm_dummy };

const struct xsm_ops *xsm_active __ro_after_init = &xsm_dummy;

static int __init xsm_choose(const char *name, const struct xsm_ops **chosen)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(modules); i++) {
        if (!strcmp(name, modules[i]->name)) {
            *chosen = modules[i];
            return 0;
        }
    }
    return -EINVAL;
}
custom_param("xsm", xsm_choose, xsm_active);
