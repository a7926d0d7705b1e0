# SPDX-License-Identifier: GPL-2.0-only
"""docs/abi/index.md: every operation in a table of its family."""

INTRO = """# Operations

Made by tools/gen/gen.py from include/ops; do not edit. Columns: include/ops/README.md. An operation
that is not built answers the error in its last column and changes nothing.
"""


def cell(text):
    """Text that does not end a table cell."""
    return text.replace("|", "\\|")


def family_section(family):
    """One family."""
    lines = [f"## {family.name}", "", family.doc, ""]
    if len(family.versions) > 1:
        members = "".join(f" {m.arg} has {m.name}, which must be 0, before {m.behind} since {m.since:#x}."
                          for m in family.members)
        lines += [f"Interface versions: {', '.join(f'{v:#x}' for v in family.versions)}.{members}", ""]
    if family.kind == "hypercall":
        lines += ["| nr | name | arguments | hook (default) | what | |",
                  "|---|---|---|---|---|---|"]
    else:
        lines += ["| nr | name | argument | target | hook (default) | what | |",
                  "|---|---|---|---|---|---|---|"]
    for row in family.rows:
        state = "" if row.present else f"-{row.absent}"
        hook = "in its own table" if row.xsm == "rows" else f"{row.xsm} ({row.default})"
        doc = cell(row.doc) + ("; may be continued" if row.options.get("more") else "")
        doc += "".join(f"; {key} {row.options[key]:#x}" for key in ("since", "until") if key in row.options)
        if family.kind == "hypercall":
            args = ", ".join(p.declaration for p in row.args) or "none"
            lines.append(f"| {row.nr} | {row.name} | {cell(args)} | {hook} | {doc} | {state} |")
        else:
            arg = f"{row.arg}, {row.dir}" if row.arg else "none"
            target = row.target + (f" ({row.target_member})" if row.target_member else "")
            cells = [str(row.nr), row.name, cell(arg), target, hook, doc, state]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def index(tables):
    """The page."""
    names = ["hypercall"] + sorted(n for n in tables.families if n != "hypercall")
    counts = [(f.name, sum(r.present for r in f.rows), len(f.rows))
              for f in (tables.families[n] for n in names)]
    lines = ["| family | built | rows |", "|---|---|---|"]
    lines += [f"| {name} | {present} | {rows} |" for name, present, rows in counts]
    parts = [INTRO, "\n".join(lines) + "\n"]
    parts += [family_section(tables.families[name]) for name in names]
    return "\n".join(parts)
