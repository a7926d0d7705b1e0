/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access control. Every operation of the ABI names a hook (include/ops), and generated dispatch
 * asks it before anything of the operation has happened (I4); a handler asks by itself, under the
 * object's lock, where the row says so: xsm_<hook>(target) is 0 or -EPERM.
 *
 * Without CONFIG_XSM the hook's default class decides, inline: a class that lets everybody
 * through costs nothing. With it the module that was chosen at boot is asked; its `dummy` module
 * applies the same classes. Any context; a module takes no lock that a caller may hold.
 */
#ifndef HV_XSM_H
#define HV_XSM_H

#include <hv/domain.h>
#include <hv/errno.h>
#include <gen/xsm-enum.h>

/* Who may, by default. No target (NULL) stands for the calling domain itself. */
enum xsm_class {
    XSM_HOOK,    /* everybody */
    XSM_TARGET,  /* the domain itself, or one privileged over it */
    XSM_PRIV,    /* the control domain */
    XSM_XS_PRIV, /* the control domain, and xenstore's */
    XSM_DM_PRIV, /* the control domain, and the target's device model */
    XSM_OTHER    /* the handler decides by what it knows */
};

struct xsm_ops {
    const char *name; /* as in xsm=NAME */
    int (*check)(enum xsm_hook hook, const struct domain *source, const struct domain *target);
};

/* The default answer. */
static always_inline int xsm_default(enum xsm_class class, const struct domain *source,
                                     const struct domain *target)
{
    switch (class) {
    case XSM_HOOK:
    case XSM_OTHER:
        return 0;
    case XSM_TARGET:
        return !target || source == target || is_control_domain(source) ? 0 : -EPERM;
    case XSM_XS_PRIV:
        return is_control_domain(source) || source->is_xenstore ? 0 : -EPERM;
    case XSM_DM_PRIV: /* no domain is another's device model yet but the control domain */
    case XSM_PRIV:
        break;
    }
    return is_control_domain(source) ? 0 : -EPERM;
}

#ifdef CONFIG_XSM
extern const struct xsm_ops *xsm_active;

static always_inline int xsm_decide_for(enum xsm_hook hook, enum xsm_class class,
                                        const struct domain *source, const struct domain *target)
{
    return xsm_active->check(hook, source, target);
}
#else
static always_inline int xsm_decide_for(enum xsm_hook hook, enum xsm_class class,
                                        const struct domain *source, const struct domain *target)
{
    return xsm_default(class, source, target);
}
#endif

/* May the current domain? */
static always_inline int xsm_decide(enum xsm_hook hook, enum xsm_class class,
                                    const struct domain *target)
{
    return xsm_decide_for(hook, class, current->domain, target);
}

#include <gen/xsm-hooks.h>

#endif
