# SPDX-License-Identifier: GPL-2.0-only
"""xc-ops.h: libxc's stub of each control operation that is built."""

from . import text
from .emit_control import convert_function


def stub(row):
    """One inline function."""
    family = row.family
    constant, version = row.constant, row.options.get("version")
    version = str(row.options.get("since", family.version) if version is None else version)
    params = ["xc_interface *xch"]
    args = ["xch", constant, version]
    if family.name == "domctl":
        params.append("uint32_t *domid")
        args.append("domid")
    if row.has_struct:
        params.append(f"__typeof__(((struct {family.struct} *)0)->u.{row.arg}) *arg")
        args += ["arg", "sizeof(*arg)"]
    else:
        args += ["NULL", "0"]
    args.append(f'"{row.name}"')
    return (f"/* {row.doc}. */\n"
            f"static inline int xc_op_{family.name}_{row.name}({', '.join(params)})\n{{\n"
            f"    return xc_{family.name}({', '.join(args)});\n}}\n")


def conversions(family):
    """An operation from our interface version to the one that it says, and back."""
    return "\n".join(
        f"/* {what}. */\nstatic inline " + convert_function(family, name, helper, members, "void")
        for what, name, helper, members in (
            ("From our interface version to the operation's", "export", "xc_member_put", family.members[::-1]),
            ("And back", "import", "xc_member_cut", family.members)))


def emit(tables):
    """File name to text."""
    body = "/* Included by libxc's private.h only. */\n\n"
    body += "\n".join(stub(row) for name in ("domctl", "sysctl")
                      for row in tables.families[name].rows if row.present)
    body += "\n" + conversions(tables.families["domctl"])
    page = text.guarded("xc-ops.h", body, "One stub a control operation.")
    return {"xc-ops.h": page.replace("GPL-2.0-only", "LGPL-2.1-only", 1)}
