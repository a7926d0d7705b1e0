# SPDX-License-Identifier: GPL-2.0-only
"""mmuext_op-dispatch.h: one element of an array, called from the loop that owns the array."""

from . import text


def prototype(row):
    return f"int {row.handler}(struct domain *pg_owner, const struct {row.family.struct} *op)"


def header(family):
    """Prototypes and an inline dispatch of direct calls."""
    body = text.includes(["hv/domain.h", "hv/lib.h", "hv/xsm.h", *family.includes]) + "\n"
    body += text.asserts(family) + "\n"
    body += "".join(f"/* {row.doc}. */\n{prototype(row)};\n" for row in family.rows if row.present)
    body += ("\n/* One element; the caller has looked up and asked about pg_owner. */\n"
             f"static inline int {family.name}_dispatch(struct domain *pg_owner, "
             f"const struct {family.struct} *op)\n{{\n    int rc;\n\n    switch (op->cmd) {{\n")
    for row in family.rows:
        body += f"    case {row.constant}:\n"
        if not row.present:
            body += f"        return -{row.absent};\n"
        elif row.asked_by_dispatch:
            body += f"        rc = xsm_{row.xsm}(NULL);\n"
            body += f"        return rc ? rc : {row.handler}(pg_owner, op);\n"
        else:
            body += f"        return {row.handler}(pg_owner, op);\n"
    body += f"    default:\n        return -{family.unknown};\n    }}\n}}\n"
    return text.guarded(f"{family.name}-dispatch.h", body,
                        f"Dispatch of one {family.name} element.")


def emit(tables):
    """File name to text; a family of which nothing is there has no file."""
    return {f"{f.name}-dispatch.h": header(f) for f in tables.families.values()
            if f.kind == "element" and any(r.present for r in f.rows)}
