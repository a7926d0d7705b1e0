# SPDX-License-Identifier: GPL-2.0-only
"""Text of generated files: headings, and writing only what has changed."""

import os


def heading(title, licence="GPL-2.0-only"):
    """The first lines of a generated C file."""
    return (f"/* SPDX-License-Identifier: {licence} */\n"
            f"/* {title}\n * Made by tools/gen/gen.py from include/ops; do not edit. */\n")


def guarded(name, body, title):
    """A header with its guard."""
    guard = "GEN_" + name.upper().replace("-", "_").replace(".", "_")
    return f"{heading(title)}#ifndef {guard}\n#define {guard}\n\n{body.strip()}\n\n#endif\n"


def includes(names):
    """#include lines."""
    return "".join(f"#include <{name}>\n" for name in names)


def asserts(family):
    """The published constants have the numbers of the rows."""
    return "".join(f"_Static_assert({row.constant} == {row.nr}, \"{row.constant}\");\n"
                   for row in family.rows)


def write_if_changed(path, text):
    """True when the file had to be written."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".new")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
    return True
