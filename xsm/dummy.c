/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dummy module: every hook's default class, looked up by its number.
 *
 * Invariant: it answers exactly what a build without CONFIG_XSM answers inline.
 * Locks: none. Called by the inline hooks through xsm_active.
 */
#include "internal.h"

#define CLASS(name, class) [XSM_HOOK_##name] = XSM_##class,

static const uint8_t class_of[XSM_HOOK_COUNT] = { XSM_HOOKS(CLASS) };

static int dummy_check(enum xsm_hook hook, const struct domain *source, const struct domain *target)
{
    return xsm_default(class_of[hook], source, target);
}

const struct xsm_ops xsm_dummy = { .name = "dummy", .check = dummy_check };
