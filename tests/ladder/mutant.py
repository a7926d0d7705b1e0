# SPDX-License-Identifier: GPL-2.0-only
"""Mutants: the files tests/mutants/*.patch, and the table of docs/testing.md that they belong to.

A mutant's file is lines `Row:`, `Test:`, `Build:`, `Boot:`, an empty line, a paragraph that says what is
broken and what the test sees, a line `---`, and the patch.
"""

import dataclasses
import fnmatch
import re
import shlex

HEADERS = ("Row", "Test", "Build", "Boot")
SECTION = "## Published mistakes"
NOT_PRODUCT = ("tests/", "docs/")


class Malformed(Exception):
    """A mutant's file, or the table, is not as it must be."""


@dataclasses.dataclass
class Mutant:
    """One way to break the hypervisor, and the tests of which one must see it."""

    name: str
    rows: list
    tests: list
    words: list   # for make
    boot: str     # options of the hypervisor
    patch: str

    @property
    def files(self):
        """The files that the patch changes."""
        return re.findall(r"^\+\+\+ b/(\S+)", self.patch, re.MULTILINE)


def parse(name, text):
    """A mutant from its file's text; or Malformed."""
    head, line, patch = text.partition("\n---\n")
    if not line:
        raise Malformed("has no line --- before the patch")
    fields = {key: [] for key in HEADERS}
    lines = head.split("\n")
    while lines and lines[0].strip():
        key, colon, value = lines.pop(0).partition(":")
        if not colon or key not in fields or not value.strip():
            raise Malformed(f"a header is one of {', '.join(HEADERS)}: {key!r}")
        fields[key].append(value.strip())
    for key in ("Row", "Test"):
        if not fields[key]:
            raise Malformed(f"has no {key}:")
    if not "".join(lines).strip():
        raise Malformed("does not say what is broken")
    mutant = Mutant(name, fields["Row"], fields["Test"],
                    [word for value in fields["Build"] for word in shlex.split(value)],
                    " ".join(fields["Boot"]), patch)
    if not mutant.files:
        raise Malformed("changes no file")
    for file in mutant.files:
        if file.startswith(NOT_PRODUCT):
            raise Malformed(f"changes {file}, which is no part of the product")
    return mutant


def read_all(folder):
    """({name: Mutant}, {name: why it is malformed}) of a folder's patches."""
    mutants, malformed = {}, {}
    for path in sorted(folder.glob("*.patch")):
        try:
            mutants[path.stem] = parse(path.stem, path.read_text(encoding="utf-8"))
        except (Malformed, ValueError) as reason:
            malformed[path.stem] = str(reason)
    return mutants, malformed


def table(text):
    """{row: its tests} of docs/testing.md's table; a row is called by its advisories, or by its class."""
    if SECTION not in text:
        raise Malformed(f"docs/testing.md has no section {SECTION!r}")
    section = text.partition(SECTION)[2].partition("\n## ")[0]
    rows = {}
    for line in re.findall(r"^\|(.+)\|$", section, re.MULTILINE):
        cells = [cell.strip() for cell in line.split("|")]
        if cells[0] == "class" or set(line) <= set("|- "):
            continue
        if len(cells) != 3:
            raise Malformed(f"docs/testing.md: a row of {len(cells)} cells: {line.strip()}")
        key = cells[0] if cells[1] == "(none)" else cells[1]
        if key in rows:
            raise Malformed(f"docs/testing.md: two rows are called {key!r}")
        rows[key] = cells[2]
    return rows


def lists(cell, test):
    """Do a row's tests name this one? By its last name, by a job that it is in, or by its rung."""
    last = test.rpartition(".")[2]
    for word in re.findall(r"(?<![\w*])[\w*-]*\.[\w.*-]+", cell):
        word = word.rstrip(".")
        name = word.rpartition(".")[2]
        if name.strip("*") and (fnmatch.fnmatchcase(last, name) or fnmatch.fnmatchcase(name, last)):
            return True
        if fnmatch.fnmatchcase(test, word) or f"{test}.".startswith(f"{word.lstrip('.')}."):
            return True
    return any(test.partition(".")[0] == rung for rung in re.findall(r"the (\w+) rung", cell))


def mapping(rows, mutants):
    """{row or mutant: what is wrong, or ""}: rows without a mutant, mutants without a row or not listed."""
    found = {f"row {row}": "" if any(row in mutant.rows for mutant in mutants.values())
             else "has no mutant" for row in rows}
    for mutant in mutants.values():
        unknown = [row for row in mutant.rows if row not in rows]
        cells = " ".join(rows[row] for row in mutant.rows if row in rows)
        strange = [test for test in mutant.tests if not lists(cells, test)]
        if unknown:
            found[mutant.name] = f"docs/testing.md has no row {unknown[0]!r}"
        elif strange:
            found[mutant.name] = f"{strange[0]} is not in its row of docs/testing.md"
    return found
