# SPDX-License-Identifier: GPL-2.0-only
"""xsm-enum.h and xsm-hooks.h: the hooks, their default classes, and an inline function for each."""

from . import schema, text


def all_hooks(tables):
    """The tables' hooks, and one for unknown commands of each control family."""
    hooks = dict(tables.hooks)
    for family in tables.families.values():
        if family.kind == "control":
            name = f"{family.name}_unknown"
            hooks[name] = schema.Hook(name, "priv", f"A {family.name} command that has no row")
    return dict(sorted(hooks.items()))


def enum_header(hooks):
    """Numbers, names and classes."""
    body = "enum xsm_hook {\n"
    body += "".join(f"    XSM_HOOK_{name}, /* {hook.doc} */\n" for name, hook in hooks.items())
    body += "    XSM_HOOK_COUNT\n};\n\n"
    body += "/* FN(name, class) for every hook, in the order of their numbers. */\n"
    body += "#define XSM_HOOKS(FN) \\\n"
    body += " \\\n".join(f"    FN({name}, {hook.default.upper()})" for name, hook in hooks.items())
    return text.guarded("xsm-enum.h", body + "\n", "Access-control hooks.")


def hooks_header(hooks):
    """xsm_<hook>(target)."""
    body = ("/*\n * Each answers 0 or -EPERM: may the current domain do this to the target? NULL\n"
            " * stands for the current domain itself.\n */\n")
    for name, hook in hooks.items():
        body += (f"\nstatic always_inline int xsm_{name}(const struct domain *target)\n{{\n"
                 f"    return xsm_decide(XSM_HOOK_{name}, XSM_{hook.default.upper()}, target);\n"
                 "}\n")
    return text.guarded("xsm-hooks.h", body, "Access-control hooks. Included by hv/xsm.h only.")


def emit(tables):
    """File name to text."""
    hooks = all_hooks(tables)
    return {"xsm-enum.h": enum_header(hooks), "xsm-hooks.h": hooks_header(hooks)}
