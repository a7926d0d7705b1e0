# SPDX-License-Identifier: GPL-2.0-only
"""op-targets.h: the operations that name a domain, for a test that calls each on every state."""

from . import text


def sub_rows(tables):
    """Commands with an argument structure that has the domain's id in a member."""
    for family in tables.families.values():
        if family.kind == "sub":
            for row in family.rows:
                if row.target_member:
                    yield f"OP({family.name}, {row.nr}, {row.arg}, {row.target_member})"


def control_rows(tables):
    """Commands of domctl that act on a domain."""
    for row in tables.families["domctl"].rows:
        if row.target in ("any", "next", "other", "device"):
            yield f"OP({row.nr})"


def define(name, params, rows):
    """A list as a macro."""
    return f"#define {name}({params}) \\\n    " + " \\\n    ".join(rows) + "\n"


def emit(tables):
    """File name to text."""
    body = "/* OP(family, number, structure, member) */\n"
    body += define("SUB_OPS_ON_DOMAINS", "OP", sub_rows(tables))
    body += "\n/* OP(number) */\n"
    body += define("DOMCTLS_ON_DOMAINS", "OP", control_rows(tables))
    return {"op-targets.h": text.guarded("op-targets.h", body, "Operations that name a domain.")}
