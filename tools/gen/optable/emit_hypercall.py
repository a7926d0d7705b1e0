# SPDX-License-Identifier: GPL-2.0-only
"""hypercall-dispatch.[ch]: from a hypercall number to a direct call."""

from . import text

# The hot ones are compared in two chains, below this number and from it on.
HOT_SPLIT = 24

WORDS = ("a1", "a2", "a3", "a4", "a5")


def prototype(row):
    """The handler's C prototype, without the semicolon."""
    params = ", ".join(p.declaration for p in row.args) or "void"
    return f"long {row.handler}({params})"


def argument(param, word):
    """One register's value as the ABI reads it: narrow types take its low bits."""
    if param.kind == "ptr":
        return f"guest_ptr({word})"
    if param.kind in ("ulong", "u64"):
        return word
    cast = {"uint": "unsigned int", "int": "int", "domid": "domid_t"}[param.kind]
    return f"({cast}){word}"


def call(row):
    """The expression that carries a row out."""
    if not row.present:
        return f"-{row.absent}"
    args = ", ".join(argument(p, w) for p, w in zip(row.args, WORDS))
    return f"{row.handler}({args})"


def arm(row, indent):
    """Hook, then handler."""
    lines = []
    if row.present and row.asked_by_dispatch:
        lines.append(f"rc = xsm_{row.xsm}(NULL);")
        lines.append(f"return rc ? rc : {call(row)};")
    else:
        lines.append(f"return {call(row)};")
    return "".join(f"{indent}{line}\n" for line in lines)


def header(family):
    """Prototypes of the handlers that are there."""
    body = text.includes(["hv/guest-access.h", *family.includes]) + "\n"
    body += "".join(f"/* {row.doc}. */\n{prototype(row)};\n" for row in family.rows if row.present)
    return text.guarded("hypercall-dispatch.h", body, "Handlers of the hypercalls.")


def chain(rows):
    """Comparisons one after the other."""
    return "".join(f"        if (nr == {row.constant}) {{\n{arm(row, ' ' * 12)}        }}\n" for row in rows)


def source(family):
    """hypercall_dispatch()."""
    hot = sorted((r for r in family.rows if "hot" in r.options), key=lambda r: r.options["hot"])
    cold = [r for r in family.rows if "hot" not in r.options]
    out = text.heading("Dispatch of hypercalls: direct calls, the hottest numbers compared first.")
    out += text.includes(["hv/hypercall.h", "hv/lib.h", "hv/xsm.h", "gen/hypercall-dispatch.h"])
    out += "\n" + text.asserts(family)
    out += ("\nlong hypercall_dispatch(unsigned int nr, unsigned long a1, unsigned long a2,\n"
            "                        unsigned long a3, unsigned long a4, unsigned long a5)\n"
            "{\n    int rc;\n\n")
    out += f"    if (nr < {HOT_SPLIT}) {{\n"
    out += chain([r for r in hot if r.nr < HOT_SPLIT])
    out += "    } else {\n"
    out += chain([r for r in hot if r.nr >= HOT_SPLIT])
    out += "    }\n"
    out += "    switch (nr) {\n"
    for row in cold:
        out += f"    case {row.constant}:\n{arm(row, ' ' * 8)}"
    out += "    default:\n        return -ENOSYS;\n    }\n}\n"
    return out


def emit(tables):
    """File name to text."""
    family = tables.families["hypercall"]
    return {"hypercall-dispatch.h": header(family), "hypercall-dispatch.c": source(family)}
